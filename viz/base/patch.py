"""What changes in a figure that is already on the page, so that the browser can change it in place."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Up to here z stands in a figure as nested lists, which the browser shows as they are; above, packed.
LISTS_UP_TO = 128


# What pages call a figure: plotly itself is known here alone.
Figure = go.Figure


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Plotly attributes by the name of the trace, annotation or shape that gets them; all others keep their own."""

    traces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    annotations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shapes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def mark(figure: go.Figure, *, base: str, shows: str) -> go.Figure:
    """Return `figure`, marked in place: `base` names what it can be changed within, `shows` what it shows of that."""
    return figure.update_layout(meta={"base": base, "shows": shows})


def packed(values: NDArray[Any]) -> dict[str, str]:
    """Return `values[Q, K]` as plotly's JSON for an array of float32: a third of the size of written numbers."""
    array = np.ascontiguousarray(values, dtype="<f4")
    return {
        "dtype": "f4",
        "bdata": base64.b64encode(array.tobytes()).decode(),
        "shape": ", ".join(map(str, values.shape)),
    }
