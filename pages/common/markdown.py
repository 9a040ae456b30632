"""Text of readers in places that Streamlit reads as Markdown."""

from __future__ import annotations

import re

# What starts code, emphasis, a link, a picture, HTML, a formula, an entity, or (a colon before a word or a slash) an icon,
# a colour, an address. CommonMark 0.31, section 2.4: a backslash before any of these makes it literal.
# GitHub's Markdown makes links of bare addresses after that, so that only a sign in between helps: this one is not seen.
_ADDRESS = re.compile(r"(https?:(?=//)|www(?=\.)|@)", re.IGNORECASE)
_UNSEEN = "\u2060"  # word joiner
_SPECIAL = re.compile(r"([\\`*_\[\]<>!$~&]|:(?=[\w/]))")


def literal(text: str) -> str:
    """Return `text` so that Markdown shows it as it is: no link, picture, colour, icon or formula comes of it."""
    return _SPECIAL.sub(r"\\\1", _ADDRESS.sub(rf"\1{_UNSEEN}", " ".join(text.split())))


def plain(text: str) -> str:
    """Return a text of a lesson without the marks of **bold** and `code`, for places that read no Markdown."""
    return re.sub(r"`([^`]+)`", r"\1", re.sub(r"\*\*(.+?)\*\*", r"\1", text))
