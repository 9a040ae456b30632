"""The figures of a page that a test has run."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest


def figures(at: AppTest) -> dict[str, dict[str, Any]]:
    """Return the figures of the page by their keys, such as `fig_head`, in its order: `data` and `layout` as plotly's JSON."""
    return {name: sent["figure"] for name, sent in _sent(at).items()}


def settings(at: AppTest, name: str) -> dict[str, Any]:
    """Return what the page sends with its figure `name` beside the figure itself."""
    return _sent(at)[f"fig_{name}"]["settings"]


def _sent(at: AppTest) -> dict[str, dict[str, Any]]:
    drawn = [one for one in at.get("bidi_component") if one.proto.component_name.endswith("maskscope_plot")]
    return {one.proto.id.rsplit("-", 1)[-1]: json.loads(one.proto.bytes) for one in drawn}


def array(values: Any) -> np.ndarray:
    """Return an array of a figure's JSON, None as NaN: nested lists, or plotly's packed form."""
    if not isinstance(values, dict):
        return np.array(values, dtype=float)
    flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
    return flat.reshape([int(part) for part in str(values["shape"]).split(",")]) if "shape" in values else flat


def trace(figure: dict[str, Any], name: str, field: str = "z") -> np.ndarray:
    """Return the numbers of the one trace of this name."""
    (found,) = [one[field] for one in figure["data"] if one.get("name") == name]
    return array(found)
