"""Where the strips of one row stand, and how tall they are: by how many there are, and for which screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from viz.base.geometry import breadth
from viz.base.text import shorten

STAGES = ("score", "mask", "exp", "weight", "values")
# The stage whose own strip names the hatches in the legend.
MASK = "mask"
# On the screen of a hall that many strips have room: the latest ones.
HALL_STRIPS = 3

# Above this many keys the numbers would touch: bars alone.
NUMBERS_UP_TO = 20
COLUMN, THIN_COLUMN = 54, 14  # px that a column needs with a number and without
NARROWEST = 330  # px of all columns on a phone: few have more room there

# The strip of a stage and the one that it is made from are whole, earlier ones fold to a line of numbers.
WHOLE_STRIPS = 2
# px of a whole strip in a hall, its title above the bars included, and of a folded one.
STRIP, FOLDED_STRIP = 86, 40
# px of all strips: more would lie below a window of 1,280 x 720. While few are shown each is as tall as that allows.
ALL_STRIPS, TALLEST_STRIP = 318, 140
LAST_STRIP = 34  # px by which the last one, which holds W rows, is taller than the one above it
TOKENS, SLANTED_TOKENS = 40, 66  # px of the words on top
UPRIGHT, WORD_FONT, LONGEST = 10, 18, 9  # words, more are slanted; px and characters of an upright one
TITLE, FOLDED_TITLE = 26, 19
TITLE_FONT, FOLDED_FONT = 18, 15
BELOW_WORDS = 6  # px between the words and the first title
GAP = 6  # px below a strip
# px below the bars that their numbers take, however tall the strip is.
NUMBERS = 21


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The px of strips in places from 1, under the words of `labels`; `brief` on the screen of a hall."""

    labels: Sequence[str]
    stages: Sequence[str]
    brief: bool

    @property
    def shown(self) -> int:
        """Return how many strips there are."""
        return len(self.stages)

    @property
    def explained(self) -> str:
        """Return the stage whose strip names the hatches in the legend."""
        whole = self.stages[self.folded :]
        return MASK if MASK in whole else whole[0]

    @property
    def folded(self) -> int:
        """Return how many strips, the first ones, are folded."""
        return 0 if self.brief else max(0, self.shown - WHOLE_STRIPS)

    @property
    def taller(self) -> int:
        """Return the px by which the last strip is taller than the one above it."""
        return LAST_STRIP if self.stages[-1] == STAGES[-1] else 0

    @property
    def strip(self) -> int:
        """Return the px of one whole strip."""
        if self.brief:
            return max(STRIP, min(TALLEST_STRIP, HALL_STRIPS * STRIP // self.shown))
        room = ALL_STRIPS - self.taller - FOLDED_STRIP * self.folded
        return min(TALLEST_STRIP, room // (self.shown - self.folded))

    def above(self, place: int) -> int:
        """Return the px above the strip at a place."""
        before = place - 1
        folded = min(before, self.folded)
        return self.top + FOLDED_STRIP * folded + self.strip * (before - folded)

    @property
    def floor(self) -> float:
        """Return the part of a strip that its numbers take, in heights of the bars."""
        return NUMBERS / (self.strip - TITLE - GAP - NUMBERS)

    @property
    def height(self) -> int:
        """Return the px of all strips that are shown."""
        return self.above(self.shown + 1) + self.taller

    @property
    def few(self) -> bool:
        """Return whether there is room for numbers."""
        return len(self.labels) <= NUMBERS_UP_TO

    @property
    def top(self) -> int:
        """Return the px that the words on top need."""
        return TOKENS if self.upright else SLANTED_TOKENS

    @property
    def upright(self) -> bool:
        """Return whether the words on top stand upright: few, and none so long that it would touch the next."""
        wide = [breadth(shorten(label, LONGEST), WORD_FONT) for label in self.labels]
        column = max(COLUMN, NARROWEST / (len(wide) + 1))
        return len(wide) <= UPRIGHT and all(one + other < 2 * column for one, other in pairwise(wide))

    @property
    def end(self) -> float:
        """Return where on the x axis the totals stand."""
        return len(self.labels) + (0 if self.few else 1.5)

    def domain(self, place: int) -> list[float]:
        """Return the part of the figure that the axis of the strip at a place takes, from its title down to its end."""
        bottom = self.height if place == self.shown else self.above(place + 1)
        gap = 0 if place <= self.folded else GAP
        return [max(0.0, 1 - (bottom - gap) / self.height), 1 - (self.above(place) + self.title(place)) / self.height]

    def title(self, place: int) -> int:
        """Return the px of the title of the strip at a place."""
        return FOLDED_TITLE if place <= self.folded else TITLE


def strips_width(keys: int) -> int:
    """Return how many px wide the strips of that many keys need to be."""
    return (keys + 1) * (COLUMN if keys <= NUMBERS_UP_TO else THIN_COLUMN)
