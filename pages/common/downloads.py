"""What a reader takes home: the picture, its numbers, the code that reproduces it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st


def chart_config(name: str) -> dict[str, Any]:
    """Return plotly's settings for one figure: a mode bar that saves the picture as `maskscope-NAME`, and nothing else.

    As the reader chose: `png` (twice the screen's resolution, for slides) or `svg` (for papers).
    """
    kind = st.session_state.get("picture", "png")
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
        "toImageButtonOptions": {"format": kind, "filename": f"maskscope-{name}", "scale": 2},
    }


def bar(name: str, *, numbers: Callable[[], pd.DataFrame], code: Callable[[], str] | None) -> None:
    """Draw the row that takes a figure home: its numbers as CSV and its code, both made when asked for.

    Without `code` there is no button for it.

    `name` goes into the file names and widget keys. The picture itself is saved from the figure's own mode bar.
    """
    with st.container(horizontal=True, key=f"take_home_{name}"):
        st.download_button(
            "Numbers (CSV)",
            data=lambda: numbers().to_csv(index=False),
            file_name=f"maskscope-{name}.csv",
            mime="text/csv",
            key=f"csv_{name}",
            on_click="ignore",
            icon=":material/table:",
        )
        if code is not None:
            code_button(name, code)


@st.fragment
def code_button(name: str, code: Callable[[], str]) -> None:
    """Draw the button that shows the code; a closed one costs nothing."""
    popover = st.popover("Code", icon=":material/code:", key=f"code_{name}", on_change="rerun")
    if not popover.open:
        return
    with popover:
        lines = code()
        st.caption("These lines reproduce the numbers of this picture with transformers alone.")
        st.code(lines, language="python")
        st.download_button(
            "Save as .py",
            data=lines,
            file_name=f"maskscope_{name}.py",
            mime="text/x-python",
            key=f"py_{name}",
            on_click="ignore",
        )
