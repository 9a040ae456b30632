"""What figures are built of: dictionaries as plotly's JSON has them.

Plotly's own classes check every attribute as it is set, ten times the cost of a figure, on a server that draws the same
figures for everybody. Here nothing is checked but when a figure is read: `data` and `layout` give plotly's own objects, so
that a test which reads a figure has checked it.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.sizes import SCREEN, Sizes, written

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import NDArray

Trace = dict[str, Any]

# What every figure does unless it says otherwise: labels such as "1" are words, not numbers.
_AXIS = {"title": {"standoff": 15}, "automargin": True, "ticks": ""}
_HATCH = {"fillmode": "overlay", "size": 10, "solidity": 0.2}
_DEFAULTS = {
    "layout": {
        "autotypenumbers": "strict",
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    },
    "data": {
        "bar": [{"type": "bar", "marker": {"line": {"width": 0}, "pattern": _HATCH}}],
        "scatter": [{"type": "scatter", "fillpattern": _HATCH}],
        "heatmap": [{"type": "heatmap", "colorbar": {"outlinewidth": 0, "ticks": ""}}],
    },
}

# Arrays of more cells than this travel packed, a third of the size of written numbers.
WRITTEN_UP_TO = 128 * 128


def _trace(kind: str, attributes: Mapping[str, Any]) -> Trace:
    return {"type": kind, **{name: value for name, value in attributes.items() if value is not None}}


def heatmap(**attributes: Any) -> Trace:
    """Return a heatmap of these attributes of plotly; those that are None are left out."""
    return _trace("heatmap", attributes)


def scatter(**attributes: Any) -> Trace:
    """Return a scatter trace of these attributes of plotly; those that are None are left out."""
    return _trace("scatter", attributes)


def bar(**attributes: Any) -> Trace:
    """Return a bar trace of these attributes of plotly; those that are None are left out."""
    return _trace("bar", attributes)


class Figure:
    """A figure: traces, and a layout that grows by updates. Written, its texts and lengths have its `sizes`."""

    sizes: Sizes = SCREEN

    def __init__(self, traces: Trace | Iterable[Trace] = (), layout: Mapping[str, Any] | None = None) -> None:
        self._traces = [traces] if isinstance(traces, dict) else list(traces)
        self._layout: dict[str, Any] = {}
        self.update_layout(**(layout or {}))

    def add(self, *traces: Trace) -> Figure:
        """Return the figure with `traces` on top of those that it has."""
        self._traces.extend(traces)
        return self

    def add_shape(self, **shape: Any) -> None:
        """Add a shape of these attributes; those that are None are left out."""
        self._append("shapes", shape)

    def add_annotation(self, **note: Any) -> None:
        """Add an annotation of these attributes; those that are None are left out."""
        self._append("annotations", note)

    def _append(self, where: str, item: Mapping[str, Any]) -> None:
        found = {name: value for name, value in item.items() if value is not None}
        self._layout[where] = [*self._layout.get(where, []), found]

    def update_layout(self, **changes: Any) -> Figure:
        """Return the figure with `changes`: dictionaries are merged, all else is replaced, None left out."""
        _merge(self._layout, changes)
        return self

    def update_xaxes(self, **changes: Any) -> None:
        """Change all x axes that the layout has; the first it always has."""
        self._update_axes("xaxis", changes)

    def update_yaxes(self, **changes: Any) -> None:
        """Change all y axes that the layout has; the first it always has."""
        self._update_axes("yaxis", changes)

    def _update_axes(self, kind: str, changes: Mapping[str, Any]) -> None:
        for name in {kind, *(name for name in self._layout if name.startswith(kind))}:
            self.update_layout(**{name: changes})

    def grow_below(self, more: int) -> Figure:
        """Return the figure with `more` px below its axes."""
        low = self._layout["margin"]["b"]
        return self.update_layout(height=self._layout["height"] + more, margin={"b": low + more})

    def grow_above(self, more: int) -> Figure:
        """Return the figure with `more` px above its axes."""
        margin = self._layout["margin"]["t"]
        return self.update_layout(height=self._layout["height"] + more, margin={"t": margin + more})

    @property
    def width(self) -> int:
        """Return the px that its layout sets."""
        return int(self._layout["width"])

    @property
    def height(self) -> int:
        """Return the px that it is high, as written. Raises KeyError where its layout has no height."""
        return round(self.sizes.px(self._layout["height"]))

    def to_json(self) -> str:
        """Return the figure as plotly's JSON; what is not finite is null."""
        figure: dict[str, Any] = {"data": self._traces, "layout": self._layout}
        if self.sizes is not SCREEN:
            figure = written(figure, self.sizes)
        figure["layout"] = {**figure["layout"], "template": _DEFAULTS}
        try:
            return json.dumps(figure, default=_written, allow_nan=False)
        except ValueError:  # rare, for numbers mostly come in arrays
            return json.dumps(_finite(figure), default=_written, allow_nan=False)

    def written(self) -> Figure:
        """Return the figure as its JSON and height alone: to be kept and drawn many times, not to be changed."""
        return _Written(self.to_json(), self.sizes, self.height)

    def checked(self) -> go.Figure:
        """Return the figure as plotly's own object. Raises ValueError for an attribute that plotly does not know."""
        import plotly.graph_objects as go

        return go.Figure(data=self._traces, layout=self._layout)

    @property
    def data(self) -> Any:
        """Return the traces, checked."""
        return self.checked().data

    @property
    def layout(self) -> Any:
        """Return the layout, checked."""
        return self.checked().layout

    def select_traces(self, selector: Mapping[str, Any]) -> Any:
        """Return the traces with these attributes, checked."""
        return self.checked().select_traces(selector=selector)


class _Written(Figure):
    """A figure of which the JSON is left."""

    def __init__(self, text: str, sizes: Sizes, height: int) -> None:
        super().__init__()
        self._text, self._height, self.sizes = text, height, sizes

    @property
    def height(self) -> int:
        return self._height

    def to_json(self) -> str:
        return self._text

    def written(self) -> Figure:
        return self

    def checked(self) -> go.Figure:
        import plotly.io

        return plotly.io.from_json(self._text)


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            into[name] = dict(into[name])
            _merge(into[name], value)
        elif value is not None:
            into[name] = value


def _written(value: Any) -> Any:
    """Return an array as lists, NaN as null, or packed where it is large; a number of numpy as one of Python."""
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray):
        raise TypeError(f"a figure cannot hold {type(value).__name__}")
    if value.ndim == 2 and value.size > WRITTEN_UP_TO:
        return _packed(value)
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        found = value.astype(object)
        found[~np.isfinite(value)] = None
        return found.tolist()
    return value.tolist()


def _finite(value: Any) -> Any:
    """Return `value` with None for each number in it that is not finite."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _packed(values: NDArray[Any]) -> dict[str, str]:
    """Return `values[Q, K]` as plotly's JSON for an array: bytes as they are, floats as float32."""
    kind = "u1" if values.dtype == np.uint8 else "f4"
    array = np.ascontiguousarray(values, dtype=f"<{kind}")
    return {
        "dtype": kind,
        "bdata": base64.b64encode(array.tobytes()).decode(),
        "shape": ", ".join(map(str, values.shape)),
    }
