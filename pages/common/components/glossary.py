"""Sentences whose terms open the glossary, and the glossary itself: a list that the browser opens without asking the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

import streamlit as st

from pages.common.components.source import source
from pages.common.glossary import TERMS, parts

# Which line of the page links each term: the first that names it.
_LINKED = "_linked_terms"

# Registered once, when the server first imports this.
_GLOSSARY = st.components.v2.component(
    "maskscope_glossary",
    html='<button class="open" aria-haspopup="dialog">Glossary</button>',
    css=source("glossary.css"),
    js=source("glossary.js"),
)
# What components are sent as bytes is not searched for data frames, and not written as JSON twice.
_ALL = json.dumps(TERMS).encode()


def begin() -> None:
    """Forget which terms the page has linked. Call once per run, before anything is drawn."""
    st.session_state[_LINKED] = {}


def glossary() -> None:
    """Draw the button that opens all terms; the terms of `sentence` need it on the page."""
    _GLOSSARY(data=_ALL, key="glossary", width="content")


def sentence(text: str, key: str) -> None:
    """Draw a sentence of the app, in Markdown, as small print; terms that the page names here first open the glossary.

    It is text from the start, not drawn by a script: what comes late pushes the page down.
    """
    linked: Mapping[str, str] = st.session_state.setdefault(_LINKED, {})
    elsewhere = frozenset(term for term, line in linked.items() if line != key)
    found = parts(text, elsewhere)
    st.session_state[_LINKED] = {**linked, **{part.term: key for part in found if part.term}}
    written = (f"[{part.text}](#glossary-{quote(part.term)})" if part.term else part.text for part in found)
    st.caption("".join(written), width="content")
