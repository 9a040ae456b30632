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


def figures(view: first_screen.View) -> tuple[Figure, Figure]:
    """Return the open head and the map of all heads, both marked so that other heads can be shown in their place."""
    from viz.base.patch import mark
    from viz.heads.head import head

    last = view.batch.last(view.sentence)
    figure = head(**_shared(view), last=last)
    return mark(figure, **_mark(view)), mark(first_screen.map_figure(view), **_mark(view))


def show_open_head(view: first_screen.View) -> None:
    """Change the figures on the page to the open head, and open the head whose tile is clicked."""
    from viz.heads.head import head_changes
    from viz.heads.overview import opened_changes

    mark, changes = _mark(view), head_changes(**_shared(view))
    redraw(
        Redraw(name="fig_head", changes=changes, alt=first_screen.alt(view), **mark),
        Redraw(name="fig_overview", changes=opened_changes(*view.head), clickable=True, **mark),
        key="redraw_head",
        on_click=lambda _figure, at: first_screen.open_head(*at),
    )


def _mark(view: first_screen.View) -> dict[str, str]:
    """Return the mark of the figures: the sentence, its batch, the model and the colours; the open head."""
    named = (*view.source, frame.palette().paper)
    base = blake2b(repr(named).encode(), digest_size=8).hexdigest()
    return {"base": base, "shows": "{},{}".format(*view.head)}


def _shared(view: first_screen.View) -> dict[str, Any]:
    (layer, at), maps = view.head, view.maps
    return {
        "weights": maps.weights[layer, at],
        "labels": view.batch.labels(view.sentence),
        "causes": maps.causes,
        "palette": frame.palette(),
        "pieces": _pieces(view.batch, view.sentence),
        "name": f"layer {layer}<br>head {at}",
    }


def _pieces(batch: TokenBatch, sentence: int) -> list[tuple[int, int, str]]:
    """Return (first column, last column, character) of the tokens that are bytes of one character."""
    from model_utils.tokens.padding import brackets

    return [(found.first, found.last, found.character) for found in brackets(batch) if found.row == sentence]
