"""One view of a page: a choice that readers see, and what it draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pages.common import controls
from pages.common.components.glossary import sentence
from pages.common.link_parameters import CONTROLS


@dataclass(frozen=True, kw_only=True)
class View:
    """A view: its label on the page, one sentence of help, and the function that draws it (None: nothing to draw).

    `answers` tells whether it shows a result, which stays covered where results are; else it belongs to the set-up.
    """

    label: str
    help: str = ""
    draw: Callable[..., None] | None = None
    answers: bool = True


def choose(name: str, views: Mapping[str, View], **options: Any) -> View:
    """Draw the published choice `name` of a view, with the sentence that says what it shows, and return the view.

    While a step covers what views show there is nothing to choose.
    """
    if controls.waits():
        return views.get(controls.value(name), views[CONTROLS[name].default])
    view = views[controls.choice(name, views, **options)]
    if view.help:
        sentence(view.help, f"view_{name}")
    return view
