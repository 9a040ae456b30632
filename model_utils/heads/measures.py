"""What every head does on one sentence, measured. Axes: L layer, H head, T column, N real token, Q query, K key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model_utils.distributions import entropy_bits
from model_utils.errors import InputError
from model_utils.heads.patterns import HABITS, Habits, counted_rows, habits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.forward import AttentionMaps

# Every measure, in the order of the table's columns. Those without a unit in their name are shares, 0 to 1.
MEASURES = (*HABITS, "same", "induction", "entropy_bits", "distance_tokens", "leak")

# A caption says "mostly" of a place that gets more than half of the mix.
MOSTLY = 0.5

# What a caption calls a place: of all rows, and of the rows whose token occurred before.
PLACES = {"previous": "the previous token", "first": "the first token", "itself": "the token itself"}
REPEATS = {"same": "its earlier copy", "induction": "what followed its earlier copy"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Measures(Habits):
    """What each head does on one sentence, on average over its rows; every array is `[L, H]`, read-only.

    `previous`, `first`, `itself`: as in Habits. `same`: the share on earlier occurrences of the reading token's id.
    `induction`: the share on the tokens that follow such an occurrence (the prefix-matching score of Olsson et al. 2022,
    "In-context Learning and Induction Heads", here on this text rather than on repeated random tokens). The reading
    token itself never counts as such a follower, or a head that reads itself would score on "no no". Both are averages
    over the rows that may read such a token, `same_rows` and `induction_rows` of them, and NaN where there is none.
    `entropy_bits`: the entropy of a row, over the real tokens. `distance_tokens`: how many tokens away a row reads, each
    token by its weight (Vig and Belinkov 2019, "Analyzing the Structure of Attention in a Transformer Language Model");
    under a causal mask that is how far it looks back. `leak`: the share above the diagonal, that is on the future, over
    all rows that may read anything: exactly 0 under a causal mask.
    """

    same: NDArray[np.float32]
    induction: NDArray[np.float32]
    entropy_bits: NDArray[np.float32]
    distance_tokens: NDArray[np.float32]
    leak: NDArray[np.float32]
    same_rows: int
    induction_rows: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """The cells that the measures of one sentence add up: 1 where they count, 0 elsewhere, each `[Q, K]`."""

    rows: NDArray[np.bool_]  # (Q,): counted_rows
    distance: NDArray[np.float64]  # tokens between query and key
    above: NDArray[np.float64]
    same: NDArray[np.float64]
    after: NDArray[np.float64]
    reading: int  # rows that may read anything
    same_rows: int
    after_rows: int


def measure(maps: AttentionMaps, ids: NDArray[np.int64], first: int, last: int) -> Measures | None:
    """Return the Measures of every head over the real columns `first` to `last`; `ids[T]` are all columns' token ids.

    Pads take no part. A row's shares are of its whole mix; its entropy and distance are of what it takes from real
    tokens, so that pads (read when the padding mask is off) and the rounding of half precision do not enter. Shares
    without rows of their own, entropy and distance are averages over the rows of `counted_rows`; None where there is
    none. At most one head at a time is held in double precision, with the cells: some 70 MB at 1,024 tokens, however
    many heads.
    """
    shares = habits(maps, first, last)
    if shares is None:
        return None
    cells = _cells(maps, ids, first, last)
    L, H = maps.weights.shape[:2]
    found = np.empty((5, L, H), np.float32)
    for layer, head in np.ndindex(L, H):
        weights = maps.weights[layer, head, first : last + 1, first : last + 1].astype(np.float64)  # (Q, K)
        found[:, layer, head] = _measure_head(weights, cells)
    same, induction, entropy, distance, leak = (one.copy() for one in found)  # each (L, H)
    return Measures(
        previous=shares.previous,
        first=shares.first,
        itself=shares.itself,
        same=same,
        induction=induction,
        entropy_bits=entropy,
        distance_tokens=distance,
        leak=leak,
        same_rows=cells.same_rows,
        induction_rows=cells.after_rows,
    )


def _cells(maps: AttentionMaps, ids: NDArray[np.int64], first: int, last: int) -> _Cells:
    real = slice(first, last + 1)
    visible = maps.cause[real, real] == 0  # (Q, K)
    reads, places = visible.any(-1), np.arange(len(visible))
    copies = np.tril(ids[real][:, None] == ids[real][None, :], -1)  # (Q, K)
    followers = np.zeros_like(copies)
    followers[:, 1:] = copies[:, :-1]
    same, after = copies & visible, np.tril(followers, -1) & visible
    return _Cells(
        rows=counted_rows(maps, first, last),
        distance=np.abs(places[:, None] - places[None, :]).astype(np.float64),
        above=np.triu(np.broadcast_to(reads[:, None], visible.shape), 1).astype(np.float64),
        same=same.astype(np.float64),
        after=after.astype(np.float64),
        reading=int(reads.sum()),
        same_rows=int(same.any(-1).sum()),
        after_rows=int(after.any(-1).sum()),
    )


def _measure_head(weights: NDArray[np.float64], cells: _Cells) -> tuple[float, float, float, float, float]:
    """Return same, induction, entropy, distance and leak of one head's `weights[Q, K]`."""
    mixes = weights[cells.rows]  # (rows, K)
    # The mix is 0 throughout only where pads are read and leave less than a float can hold.
    mixes /= np.maximum(mixes.sum(-1, keepdims=True), np.finfo(np.float64).tiny)
    return (
        float(np.vdot(weights, cells.same)) / cells.same_rows if cells.same_rows else np.nan,
        float(np.vdot(weights, cells.after)) / cells.after_rows if cells.after_rows else np.nan,
        float(entropy_bits(mixes).mean()),
        float(np.vdot(mixes, cells.distance[cells.rows])) / len(mixes),
        float(np.vdot(weights, cells.above)) / cells.reading,
    )


