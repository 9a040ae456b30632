"""What a reader takes home of a figure beside its picture: its numbers, and the code that reproduces it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st


def bar(
    name: str,
    *,
    numbers: Callable[[], pd.DataFrame],
    code: Callable[[], str] | None,
    more: Callable[[], object] | None = None,
) -> None:
    """Draw the row that takes a figure home: its numbers as CSV and its code, both made when asked for.

    Without `code` there is no button for it; `more` draws what else there is to take. `name` goes into the file
    names and widget keys. The picture itself is saved from the figure's own mode bar.
    """
    with st.container(horizontal=True, key=f"take_home_{name}"):
        numbers_button(name, numbers)
        if more is not None:
            more()
        if code is not None:
            code_button(name, code)


def numbers_button(name: str, numbers: Callable[[], pd.DataFrame], label: str = "Numbers (CSV)") -> None:
    """Draw the button that saves a table as CSV, made when it is asked for."""
    st.download_button(
        label,
        data=lambda: numbers().to_csv(index=False),
        file_name=f"maskscope-{name}.csv",
        mime="text/csv",
        key=f"csv_{name}",
        on_click="ignore",
        icon=":material/table:",
    )


def code_button(name: str, code: Callable[[], str]) -> None:
    """Draw the button that shows the code.

    What it shows is drawn with the page. Drawn when it is opened, its closing would draw the page anew, and the button beside it
    that the same click pressed would ask for a file that the server has just put away. Nor is it a fragment of its own: where a
    run of the fragment around it is cut short, Streamlit throws away what that drew but keeps what the inner one drew, which
    then has no place in the browser: the whole page turned white.
    """
    with st.popover("Code", icon=":material/code:", key=f"code_{name}"):
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
