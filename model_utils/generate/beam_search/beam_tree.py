"""A recorded beam search as a tree to draw: its nodes in columns of steps, straight runs folded into one column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from model_utils.generate.beam_search.beams import Outcome

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beams import BeamCandidate, BeamStep

# Up to so many columns every step has its own.
MOST_COLUMNS = 24
# Steps that a column may hold where it is folded, and how many before the step in view never are.
_LONGEST_FOLD, _NEVER_FOLDED = 5, 3


@dataclass(frozen=True, kw_only=True)
class Column:
    """The steps `first` to `last` (from 0), drawn at `x` over `width` whole numbers; the prompt stands at 0."""

    first: int
    last: int
    x: int

    @property
    def title(self) -> str:
        """Return its steps, counted from 1, such as `3` or `4–7`."""
        return f"{self.first + 1}" if self.first == self.last else f"{self.first + 1}–{self.last + 1}"

    @property
    def width(self) -> int:
        """Return 1 for a single step, 2 for several."""
        return 1 if self.first == self.last else 2


@dataclass(frozen=True, kw_only=True)
class Node:
    """A candidate in its column: the tokens that it adds there, and the row of the beam in the column before that it continues.

    Rows count from 0: a beam stands in the row of its slot, below the beams what ended or was dropped. `best` tells that
    the winning path goes through it, `greedy` that the path of likeliest tokens does.
    """

    column: int
    row: int
    parent: int | None
    tokens: tuple[int, ...]
    total: float
    outcome: Outcome
    normalised: float | None
    rank: int
    best: bool
    greedy: bool


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The tree of a search up to one step: its columns, its nodes, how many rows there are at most, and the winning path.

    Before the search is over the winning path is that of the best beam.
    """

    columns: tuple[Column, ...]
    nodes: tuple[Node, ...]
    rows: int
    best: tuple[int, ...]

    def column_at(self, x: int) -> Column | None:
        """Return the column at the whole number `x`, None where there is none."""
        return next((one for one in self.columns if one.x <= x < one.x + one.width), None)

    def node_at(self, row: int, x: int) -> Node | None:
        """Return the node in a row at the whole number `x`, None where there is none."""
        column = self.column_at(x)
        return next((one for one in self.nodes if column == self.columns[one.column] and one.row == row), None)

    def path(self, node: Node) -> tuple[int, ...]:
        """Return all new tokens up to and with a node."""
        if node.parent is None:
            return node.tokens
        before = next(
            one for one in self.nodes if (one.column, one.row, one.outcome) == (node.column - 1, node.parent, "kept")
        )
        return (*self.path(before), *node.tokens)


def beam_tree(steps: Sequence[BeamStep], *, most_columns: int = MOST_COLUMNS) -> Tree:
    """Return the tree of one sentence's search from its steps so far, folded where it has more than `most_columns`."""
    n = len(steps[0].kept) or sum(
        one.normalised is not None and one.outcome == "finished" for one in steps[0].candidates
    )
    last = steps[-1]
    best = last.hypotheses[0].tokens if last.done and last.hypotheses else last.texts[0]
    columns = _columns(steps, most_columns)
    nodes = [
        node
        for number, column in enumerate(columns)
        for node in (_folded if column.width > 1 else _whole)(steps, column, number, best, n)
    ]
    return Tree(columns=columns, nodes=tuple(nodes), rows=1 + max(node.row for node in nodes), best=best)


def _columns(steps: Sequence[BeamStep], most: int) -> tuple[Column, ...]:
    """Return the columns of the steps, each its own or folded with its neighbours."""
    straight = [False] * len(steps) if len(steps) <= most else _straight(steps)
    found: list[Column] = []
    for number in range(len(steps)):
        before = found[-1] if found else None
        joins = before is not None and straight[number] and straight[before.last]
        if joins and before is not None and number - before.first < _LONGEST_FOLD:
            found[-1] = Column(first=before.first, last=number, x=before.x)
        else:
            found.append(Column(first=number, last=number, x=before.x + before.width if before else 1))
    return tuple(found)


def _straight(steps: Sequence[BeamStep]) -> list[bool]:
    """Return for each step whether nothing happened there that is still seen at the end.

    The texts that go on or have ended by now come from as many beams as a step before, none ended there, and the greedy
    path did not fall out.
    """
    last = steps[-1]
    alive = [*last.texts, *(one.tokens for one in last.hypotheses)]
    lines = [len({text[: step.number + 1] for text in alive if len(text) > step.number}) for step in steps]
    calm = [
        not any(one.outcome == "finished" or (one.greedy and one.slot is None) for one in step.candidates)
        for step in steps
    ]
    same = [False, *(one == other for one, other in pairwise(lines))]
    return [a and b and len(steps) - step.number > _NEVER_FOLDED for a, b, step in zip(same, calm, steps, strict=True)]


def _whole(steps: Sequence[BeamStep], column: Column, number: int, best: tuple[int, ...], n: int) -> list[Node]:
    """Return the nodes of one step: its beams by slot, below them what ended, fell out, or was left behind."""
    step = steps[column.first]
    texts = steps[column.first - 1].texts if column.first else ((),) * n
    beams = [(one, one.slot or 0) for one in step.kept]
    others = [one for one in step.candidates if one.slot is None]
    told = [one for one in others if one.outcome == "finished" or one.greedy]
    room = max(n - len(told), 0) if beams else 2 * n - len(told)
    dropped = [one for one in others if one not in told][:room]
    below = sorted([*told, *dropped], key=lambda one: one.rank)
    placed = [*beams, *((one, row) for row, one in enumerate(below, start=len(beams)))]
    return [_node(one, row, texts[one.beam], column, number, best) for one, row in placed]


def _node(
    one: BeamCandidate, row: int, before: tuple[int, ...], column: Column, number: int, best: tuple[int, ...]
) -> Node:
    text = (*before, one.token_id)
    on = text == best[: len(text)] if one.slot is not None else text == best and one.outcome == "finished"
    return Node(
        column=number,
        row=row,
        parent=one.beam if column.first else None,
        tokens=(one.token_id,),
        total=one.total,
        outcome=one.outcome,
        normalised=one.normalised,
        rank=one.rank,
        best=on,
        greedy=one.greedy,
    )


def _folded(steps: Sequence[BeamStep], column: Column, number: int, best: tuple[int, ...], _: int) -> list[Node]:
    """Return the nodes of several steps: the beams after the last of them, each with all that it said since the first."""
    step, before = steps[column.last], steps[column.first - 1].texts
    greedy = [one.greedy for one in step.kept]
    return [
        Node(
            column=number,
            row=slot,
            parent=before.index(text[: column.first]),
            tokens=text[column.first :],
            total=step.totals[slot],
            outcome="kept",
            normalised=None,
            rank=step.kept[slot].rank,
            best=text == best[: len(text)],
            greedy=greedy[slot],
        )
        for slot, text in enumerate(step.texts)
    ]
