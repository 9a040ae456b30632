"""The figures of the Heads page: drawn once per sentence, changed in place while heads are opened."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pages.common import frame
from pages.common.components.redraw import Redraw, redraw
from pages.heads import first_screen

if TYPE_CHECKING:
    from model_utils.tokens.batch import TokenBatch
    from viz.base.patch import Figure


def figures(selection: first_screen.HeadSelection) -> tuple[Figure, Figure]:
    """Return the open head and the map of all heads, both marked so that other heads can be shown in their place."""
    from viz.base.patch import mark
    from viz.heads.head import head

    last = selection.batch.last(selection.sentence)
    figure = head(**_shared(selection), last=last)
    return mark(figure, **_mark(selection)), mark(first_screen.map_figure(selection), **_mark(selection))


def show_open_head(selection: first_screen.HeadSelection) -> None:
    """Change the figures on the page to the open head, and open the head whose tile is clicked."""
    from viz.heads.head import head_changes
    from viz.heads.overview import opened_changes

    mark, changes = _mark(selection), head_changes(**_shared(selection))
    redraw(
        Redraw(
            name="fig_head", changes=changes, alt=first_screen.alt(selection), base=mark["base"], shows=mark["shows"]
        ),
        Redraw(
            name="fig_overview",
            changes=opened_changes(*selection.head),
            clickable=True,
            base=mark["base"],
            shows=mark["shows"],
        ),
        key="redraw_head",
        on_click=lambda _figure, at: first_screen.open_head(*at),
    )


def _mark(selection: first_screen.HeadSelection) -> dict[str, str]:
    """Return the mark of the figures: the sentence, its batch, the model and the colours; the open head."""
    named = (*selection.source, frame.palette().paper)
    base = blake2b(repr(named).encode(), digest_size=8).hexdigest()
    return {"base": base, "shows": "{},{}".format(*selection.head)}


def _shared(selection: first_screen.HeadSelection) -> dict[str, Any]:
    (layer, at), maps = selection.head, selection.maps
    return {
        "weights": maps.weights[layer, at],
        "labels": selection.batch.labels(selection.sentence),
        "causes": maps.causes,
        "palette": frame.palette(),
        "pieces": _pieces(selection.batch, selection.sentence),
        "name": f"layer {layer}<br>head {at}",
    }


def _pieces(batch: TokenBatch, sentence: int) -> list[tuple[int, int, str]]:
    """Return (first column, last column, character) of the tokens that are bytes of one character."""
    from model_utils.tokens.padding import brackets

    return [(found.first, found.last, found.character) for found in brackets(batch) if found.row == sentence]
