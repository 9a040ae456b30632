"""The choice of a view by its label; the page works with its id."""

from __future__ import annotations

from collections.abc import Mapping

from pages.common import controls
from pages.common.view import View


def choose(name: str, views: Mapping[str, View], *, show_label: bool = False) -> str:
    """Draw the published choice `name` among `views` and return the id of the chosen one."""
    ids = {view.label: view_id for view_id, view in views.items()}
    return ids[controls.choice(name, list(ids), show_label=show_label)]
