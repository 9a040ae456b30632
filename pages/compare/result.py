"""The texts of the Compare page, growing together, beside one view of what sets them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.compare import settings
from pages.common import controls, frame
from pages.common.caption import Origin, drawn_from
from pages.common.runs import growing, runs
from pages.common.view import choose
from pages.compare import pinned, prompts, texts
from pages.compare.views import VIEWS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.compare.request import TextPlace
    from pages.compare.run import Comparison


def draw(comparison: Comparison, *, over: bool) -> None:
    """Draw the texts of a comparison, `over` or not, and one view of it."""
    if not over:  # as wide as the page, and so no part of what grows: it stands still until all texts are there
        prompts.draw(comparison, texts.chosen(comparison)[0])
    growing.draw(comparison, over=over, ended=_ended, texts=_growing, picture=_picture, halves=_halves)


def _halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    text, picture = st.columns(2, gap="medium")  # at 1,280 px the choice of views just fits into its half
    return text, picture


def _ended(comparison: Comparison) -> None:
    """Draw texts and picture of a comparison that has ended: a click in either shows in both."""
    texts.take_click(comparison)
    prompts.draw(comparison, texts.chosen(comparison)[0])
    left, right = _halves()
    with left:  # first: they have just been read and must not be gone while a picture takes its time
        _choose(comparison)
        _texts(comparison)
    with right:
        _picture(comparison)


def _growing(comparison: Comparison) -> None:
    """Draw the texts as far as they are; the picture stands still meanwhile."""
    if texts.take_click(comparison):
        st.rerun()
    ended = comparison.job.done  # asked first: what comes after it is drawn by the next run
    done, total = comparison.job.progress
    st.progress(  # above the texts: many rows reach below the window
        done / (total or 1),
        text=f"Step {done} of {total or comparison.request.max_new_tokens}, {len(comparison.request.places())} texts",
    )
    _choose(comparison)
    _texts(comparison)
    if ended:
        st.rerun()


def _choose(comparison: Comparison) -> None:
    """Draw the choice of the sample that is shown, where there are several."""
    if comparison.request.samples > 1:
        with st.container(width=190, key="choose_sample"):
            controls.number("sample", high=comparison.request.samples - 1, bare=True)


def _texts(comparison: Comparison) -> None:
    with frame.reader_errors():
        runs.raise_error(comparison.job)
        if controls.value("plot") != "pinned":
            texts.draw(comparison)
        else:
            place, _ = texts.chosen(comparison)
            texts.draw(comparison, lambda row: pinned.draw_row(comparison, place, row), pinned.rows())


def _picture(comparison: Comparison) -> None:
    """Draw the chosen view, of the step that is chosen."""
    with st.container():  # directly in a column the names would scroll out of sight on a phone
        view = choose("plot", VIEWS, show_label=False)
    place, number = texts.chosen(comparison)
    whole = view in (VIEWS["metrics"], VIEWS["steps"])
    # The choice of a first word that was not there when this was drawn: the picture stands still while words come.
    if (whole or (view is VIEWS["candidates"] and not comparison.texts()[place])) and not comparison.job.done:
        st.info("This picture is drawn when all texts are there.")
        return
    if view.draw is not None:
        with frame.reader_errors(), drawn_from(_origin(comparison, place if view is VIEWS["map"] else None)):
            view.draw(comparison, place, number)


def _origin(comparison: Comparison, place: TextPlace | None) -> Origin:
    """Return what the captions of pictures say: of one text, or of all."""
    request = comparison.request
    shown = [settings.name(one) for one in request.rows] if place is None else [settings.name(request.rows[place.row])]
    return Origin(
        texts=request.texts if place is None else [request.texts[place.prompt]],
        models=request.models if place is None else [request.models[place.model]],
        settings=f"settings: {'; '.join(shown)}; seed {request.seed}",
    )
