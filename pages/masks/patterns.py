"""The patterns of the Masks page: a small picture of each, and what the model really does under the chosen one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from formatting import percent
from model_utils.limits import UNASKED_OPERATIONS
from model_utils.masks.patterns import PATTERNS, filled
from pages.common import controls, downloads, figures, frame, mask_state
from pages.common.caches import cache, cache_masks
from pages.common.components.plot import plot
from pages.common.hall import present
from pages.common.notes import change
from pages.masks import rule_above
from pages.masks.receptive_field import receptive_field
from pages.masks.surprisal import later_weight, surprise

if TYPE_CHECKING:
    import pandas as pd

    from model_utils.experiments.pattern_runs import PatternRun
    from model_utils.masks.mask import Mask, MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page


CAPTION = 136  # px of the text under a picture, less than the picture: texts do not touch


def patterns(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the choice of pattern and what it does to next word, surprise, weight on later words, receptive fields."""
    from model_utils.experiments.pattern_runs import under

    _fields(spec)
    with st.spinner("Running the model under each pattern …"):
        _gallery(page, spec, batch)
    now = cache_masks.pattern_run(page.key(batch.side), spec)
    causal = cache_masks.pattern_run(page.key(batch.side), under(spec, "causal"))
    same = _same(page, spec, batch, spec.pattern)
    if spec.pattern == "causal":
        st.markdown("This is the plain causal mask.")
    elif rule_above.by_hand(spec) or not spec.padding:  # else the first screen compares with causal
        _against_causal(page, spec, now, causal, same=same)
    if not same:
        later_weight(spec, now)
    surprise(spec, batch, now, None if same else causal)
    downloads.bar(
        "pattern",
        numbers=lambda: _numbers(batch, spec, now, causal),
        code=lambda: _code(page, spec, batch),
    )
    st.header("Who is reached by whom, over all layers", anchor=False)
    receptive_field(page, spec, batch)


def _gallery(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw every pattern on this sentence, what it lets a word read, and how far it moves the next word."""
    from model_utils.experiments.pattern_runs import under

    own = replace(spec, sentence=0)
    with st.container(horizontal=True, gap="xsmall", key="pattern_gallery"):
        for pattern in PATTERNS:
            with st.container(width=150, gap=None):
                _tile(
                    cache_masks.mask(page.key().alone(spec.sentence), under(own, pattern)),
                    pattern,
                    spec.pattern == pattern,
                )
                st.caption(_caption(page, spec, batch, pattern), width=CAPTION)


def _same(page: Page, spec: MaskSpec, batch: TokenBatch, pattern: str) -> bool:
    """Return whether `pattern` allows in this sentence what causal allows."""
    from model_utils.experiments.pattern_runs import under

    key = page.key(batch.side)
    if spec.padding:  # pads are blocked under both; a window also leaves out pads that causal lets it read
        key, spec = key.alone(spec.sentence), replace(spec, sentence=0)
    one, causal = (cache_masks.mask(key, under(spec, name)) for name in (pattern, "causal"))
    return all(
        np.array_equal(mine[spec.sentence], other[spec.sentence])
        for mine, other in ((one.visible, causal.visible), (one.position_ids, causal.position_ids))
    )


def _caption(page: Page, spec: MaskSpec, batch: TokenBatch, pattern: str) -> str:
    """Return what a pattern lets a word read, and what that changes here."""
    reads = filled(PATTERNS[pattern].help, width=spec.width, first=spec.first)
    if present.on() or pattern == "causal":  # in a hall the surprise below needs the room
        return reads
    if _same(page, spec, batch, pattern):
        return f"{reads}\n\n**the same as causal here**"
    if not _cheap(page, batch):
        return reads
    return f"{reads}\n\n**changes the prediction by {percent(_moved(page, spec, batch, pattern))}**"


def _tile(mask: Mask, pattern: str, on: bool) -> None:
    """Draw one pattern as a small picture that chooses it when clicked."""
    from model_utils.masks.mask import CAUSE_CODE
    from viz.masks.mask import layer

    plot(
        layer(
            mask.visible[0],
            causes={cause: mask.cause[0] == code for cause, code in CAUSE_CODE.items()},
            palette=frame.palette(),
            on=on,
        ),
        f"pattern_{pattern}",
        on_click=lambda *_: _choose(pattern),
        toolbar=False,
        alt=f"The pattern {PATTERNS[pattern].label} on this sentence",
    )
    st.markdown(f"**{PATTERNS[pattern].label}**")


def _choose(pattern: str) -> None:
    """Choose a pattern; a click on the one that is chosen changes nothing."""
    if controls.value("pattern") != pattern:
        mask_state.change(pattern=pattern)


def _cheap(page: Page, batch: TokenBatch) -> bool:
    """Return whether the model may run under all patterns without being asked."""
    from model_utils.experiments.batch_invariance import operations

    return operations(page.loaded(), len(PATTERNS) * batch.size[1]) <= UNASKED_OPERATIONS


def _moved(page: Page, spec: MaskSpec, batch: TokenBatch, pattern: str) -> float:
    """Return the total variation of the next word under `pattern` against causal, all else equal."""
    from model_utils.distributions import total_variation
    from model_utils.experiments.pattern_runs import under

    runs = [cache_masks.pattern_run(page.key(batch.side), under(spec, name)) for name in (pattern, "causal")]
    return float(total_variation(runs[0].probabilities, runs[1].probabilities))


def _fields(spec: MaskSpec) -> None:
    """Draw the choice of pattern and the numbers that the chosen one takes."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        controls.choice("pattern")
        for name in PATTERNS[spec.pattern].uses:
            with st.container(width=150):
                controls.number(name)


def _against_causal(page: Page, spec: MaskSpec, now: PatternRun, causal: PatternRun, *, same: bool) -> None:
    """Say how far the pattern moves the next word, and draw the likeliest beside those under causal, all else equal."""
    from model_utils.distributions import total_variation

    moved = float(total_variation(now.probabilities, causal.probabilities))
    against = f" against causal{_beyond(spec)}"
    st.markdown(change.sentence("The pattern", moved, against=against, why=PATTERNS[spec.pattern].unchanged))
    if same:
        return
    plot(
        figures.next_words(
            now.probabilities,
            lambda token: cache.label(page.model, token),
            before=causal.probabilities,
            compared="causal",
            palette=frame.palette(),
        ),
        "pattern_words",
        alt="The five likeliest next words under the pattern, and what they were under the causal mask",
    )


def _beyond(spec: MaskSpec) -> str:
    """Return what both sides of a comparison of patterns share, where something is hidden by hand."""
    return ", both with what is hidden above" if rule_above.by_hand(spec) else ""


def _numbers(batch: TokenBatch, spec: MaskSpec, now: PatternRun, causal: PatternRun) -> pd.DataFrame:
    import pandas as pd

    tokens = batch.tokens[spec.sentence]
    return pd.DataFrame(
        {
            "place": range(len(tokens)),
            "token": [token.label for token in tokens],
            f"bits_{spec.pattern}": now.bits,
            "bits_plain_causal": causal.bits,
        }
    )


def _code(page: Page, spec: MaskSpec, batch: TokenBatch) -> str:
    from model_utils.snippets.masks import mask_code

    return mask_code(page.entry, batch.texts, spec, side=batch.side)
