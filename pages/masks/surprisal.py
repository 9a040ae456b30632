"""What a pattern does to the words already there: the surprise of each, and the weight that leaks to later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from formatting import percent
from model_utils.masks.patterns import PATTERNS
from pages.common import frame
from pages.common.components.plot import plot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.experiments.pattern_runs import PatternRun
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch


def surprise(spec: MaskSpec, batch: TokenBatch, now: PatternRun, causal: PatternRun | None) -> None:
    """Draw each word's surprise in bits under the pattern, beside causal where that is another mask."""
    from viz.masks.surprisal import surprisal as surprisal_figure
    from viz.masks.surprisal import width

    labels = [token.label for token in batch.tokens[spec.sentence]]
    if len(labels) == 1:
        st.markdown("One word has no word before it that could predict it, so there is no surprise to measure.")
        return
    plot(
        surprisal_figure(
            labels,
            now.bits,
            before=None if causal is None else causal.bits,
            pattern=PATTERNS[spec.pattern].label,
            palette=frame.palette(),
        ),
        "surprise",
        least=width(len(labels), compared=causal is not None),
        alt="The surprise of each word in bits",
    )
    line = f"Surprise of each word, −log₂ of its probability in the row before: **{_mean(now.bits)} bits** a word"
    if causal is not None:
        line += f", {_mean(causal.bits)} under causal (pale)"
    st.markdown(f"{line}. {_no_bar(now.bits)}")


def _no_bar(bits: NDArray[np.float64]) -> str:
    """Return why the first word has no bar, and others where there are any."""
    others = ", nor has a word where the row before it may read nothing" if np.isnan(bits[1:]).any() else ""
    return f"The first word has no bar: there is no row before it{others}."


def later_weight(spec: MaskSpec, now: PatternRun) -> None:
    """Show the weight on later words, where the pattern lets a word read them."""
    from viz.masks.surprisal import leak as leak_figure

    pattern = PATTERNS[spec.pattern]
    if not pattern.lifts:
        return
    st.markdown(
        f"**In each layer, {_between(now.later_share)} of the weight goes to words that come later**, mean over heads and rows; "
        "under the causal mask it is exactly 0."
    )
    plot(
        leak_figure(now.later_share, palette=frame.palette()),
        "leak",
        alt="The share of weight on later words, layer by layer",
    )
    st.markdown(pattern.lifted_note)


def _between(shares: NDArray[np.float64]) -> str:
    """Return the smallest and the largest share, as the picture shows them."""
    low, high = percent(float(shares.min())), percent(float(shares.max()))
    return low if low == high else f"{low} to {high}"


def _mean(bits: NDArray[np.float64]) -> str:
    """Return the mean of the bits that there are."""
    seen = bits[~np.isnan(bits)]
    return f"{seen.mean():.1f}" if seen.size else "no"
