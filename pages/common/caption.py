"""What stands below a picture that a reader saves: what it shows, of which text, in which model, and what was set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from model_utils.errors import InputError
from model_utils.tokens.batch import BatchKey, split_sentences
from pages.common import mask_state
from pages.common.caches import cache
from pages.common.controls import value
from pages.common.lesson import lesson
from pages.common.link_parameters import CONTROLS

# Characters of a text that a caption quotes.
QUOTED = 200

# What on Masks changes who may read whom; as they are by default, the model's own mask is in force.
RULE = ("pattern", "padding", "weights", "cells")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a run was asked for: by the time that its pictures are saved the controls may say something else."""

    texts: Sequence[str]
    models: Sequence[str]
    settings: str
    rule: str = ""


_ORIGIN: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def drawn_from(origin: Origin) -> Iterator[None]:
    """Give the pictures that the block draws the captions of a run."""
    token = _ORIGIN.set(origin)
    try:
        yield
    finally:
        _ORIGIN.reset(token)


def caption(alt: str, text: str | None = None) -> list[str]:
    """Return the lines below a saved picture; `text` is what it is of, left out what its run or the page says."""
    origin = _ORIGIN.get() or _of_page(text)
    first = f"“{_short(origin.texts[0])}”" if origin.texts else ""
    quoted = f"{len(origin.texts)} sentences, the first {first}" if len(origin.texts) > 1 else first
    found = [alt if alt.endswith(".") else f"{alt}.", f"{quoted}, model {' and '.join(origin.models)}."]
    if origin.rule:
        found.append(f"Beside later tokens and padding: {origin.rule}.")
    if origin.settings:
        found.append(f"{origin.settings[0].upper()}{origin.settings[1:]}.")
    return found


def _of_page(text: str | None) -> Origin:
    page, models = lesson.page_in_view(), [value("model")]
    if text is not None:
        return Origin(texts=[text], models=models, settings="")
    texts = _texts()
    chosen = [texts[value("sentence") % len(texts)]] if texts and page != "Tokens" else texts
    return Origin(texts=chosen, models=models, settings="", rule=_in_force(page, texts))


def _texts() -> Sequence[str]:
    try:
        return split_sentences(value("text"))
    except InputError:  # the page says it
        return ()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1]}…"


def _in_force(page: str, texts: Sequence[str]) -> str:
    """Return what is hidden or changed on Masks, in words, where the page runs under it."""
    plain = all(value(name) == CONTROLS[name].default for name in RULE)
    if plain or not texts or page == "Tokens" or (page == "Heads" and value("under") != "on"):
        return ""
    batch = cache.token_batch(BatchKey(value("model"), tuple(texts), value("side")))
    try:
        return mask_state.in_words(mask_state.mask_spec(batch).in_effect(), batch)
    except (InputError, IndexError):  # the page says it
        return ""
