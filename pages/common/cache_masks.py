"""The caching decorators of the masks' matrices. Keys are the model's id, the texts, the side and the mask's rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.common.cache import gate, loaded_model, token_batch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.experiments.pattern_runs import PatternRun
    from model_utils.experiments.soft_weight_curve import Row
    from model_utils.masks.mask import Mask, MaskSpec
    from model_utils.tokens.batch import Side


def _say(spec: MaskSpec) -> tuple[Any, ...]:
    """Return all that a rule says, as plain values in a fixed order."""
    return (
        spec.pattern,
        spec.width,
        spec.first,
        spec.padding,
        spec.sentence,
        spec.pairs,
        tuple(sorted(spec.cells)),
        spec.gap,
    )


SPEC_HASH: dict[str | type, Any] = {"model_utils.masks.mask.MaskSpec": _say}


# A mask takes some 14 bytes a cell and sentence.
_SMALL_CELLS = 2**20


def mask(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> Mask:
    """Return the mask of `spec` over the padded batch of `texts`."""
    sentences, tokens = token_batch(model, texts, side, 50256).size
    keep = _small_mask if sentences * tokens**2 <= _SMALL_CELLS else _large_mask
    return keep(model, texts, side, spec)


# At most 32 x 15 MB.
@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs=SPEC_HASH)
def _small_mask(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> Mask:
    return _mask(model, texts, side, spec)


# At most 235 MB, for 16 sentences of 1,024 tokens.
@st.cache_resource(show_spinner=False, max_entries=1, hash_funcs=SPEC_HASH)
def _large_mask(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> Mask:
    return _mask(model, texts, side, spec)


def _mask(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> Mask:
    from model_utils.masks.mask import build_mask

    return build_mask(spec, token_batch(model, texts, side, 50256))


# 0.4 MB each.
@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=SPEC_HASH)
def pattern_run(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> PatternRun:
    """Return what the model says of `spec.sentence` under the mask of `spec`."""
    from model_utils.experiments.pattern_runs import run

    with gate():
        return run(loaded_model(model), token_batch(model, texts, side, 50256), spec)


@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=SPEC_HASH)
def row_shifts(
    model: str, texts: tuple[str, ...], side: Side, before: MaskSpec, after: MaskSpec
) -> NDArray[np.float64]:
    """Return `[N]` how far each real row's next-word probabilities move between two masks, as total variation."""
    from model_utils.experiments.surprisal import row_shifts
    from model_utils.masks.mask import build_mask

    batch = token_batch(model, texts, side, 50256)
    masks = (build_mask(spec, batch) for spec in (before, after))
    with gate():
        return row_shifts(loaded_model(model), batch, *masks, before.sentence)


# 2 MB each for 1,024 tokens.
@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs=SPEC_HASH)
def reach(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> NDArray[np.int16]:
    """Return `[T, T]` after how many layers each row of `spec.sentence` has heard of each token."""
    from model_utils.masks.receptive_field import reach

    return reach(mask(model, texts, side, spec), spec.sentence, loaded_model(model).layers)


@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=SPEC_HASH)
def dial_row(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec, cell: tuple[int, int]) -> Row:
    """Return the row of layer 0 that the dial turns."""
    from model_utils.experiments.soft_weight_curve import row

    with gate():
        return row(loaded_model(model), token_batch(model, texts, side, 50256), spec, cell)


@st.cache_data(show_spinner=False, max_entries=512, hash_funcs=SPEC_HASH)
def dial_share(
    model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec, *, cell: tuple[int, int], head: int, weight: float
) -> float:
    """Return the share that the key keeps in a real run with `weight` on it."""
    from model_utils.experiments.soft_weight_curve import measured

    batch = token_batch(model, texts, side, 50256)
    with gate():
        return measured(loaded_model(model), batch, spec, cell, head=head, weight=weight)
