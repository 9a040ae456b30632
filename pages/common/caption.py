"""What stands below a picture that a reader saves: what it shows, of which text, in which model, and what was set."""

from __future__ import annotations

from collections.abc import Sequence

from model_utils.errors import InputError
from model_utils.generate.filters.filter_settings import SETTINGS, SamplingSettings
from model_utils.tokens.batch import BatchKey, split_sentences
from pages.common import cache, mask_state
from pages.common.controls import value
from pages.common.lesson import lesson
from pages.common.link_parameters import CONTROLS

# Characters of a text that a caption quotes.
QUOTED = 200

# What on Masks changes who may read whom; as they are by default, the model's own mask is in force.
RULE = ("pattern", "padding", "weights", "cells")


def caption(alt: str, text: str | None = None) -> list[str]:
    """Return the lines below a saved picture; `text` is what it is of, left out the sentence that is chosen."""
    page = lesson.page_in_view()
    texts = [] if text is not None else _texts()
    chosen = text if text is not None else (texts[value("sentence") % len(texts)] if texts else "")
    quoted = f"“{_short(chosen)}”"
    if len(texts) > 1 and page == "Tokens":
        quoted = f"{len(texts)} sentences, the first “{_short(texts[0])}”"
    found = [alt if alt.endswith(".") else f"{alt}.", f"{quoted}, model {value('model')}."]
    if blocked := _in_force(page, texts):
        found.append(f"Beside later tokens and padding: {blocked}.")
    if settings := _settings(page):
        found.append(f"{settings}.")
    return found


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
    from model_utils.masks.explain import rule_in_words

    batch = cache.token_batch(BatchKey(value("model"), tuple(texts), value("side")))
    try:
        spec = mask_state.mask_spec(batch).in_effect()
    except (InputError, IndexError):  # the page says it
        return ""
    parts = rule_in_words(spec, batch.tokens[spec.sentence])
    return "; ".join(parts if spec.padding else [*parts, "the padding may be read"])


def _settings(page: str) -> str:
    """Return the settings of Generate, or the rows of Compare as they are written there."""
    if page == "Compare":
        return f"Settings {value('settings')}, seed {value('seed')}"
    if page != "Generate":
        return ""
    from model_utils.compare.settings import SettingsRow, name

    try:
        row = SettingsRow(settings=SamplingSettings(**{one: value(one) for one in SETTINGS}))
    except InputError:  # the page says it
        return ""
    if value("num_beams") > 1:
        return f"Beam search, {value('num_beams')} beams, length penalty {value('length_penalty'):g}"
    said = name(row)
    return f"{said[0].upper()}{said[1:]}" + ("" if row.settings.greedy else f", seed {row.settings.seed}")
