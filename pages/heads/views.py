"""The views below the open head: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common import frame
from pages.common.lesson import cover
from pages.common.view import View, choose
from pages.heads import beside, gallery, lines, whole_batch
from pages.heads.averages import averages
from pages.heads.measures import measures
from pages.heads.search import search

if TYPE_CHECKING:
    from pages.heads.first_screen import HeadSelection

VIEWS = {
    "none": View(label="None"),
    "batch": View(
        label="Batch", help="The open head on every sentence of the batch, pads hatched.", draw=whole_batch.draw
    ),
    "measures": View(
        label="Measures", help="What every head does on this sentence, in numbers that sort.", draw=measures
    ),
    "side-by-side": View(
        label="Side by side",
        help="The heads of a layer, or those with most of one measure, as larger pictures.",
        draw=gallery.draw,
    ),
    "lines": View(
        label="Lines", help="The open head as lines from the reading token to what it reads.", draw=lines.lines
    ),
    "compare": View(
        label="Compare two",
        help="The open head beside another head, sentence, mask or model, and their difference.",
        draw=beside.draw,
    ),
    "first-token": View(
        label="Without first token",
        help="Many heads give most of their weight to the first token: the rest, with its own colours.",
        draw=lines.first_column,
    ),
    "search": View(
        label="Which head?",
        help="Which heads read one token most from the reading token above, and what hiding that one changes.",
        draw=search,
    ),
    "averages": View(
        label="Averages", help="The mean of a layer or of all heads, or attention rollout.", draw=averages
    ),
}


def draw(selection: HeadSelection) -> None:
    """Draw the view that is chosen, and nothing of the others."""
    view = choose("closer", VIEWS)
    with frame.reader_errors():
        cover.view(view, selection)
