"""What every page shares: set-up, menu, sidebar with model and sentences, the model tag, the error boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st

from model_utils.errors import InputError, ReaderError
from model_utils.models.registry import registry
from model_utils.tokens.batch import END_OF_TEXT_ID, BatchKey, split_sentences
from model_utils.tokens.files import KINDS, sentences_of
from pages.common import controls, model_picker, page_tools
from pages.common.caches import cache, cache_visit
from pages.common.components import glossary
from pages.common.components.chosen_view import scroll_to_chosen
from pages.common.components.colour_scheme import follow_colour_scheme
from pages.common.hall import invitation, present
from pages.common.lesson import lesson, lesson_strip
from pages.common.link_parameters import CONTROLS, VIEWS
from pages.common.markdown import literal

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.navigation.page import StreamlitPage

    from model_utils.models.loading import LoadedModel
    from model_utils.models.registry import ModelEntry
    from model_utils.tokens.batch import Side, TokenBatch
    from viz.base.theme import Palette

HEADS, MECHANICS = "pages/3_Heads.py", "pages/4_Mechanics.py"
MENU = (
    ("app.py", "Home"),
    ("pages/1_Tokens.py", "Tokens"),
    ("pages/2_Masks.py", "Masks"),
    (HEADS, "Heads"),
    (MECHANICS, "Mechanics"),
    ("pages/5_Generate.py", "Generate"),
    ("pages/6_Compare.py", "Compare"),
    ("pages/7_Lessons.py", "Lessons"),
)


# Said where a row may read nothing: its numbers are there, and mean nothing.
ALL_HIDDEN = (
    "Nothing is left for the last word to read, so the prediction means nothing. Click a word to show it again."
)


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page gets from the frame: the model that it shows, and the sentences as typed."""

    entry: ModelEntry
    text: str

    @property
    def model(self) -> str:
        """Return the registry id of the model that the page shows."""
        return self.entry.id

    def loaded(self) -> LoadedModel:
        """Return the model, loading it (and torch) when this is the first to ask."""
        if cache.in_memory(self.entry):
            return cache.loaded_model(self.model)  # without a spinner, which sends a message even if it never shows
        with st.spinner(f"Loading {self.model} …"):
            return cache.loaded_model(self.model)

    def key(self, side: Side = "left", pad_id: int = END_OF_TEXT_ID) -> BatchKey:
        """Return what the batch of the shared sentences is made from. Raises InputError for text outside its bounds."""
        return BatchKey(self.model, split_sentences(self.text), side, pad_id)

    def batch(self, side: Side = "left", pad_id: int = END_OF_TEXT_ID) -> TokenBatch:
        """Return the padded batch of the shared sentences. Raises InputError for text outside its bounds."""
        key = self.key(side, pad_id)
        self.loaded()
        return cache.token_batch(key)


@contextmanager
def open_page(title: str, sentence: str) -> Iterator[Page]:
    """Set the page up, draw menu and sidebar, and give the block what the page works on. It comes first on every page.

    It is drawn when it is its turn: where the threads of many readers draw at once, each of them comes late.
    """
    with cache.drawing():
        yield _opened(title, sentence)


def _opened(title: str, sentence: str) -> Page:
    st.set_page_config(page_title=f"{title} · MaskScope", page_icon="▦", layout="wide")
    cache_visit.begin()
    controls.restore()
    lesson.enter(title, {label: path for path, label in MENU})
    st.html(Path(__file__).with_name("frame.css"))
    present.begin()
    glossary.begin()
    lesson_strip.draw()
    alignment: Literal["center", "bottom"] = "center" if present.on() else "bottom"
    heading = st.container(horizontal=True, vertical_alignment=alignment, gap="xsmall", key="heading")
    with heading:
        st.title(title, anchor=False, width="content")
        if not present.on():
            glossary.sentence(sentence, "page")
    above = st.container(key="model_state")
    with st.sidebar:
        for path, label in MENU:
            page_link(path, label)
        page = _shared_controls(above)
        page_tools.draw(title)
        controls.draw_history()
        scroll_to_chosen(VIEWS)
        follow_colour_scheme()
    with heading:
        with st.container(horizontal=True, width="content", vertical_alignment="bottom", gap="xsmall"):
            model_picker.door(page.entry)
            glossary.glossary()
        if present.on():
            _hall_tools()
    controls.draw_notes()
    return page


