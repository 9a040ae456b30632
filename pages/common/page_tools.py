"""What every page offers of itself: its link, its controls as they were at first, present mode, the code for phones."""

from __future__ import annotations

import streamlit as st

from pages.common import controls
from pages.common.components.copy_link import copy_link
from pages.common.hall import invitation, present
from pages.common.link_parameters import ON_PAGE

# What Home hides in its own example, which no published control holds.
_UNPUBLISHED = "_demo_hidden"


def draw(page: str) -> None:
    """Draw the tools of `page` for the sidebar."""
    with st.container(gap="xxsmall", key="page_tools"):
        copy_link()
        if page in ON_PAGE:
            st.button(
                "Reset",
                key="reset_page",
                on_click=_reset,
                args=(page,),
                help="Everything that is set on this page goes back to its default, in a lesson to that of the step: all "
                "but the model and the sentences. The browser's Back undoes it.",
                icon=":material/restart_alt:",
                type="tertiary",
            )
        if not present.on():
            invitation.button()
            present.switch()


def _reset(page: str) -> None:
    st.session_state.pop(_UNPUBLISHED, None)
    controls.reset(ON_PAGE[page])
