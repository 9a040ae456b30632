"""What the Mechanics page shows of training: the loss of each word of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.common import downloads, frame
from pages.common.components.plot import plot
from pages.mechanics import cache
from pages.mechanics.wrong_masks import wide

if TYPE_CHECKING:
    from model_utils.mechanics.token_loss import WordLosses
    from pages.mechanics.first_screen import CellSelection


def losses(selection: CellSelection) -> None:
    """Draw the loss of each word, and the mean with and without what should be left out."""
    import numpy as np

    from viz.mechanics.token_loss import word_losses

    found = cache.word_losses(*selection.source)
    bit = float(np.log(2))
    if not found.counts.any():
        st.info("This sentence has one token, and nothing stands before it to predict it: a loss needs two.")
        return
    figure = word_losses(
        found.bits,
        labels=selection.labels,
        counts=found.counts,
        pads=~found.real,
        mean=found.mean() / bit,
        palette=frame.palette(),
    )
    plot(figure, "loss", least=wide(selection), alt="What each word cost the model")
    st.markdown(
        "**In training the causal mask lets one pass grade every word at once:** each row predicts the next word and cannot "
        "see it. Training code leaves a token out by giving it the label −100."
    )
    _means(found, bit)
    if not selection.batch.pads(selection.spec.sentence):
        st.markdown("The three agree here: this sentence has no pads.")
    st.caption(
        "The first column has no loss: nothing stands before it. Training code reports the loss in nats: 1 bit is 0.69 nats."
    )
    if selection.batch.side == "left" and selection.batch.pads(selection.spec.sentence):
        st.caption("With pads on the left, leaving out pads alone still grades the first word, guessed from a pad.")
    downloads.bar("loss", numbers=lambda: _words(selection, found), code=lambda: _loss_code(selection))


def _means(found: WordLosses, bit: float) -> None:
    """Draw the means of what each way of leaving tokens out counts; a `bit` is so many nats."""
    means = {
        "Pads, first word left out (dashed)": found.mean(),
        "Only pads left out (−100)": found.mean("pads"),
        "Nothing left out": found.mean("nothing"),
    }
    for column, (name, mean) in zip(st.columns(3), means.items(), strict=True):
        column.metric(
            name,
            f"{mean / bit:.2f} bits",
            f"{mean:.2f} nats",
            delta_color="off",
            delta_arrow="off",
            help=f"The mean per token: {mean / bit:.9g} bits = {mean:.9g} nats",
        )


def _words(selection: CellSelection, found: WordLosses) -> pd.DataFrame:
    """Return the loss of each column, one per line; `counts` is False for what is left out."""
    return pd.DataFrame(
        {
            "token": selection.labels,
            "label": found.labels,
            "nats": found.nats,
            "bits": found.bits,
            "counts": found.counts,
        }
    )


def _loss_code(selection: CellSelection) -> str:
    from model_utils.snippets.mechanics import loss_code

    return loss_code(*selection.described, side=selection.batch.side)
