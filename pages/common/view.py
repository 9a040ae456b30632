"""One view of a page: a choice that readers see, and what it draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class View:
    """A view: its label on the page, one sentence of help, and the function that draws it (None: nothing to draw).

    `answers` tells whether it shows a result, which stays covered where results are; else it belongs to the set-up.
    """

    label: str
    help: str = ""
    draw: Callable[..., None] | None = None
    answers: bool = True
