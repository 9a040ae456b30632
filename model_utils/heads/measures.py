"""What every head does on one sentence, measured. Axes: L layer, H head, T column, N real token, Q query, K key."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from model_utils.distributions import entropy_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.forward import AttentionMaps

# A row of n tokens has these three in its mix; everything else is the rest.
HABITS = ("previous", "first", "itself")

# Every measure, in the order of the table's columns. Those without a unit in their name are shares, 0 to 1.
MEASURES = (*HABITS, "same", "induction", "entropy_bits", "distance_tokens", "leak")

# A caption says "mostly" of a place that gets more than half of the mix.
MOSTLY = 0.5

# What a caption calls a place: of all rows, and of the rows whose token occurred before.
PLACES = {"previous": "the previous token", "first": "the first token", "itself": "the token itself"}
REPEATS = {"same": "its earlier copy", "induction": "what followed its earlier copy"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Habits:
    """How much of its weight each head gives, on average over one sentence's rows, from three places; `[L, H]`, read-only.

    `previous`: the token before the reading one. `first`: the sentence's first token. `itself`: the reading token.
    `from_row`: the first row that counts, a position from 0; those before it have too little to choose from.
    """

    previous: NDArray[np.float32]
    first: NDArray[np.float32]
    itself: NDArray[np.float32]
    from_row: int

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(array := getattr(self, field.name), np.ndarray):
                array.setflags(write=False)

    def strongest(self, habit: str) -> tuple[int, int, float]:
        """Return (layer, head, share) of the head with the largest share of `habit`."""
        shares = getattr(self, habit)
        layer, head = np.unravel_index(int(shares.argmax()), shares.shape)
        return int(layer), int(head), float(shares[layer, head])

    def telling(self) -> dict[str, tuple[int, int, float]]:
        """Return for each habit that some head has more often than not (layer, head, share) of its strongest head."""
        found = {habit: self.strongest(habit) for habit in HABITS}
        return {habit: one for habit, one in found.items() if one[2] > 0.5}

    def main(self, layer: int, head: int) -> tuple[str, float]:
        """Return (habit, share) of the habit that is strongest in one head."""
        shares = {habit: float(getattr(self, habit)[layer, head]) for habit in HABITS}
        best = max(shares, key=lambda habit: shares[habit])
        return best, shares[best]


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


def habits(maps: AttentionMaps, first: int, last: int) -> Habits | None:
    """Return the Habits of every head over the rows that count among the real columns `first` to `last`.

    None where no row counts: a single token, or a mask that leaves those rows nothing to read.
    """
    weights = maps.weights[:, :, first : last + 1, first : last + 1]  # (L, H, Q, K)
    rows = counted_rows(maps, first, last)  # (Q,)
    if not rows.any():
        return None

    def mean(shares: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(shares.astype(np.float32).mean(-1))  # (L, H)

    return Habits(
        from_row=int(rows.argmax()),
        previous=mean(np.diagonal(weights, -1, 2, 3)[..., rows[1:]]),
        first=mean(weights[:, :, rows, 0]),
        itself=mean(np.diagonal(weights, 0, 2, 3)[..., rows]),
    )


def counted_rows(maps: AttentionMaps, first: int, last: int) -> NDArray[np.bool_]:
    """Return `[last - first + 1]`: True for the rows over which a head's averages are taken.

    Rows count from the third token on, where the token before, the first and the token itself are three; a sentence of
    two tokens has its second row only, a single token none. A row that may read no real token does not count: the
    model runs it all the same, and its numbers mean nothing.
    """
    n = last - first + 1
    reads = (maps.cause[first : last + 1, first : last + 1] == 0).any(-1)  # (Q,)
    return np.asarray(reads & (np.arange(n) >= first_counted(n)))


def first_counted(n: int) -> int:
    """Return the first of `n` real rows that counts in an average, see `counted_rows`."""
    return min(2, max(1, n - 1))


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
        from_row=shares.from_row,
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


def counted_in_words(from_row: int) -> str:
    """Return which rows an average is over, such as `the rows after the first 2 tokens`."""
    return "the rows after the first " + ("token" if from_row == 1 else f"{from_row} tokens")


def caption(measures: Measures, layer: int, head: int) -> str:
    """Return what one head does on this text, in a sentence or two that say no more than its measures.

    The first is about the rows that count; a second, where it has more than half of those rows' mix, about the rows whose token
    occurred before: an induction head reads elsewhere when nothing repeats.
    """
    place, share = measures.main(layer, head)
    over = f"Averaged over {counted_in_words(measures.from_row)},"
    if share > MOSTLY:
        first = f"{over} the head mostly reads {PLACES[place]} ({100 * share:.0f} % of its weight)."
    else:
        bits = float(measures.entropy_bits[layer, head])
        first = (
            f"{over} {PLACES[place]} gets {100 * share:.0f} % of the head's weight, "
            f"and a row's entropy is {bits:.1f} bits, as if {2**bits:.1f} tokens shared it equally."
        )
    rows = {"same": measures.same_rows, "induction": measures.induction_rows}
    repeats = {name: float(getattr(measures, name)[layer, head]) for name in rows if rows[name]}
    best = max(repeats, key=lambda name: repeats[name], default="")
    if not best or repeats[best] <= MOSTLY:
        return first
    count = f"{rows[best]} row" + "s" * (rows[best] > 1)
    return f"{first} Where a token comes again ({count}), the head mostly reads {REPEATS[best]} ({100 * repeats[best]:.0f} %)."
