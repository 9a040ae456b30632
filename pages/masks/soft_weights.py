"""What "0.5 in the mask" has meant: three kinds of mask side by side, each really run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from formatting import percent
from pages.common import controls, frame
from pages.common.caches import cache, cache_masks, cache_words
from pages.common.components.plot import plot
from pages.common.downloads import bar
from pages.common.markdown import literal
from pages.masks import cache as masks_cache
from pages.masks import rule_above

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from model_utils.experiments.soft_weights import SoftMaskRun
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from model_utils.tokens.words import Word
    from pages.common.frame import Page

NAMES = {"none": "no mask", "today": "true or false", "formula": "(1 − m) · min added", "log": "log m added"}
CAPTIONS = {
    "today": "What the library transformers does today: {m} counts as {flat}.",
    "formula": "What its older releases do, with min a huge negative number: {m} counts as {formula}.",
    "log": "The word’s attention weight is multiplied by {m}, then the row is divided by its new sum.",
}


def soft(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw what a mask value on one word does under three kinds of mask: a head's row, the next words. One sentence alone."""
    text = batch.texts[spec.sentence]
    words = cache_words.words(page.model, text)
    loaded = page.loaded()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = _choose(words)
        weight = st.slider("Mask value m", 0.0, 1.0, 0.5, step=0.05, key="mask_half", width=260)
        _open_head(page, spec, batch, word)
        layer = controls.number("layer", high=loaded.layers - 1)
        head = controls.number("head", high=loaded.heads - 1)
    rule_above.say(spec, why_not="the 2-D mask that two of these three start from could not hold all of it")
    found = masks_cache.soft_mask_runs(page.model, text, word.tokens, weight)
    st.caption(
        f"Each row: attention weights of the last word, “{literal(batch.tokens[spec.sentence][-1].label)}”, under one kind of "
        "mask. Below: the framed weight, without a mask → with one."
    )
    rows = np.stack([one.weights[layer, head] for one in found])  # (kinds, T)
    _picture(rows, word, [token.label for token in batch.tokens[spec.sentence]], layer, head)
    for column, one in zip(st.columns(3, border=True), found[1:], strict=True):
        with column:
            _column(page, one, found[0], (layer, head), word, weight)
    _check(rows, word, weight, layer)
    bar(
        "half-a-word",
        numbers=lambda: numbers(rows, batch, spec.sentence),
        code=lambda: _code(page, text, word, weight, layer, head),
    )


def _choose(words: tuple[Word, ...]) -> Word:
    """Draw the choice of a word. Opens on the second last: the last word's own row reads itself."""
    if st.session_state.get("mask_half_word", len(words)) not in range(len(words)):
        st.session_state["mask_half_word"] = max(len(words) - 2, 0)
    at = st.selectbox(
        "Word",
        range(len(words)),
        format_func=controls.told_apart([word.label for word in words]).__getitem__,
        key="mask_half_word",
        width=220,
    )
    return words[at]


def _open_head(page: Page, spec: MaskSpec, batch: TokenBatch, word: Word) -> None:
    """Open the head that the view of all mask values shows for this word, where none is chosen yet."""
    if "layer" not in st.session_state and "head" not in st.session_state:
        cell = (len(batch.tokens[spec.sentence]) - 1, word.tokens[-1])
        controls.change(layer=0, head=cache_masks.soft_row(page.key(batch.side), spec, cell).head)


def _picture(rows: NDArray[np.float64], word: Word, labels: list[str], layer: int, head: int) -> None:
    from viz.masks.soft_weights import soft_weights

    figure = soft_weights(rows, labels=labels, names=list(NAMES.values()), chosen=word.tokens, palette=frame.palette())
    # As wide as it takes to write the tokens upright, up to the width that a desktop gives.
    cell = max(52, 11 * max(map(len, labels)) + 8)
    plot(
        figure,
        "half",
        least=130 + min(cell * len(labels), 780),
        alt=f"What the last token reads in layer {layer}, head {head}, under each kind of mask",
    )


def _column(page: Page, one: SoftMaskRun, plain: SoftMaskRun, at: tuple[int, int], word: Word, weight: float) -> None:
    """Draw one kind of mask: the word's attention weight before and after, and the likeliest next words."""
    from model_utils.distributions import total_variation
    from model_utils.models.next_word import top_tokens

    before, after = (float(run.weights[at][list(word.tokens)].sum()) for run in (plain, one))
    st.metric(NAMES[one.kind], f"{_share(before)} → {_share(after)}")
    counts = {"flat": 0 if weight == 0 else 1, "formula": 1 if weight == 1 else 0}
    st.caption(CAPTIONS[one.kind].format(m=f"{weight:g}", **counts))
    moved = float(total_variation(plain.probabilities, one.probabilities))
    best = ", ".join(
        f"“{literal(cache.label(page.model, int(token)))}” {percent(float(one.probabilities[token]))}"
        for token in top_tokens(one.probabilities, 3)
    )
    st.markdown(f"Next: {best}. The prediction changed by **{percent(moved)}**.")


def _share(value: float) -> str:
    return "0" if value == 0 else f"{value:.3f}"


def _check(rows: NDArray[np.float64], word: Word, weight: float, layer: int) -> None:
    """Say how near log m comes to reweighting the row: exact in layer 0, whose scores do not depend on the mask."""
    from model_utils.experiments.soft_weights import reweighted

    before, after = (float(row[list(word.tokens)].sum()) for row in (rows[0], rows[3]))
    if weight in {0, 1}:
        st.markdown(f"At {weight:g} all three agree: {'nothing is masked' if weight else 'the word is hidden'}.")
        return
    wanted = reweighted(rows[0], word.tokens, weight)
    apart = float(np.abs(rows[3] - wanted).max())
    exact = (
        "exactly what the model computed" if apart < 1e-6 else f"up to {apart:.3f} off, since its scores changed too"
    )
    st.markdown(
        f"{before:.3f} × {weight:g}, divided by the row’s new sum, is {wanted[list(word.tokens)].sum():.3f}; "
        f"in layer {layer} that is {exact}. A mask value of {weight:g} leaves {after / max(before, 1e-12):.2f} of the weight."
    )


def numbers(rows: NDArray[np.float64], batch: TokenBatch, sentence: int) -> pd.DataFrame:
    """Return one row per token: its weight in the last row, under each kind of mask."""
    import pandas as pd

    table = pd.DataFrame(rows.T, columns=list(NAMES.values()))
    table.insert(0, "token", [token.label for token in batch.tokens[sentence]])
    return table


def _code(page: Page, text: str, word: Word, weight: float, layer: int, head: int) -> str:
    from model_utils.snippets.ablation import softening_code

    return softening_code(page.entry, text, word.tokens, weight, layer=layer, head=head)