def _hall_tools() -> None:
    """Draw what else stands in the sidebar and a hall needs: the other pages, the code for phones, the way out."""
    with st.popover("Pages", type="tertiary", key="hall_pages"):
        for path, label in MENU:
            page_link(path, label)
    invitation.button()
    present.switch()


def page_link(path: str, label: str, carried: Mapping[str, str] | None = None) -> None:
    """Draw the link to a page, which takes `carried` along.

    That to a page of one head names the head that it opens on: set by the page itself, it would be one more step back for the
    browser.
    """
    entry, taken = registry().get(controls.value("model")), dict(carried or {})
    if path in (HEADS, MECHANICS) and entry is not None:
        taken |= {name: str(at) for name, at in _opening(entry).items()}
    st.page_link(_page(path), label=label, query_params=taken or None)


@lru_cache(maxsize=len(MENU))
def _page(path: str) -> StreamlitPage:
    """Return what Streamlit knows of a page: it looks a path up on the disk, folder by folder, at every link."""
    return st.Page(path, default=path == "app.py")


def open_head(page: Page) -> None:
    """Open a head that has something to show, where neither the reader nor a link has chosen one."""
    opening = _opening(page.entry)
    if opening:
        controls.change(**opening)


def _opening(entry: ModelEntry) -> dict[str, int]:
    """Return layer and head that are worth seeing first; nothing where they are chosen, or where none is known."""
    if entry.opening is None or "layer" in st.session_state or "head" in st.session_state:
        return {}
    return dict(zip(("layer", "head"), entry.opening, strict=True))


def _shared_controls(above: DeltaGenerator) -> Page:
    entry = model_picker.pick(above)
    control = CONTROLS["text"]
    fits = controls.fits_link(controls.value("text"))
    controls.hold("text", controls.value("text"))
    text = st.text_area(
        control.label,
        controls.value("text"),
        key="text",
        persist_state="session",
        on_change=controls.changed,
        height=120,
        help=control.help,
    )
    if not fits:
        st.caption("This text is too long for a link: it stays in this session.")
    if not text.strip():
        st.button(
            "The example sentences",
            key="example_sentences",
            on_click=controls.change,
            kwargs={"text": control.default, "sentence": 0},
            icon=":material/undo:",
            type="tertiary",
        )
    _sentences_from_file()
    own = lesson.own()
    if own:
        st.button(
            "My own sentences",
            key="own_sentences",
            on_click=controls.change,
            kwargs={**own, "sentence": 0},
            help="Brings back the sentences and the model from before the lesson.",
            icon=":material/undo:",
            type="tertiary",
        )
    return Page(entry=entry, text=text)


def _sentences_from_file() -> None:
    """Draw the choice of a file whose sentences take the place of the typed ones, and what of it did not fit."""
    popover = st.popover(
        "From a file", icon=":material/upload_file:", key="from_file", width="stretch", on_change="rerun"
    )
    if popover.open:
        popover.file_uploader(
            "One sentence a line (.txt), or in column one (.csv)", type=list(KINDS), key="file", on_change=_take_file
        )
    said = st.session_state.get("_file_said", ("", ""))
    if said[0] and said[1] == st.session_state["text"]:
        st.warning(literal(said[0]))


def _take_file() -> None:
    """Put the sentences of the chosen file into the box. A callback."""
    file = st.session_state["file"]
    if file is None:
        return
    try:
        found = sentences_of(file.name, file.getvalue())
    except InputError as error:
        st.session_state["_file_said"] = (str(error), controls.value("text"))
        return
    controls.change(text="\n".join(found.texts), sentence=0)
    st.session_state["_file_said"] = (found.left_out, controls.value("text"))


@contextmanager
def in_turn(page: Page) -> Iterator[None]:
    """Draw the block, which needs the model, when it is its turn; nobody else waits while the model is loaded."""
    with suppress(ReaderError):  # the page says it where it needs the model
        page.loaded()
    with cache.drawing():
        yield


def palette() -> Palette:
    """Return the colours that suit the theme of the reader's browser, and the sizes that suit its place."""
    return present.palette("dark" if st.context.theme.type == "dark" else "light")


@contextmanager
def reader_errors() -> Iterator[None]:
    """Show what the reader can put right as one sentence; anything else is a fault, which Streamlit says and logs."""
    try:
        yield
    except ReaderError as error:
        st.error(literal(str(error)))
