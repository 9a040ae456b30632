"""The soft-mask dial of the Masks page: a mask value on one key, and the attention weight that it keeps in a real run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from formatting import percent
from model_utils.errors import InputError
from pages.common import controls, downloads, frame, mask_state
from pages.common.caches import cache_masks
from pages.common.components.plot import plot
from pages.common.link_parameters import CONTROLS
from pages.masks import cache as masks_cache
from pages.masks import rule_above

if TYPE_CHECKING:
    import pandas as pd

    from model_utils.experiments.soft_weights import SoftRow
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the dial turns: one key of one row, `cell` = (query, key) as real tokens of the sentence of `spec`."""

    page: Page
    spec: MaskSpec
    batch: TokenBatch
    cell: tuple[int, int]

    def row(self) -> SoftRow:
        """Return the row of layer 0 with its scores."""
        return cache_masks.soft_row(self.page.key(self.batch.side), self.spec, self.cell)

    def share(self, head: int, weight: float) -> float:
        """Return the share that the key keeps in a real run with `weight` on it."""
        where = (self.page.key(self.batch.side), self.spec)
        return cache_masks.share_in_run(*where, cell=self.cell, head=head, weight=weight)

    def names(self) -> tuple[str, str]:
        """Return the reading and the read token in quotes."""
        query, key = (f"“{self.batch.tokens[self.spec.sentence][token].label}”" for token in self.cell)
        return query, key


def dial(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the dial for one row and one key of layer 0. The page names the part."""
    with frame.reader_errors():
        rule_above.say(spec)
        count = len(batch.tokens[spec.sentence])
        left, picture = st.columns([400, 620], gap="medium")
        with left:
            turn = Turn(page=page, spec=spec, batch=batch, cell=_cell(batch, spec, count))
            weight = st.slider(
                "Mask value m of that word", 0.0, 1.0, 0.5, 0.01, key="dial_weight", help="0 hides it, 1 leaves it."
            )
        row = turn.row()
        _check(turn, row)
        dots = [(one, turn.share(row.head, one)) for one in _dots()]
        share = turn.share(row.head, weight)
        with left:
            _say(turn, row, weight, share)
            _offer(turn, weight)
        with picture:
            _draw(row, dots, weight, share)
        downloads.bar("dial", numbers=lambda: _numbers(row, dots), code=lambda: _code(turn, weight))


def _cell(batch: TokenBatch, spec: MaskSpec, count: int) -> tuple[int, int]:
    """Draw the choice of the row and of the key, as words, and return both as real tokens from 0."""
    labels = controls.told_apart([token.label for token in batch.tokens[spec.sentence]])
    for name, default in (("dial_query", count - 1), ("dial_key", max(count - 2, 0))):
        if not 0 <= st.session_state.get(name, default) < count:
            st.session_state[name] = default
        st.session_state.setdefault(name, default)
    query, key = st.columns(2)
    with query:
        row = st.selectbox(CONTROLS["query"].label, range(count), format_func=labels.__getitem__, key="dial_query")
    with key:
        read = st.selectbox(CONTROLS["key"].label, range(count), format_func=labels.__getitem__, key="dial_key")
    return int(row), int(read)


def _check(turn: Turn, row: SoftRow) -> None:
    if row.bias[row.key] < 0:
        query, key = turn.names()
        raise InputError(f"{query} may not read {key}, so there is no weight to turn: choose another pair.")


def _dots() -> tuple[float, ...]:
    from model_utils.experiments.soft_weights import CURVE_WEIGHTS

    return CURVE_WEIGHTS


def _draw(turned: SoftRow, dots: list[tuple[float, float]], weight: float, share: float) -> None:
    from viz.masks.soft_weight_curve import LOWEST, soft_weight_curve

    biases = np.linspace(LOWEST, 0.0, 80).tolist()
    figure = soft_weight_curve(
        biases,
        [turned.share(bias) for bias in biases],
        dots=dots,
        weight=weight,
        measured=share,
        full=turned.share(0.0),
        palette=frame.palette(),
    )
    plot(figure, "dial", alt="The attention weight that the word keeps, as a bias is added to its score")


def _say(turn: Turn, turned: SoftRow, weight: float, share: float) -> None:
    """Say what the dial shows: the bias, the weight before dividing, the weight that is left."""
    query, key = turn.names()
    full = turned.share(0.0)
    st.caption(f"Layer 0, head {turned.head}: of layer 0, the head that reads this word most in this row.")
    if weight == 0:
        st.text(
            f"A mask value of 0 hides {key}: the fill value is added, and {query} gives it 0 % instead of {percent(full)}."
        )
        return
    st.text(
        f"Adding log m = log {weight:g} = {math.log(weight):.2f} to the score multiplies the attention weight of {key} by "
        f"{weight:g} before the row is divided by its sum: {_three_digits(full)} becomes {_three_digits(share)}, not "
        f"{_three_digits(full * weight)} (dashed)."
    )
    st.caption(
        "Dots are real runs of the model, the curve is the softmax of its scores. Exact in layer 0, where the "
        "scores stay; deeper layers read a changed past."
    )


def _three_digits(share: float) -> str:
    """Return a share as a percentage with a digit more than others have: its half can be recomputed."""
    return percent(share) if share < 0.0001 else f"{share * 100:.3g}\N{NO-BREAK SPACE}%"


def _offer(turn: Turn, weight: float) -> None:
    """Draw the button that puts the mask value into the sentence above; once it is there, how far that moves the next word."""
    from model_utils.experiments.soft_weights import without_weight

    key = turn.cell[1]
    st.button("Use this mask value above", key="use_dial", on_click=_use, args=(turn.spec, key, weight))
    if weight < 1 and dict(turn.spec.pairs).get(key) == weight:
        moved = masks_cache.moved(turn.page.key(turn.batch.side), without_weight(turn.spec, key), turn.spec)
        st.caption(f"It is in force above, and changes the prediction by {percent(moved)}.")


def _use(spec: MaskSpec, key: int, weight: float) -> None:
    pairs = {token: one for token, one in spec.pairs if token != key}
    mask_state.set_weights({**pairs, key: weight} if weight < 1 else pairs)


def _numbers(turned: SoftRow, dots: list[tuple[float, float]]) -> pd.DataFrame:
    import pandas as pd

    rows = [(weight, math.log(weight), share, turned.share(math.log(weight))) for weight, share in dots]
    return pd.DataFrame(rows, columns=["weight", "added", "share_in_the_model", "share_by_softmax"])


def _code(turn: Turn, weight: float) -> str:
    from model_utils.experiments.soft_weights import without_weight
    from model_utils.snippets.masks import mask_code

    pairs = {**dict(without_weight(turn.spec, turn.cell[1]).pairs), turn.cell[1]: weight}
    spec = replace(turn.spec, weights=pairs)
    return mask_code(turn.page.entry, turn.batch.texts, spec, side=turn.batch.side)