def table(measures: Measures, by: str | None = None, *, ascending: bool = False) -> pd.DataFrame:
    """Return one row per head: `layer`, `head`, then MEASURES, empty where the text gives none.

    In the order of layers and heads, or sorted `by` one of the columns, largest first unless `ascending`; heads that
    are equal stay in order. Raises InputError for an unknown column.
    """
    layer, head = (index.ravel() for index in np.indices(measures.leak.shape))
    frame = pd.DataFrame(
        {"layer": layer, "head": head} | {name: getattr(measures, name).ravel().copy() for name in MEASURES}
    )
    if by is None:
        return frame
    if by not in frame:
        raise InputError(f"Heads have no measure {by!r}: sort by one of {', '.join(map(str, frame))}.")
    return frame.sort_values(by, ascending=ascending, kind="stable", ignore_index=True)


def caption(measures: Measures, layer: int, head: int) -> str:
    """Return what one head does on this text, in a sentence or two that say no more than its measures.

    The first tells of all rows; a second, where it has more than half of those rows' mix, of the rows whose token
    occurred before: an induction head reads elsewhere when nothing repeats.
    """
    place, share = measures.main(layer, head)
    if share > MOSTLY:
        first = f"On this text it mostly reads {PLACES[place]} ({share:.0%})."
    else:
        bits = float(measures.entropy_bits[layer, head])
        first = (
            f"On this text {PLACES[place]} gets {share:.0%} of its mix, "
            f"and a row spreads as if over {2**bits:.1f} equal tokens ({bits:.1f} bits on average)."
        )
    rows = {"same": measures.same_rows, "induction": measures.induction_rows}
    repeats = {name: float(getattr(measures, name)[layer, head]) for name in rows if rows[name]}
    best = max(repeats, key=lambda name: repeats[name], default="")
    if not best or repeats[best] <= MOSTLY:
        return first
    count = f"{rows[best]} row" + "s" * (rows[best] > 1)
    return f"{first} Where a token comes again ({count}), it mostly reads {REPEATS[best]} ({repeats[best]:.0%})."
