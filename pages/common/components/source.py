"""The scripts and styles of the components here."""

from __future__ import annotations

from pathlib import Path


def source(*names: str) -> str:
    """Return the files `names` of this folder, one after the other, as one text."""
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)
