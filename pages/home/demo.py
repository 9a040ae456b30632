"""The home page's parts: the demo that hides words of one sentence, and the links to the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.errors import InputError
from model_utils.masks.link import format_weights
from model_utils.tokens.batch import BatchKey, sentence_label, split_sentences
from model_utils.tokens.glyphs import spoken
from pages.common import controls, figures, frame, mask_state
from pages.common.caches import cache, cache_shared, cache_words
from pages.common.components.plot import plot
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.lesson import cover
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.common.notes import change, ending_space

if TYPE_CHECKING:
    from model_utils.tokens.words import Word

SENTENCE = "They shook their"

# What each page of the menu shows: one short line each, all on the first screen, in words that need no explanation.
SHOWS = {
    "Tokens": "sentences as rows of numbers",
    "Masks": "hide words from the model",
    "Heads": "which word reads which",
    "Mechanics": "attention, step by step",
    "Generate": "how each word is drawn",
    "Compare": "one prompt, several settings",
    "Lessons": "two lessons for a class",
}
_EXAMPLE = " The sentence is an example: for your own, edit Sentences in the sidebar."
CARRIED = ("Masks", "Heads", "Mechanics", "Generate")  # pages that know what is hidden

PICTURE = 330  # px of the bars and the sentence below them

# Words that are drawn large: the bars below must stay on the first screen.
LARGE = 16


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the demo works on: one sentence, and which of its tokens are hidden; the reader's `own` one once there is one."""

    text: str
    hidden: frozenset[int]
    own: bool

    @property
    def carried(self) -> dict[str, str]:
        """Return what a link to another page takes along: nothing where the controls hold the sentence already."""
        if self.own or not self.hidden:
            return {}
        return {"text": self.text, "weights": format_weights(dict.fromkeys(self.hidden, 0.0))}


def shown(page: frame.Page) -> Shown:
    """Return the reader's sentence with what is hidden in it, or, until there is one, that of the demo."""
    from model_utils.masks.link import parse_weights

    if page.text == CONTROLS["text"].default:
        return Shown(text=SENTENCE, hidden=st.session_state.setdefault("_demo_hidden", frozenset()), own=False)
    texts = split_sentences(page.text)
    text = texts[min(controls.value("sentence"), len(texts) - 1)]
    page.loaded()
    count = len(cache.token_batch(BatchKey(page.model, (text,))).tokens[0])
    try:
        weights = dict(parse_weights(controls.value("weights"), count))
    except InputError as error:
        st.error(literal(f"{error} Nothing is hidden by hand."))
        weights = {}
    return Shown(text=text, hidden=_of_no_weight(weights), own=True)


def _of_no_weight(weights: Mapping[int, float]) -> frozenset[int]:
    return frozenset(token for token, weight in weights.items() if weight == 0)


def links(carried: Mapping[str, str]) -> None:
    """Draw one link per page of the menu: its name, and what it shows. They take `carried` along."""
    with st.container(key="page_links"):  # frame.css lays them out: columns would be three more messages a link
        for path, name in frame.MENU[1:]:
            with st.container(gap=None):
                frame.page_link(path, f"**{name}** →", carried if name in CARRIED else None)
                st.caption(SHOWS[name])


def draw(page: frame.Page, now: Shown) -> None:
    """Draw the sentence as words that a click hides, and the five likeliest next words, which change."""
    page.loaded()
    st.markdown("**Click a word to hide it, again to show it.**" + ("" if now.own else _EXAMPLE))
    if now.own and len(texts := split_sentences(page.text)) > 1:
        with st.container(width=480):
            controls.item("sentence", [sentence_label(text) for text in texts], show_label=False)
    ending_space.say(now.text)
    words = cache_words.words(page.model, now.text)
    _draw(words, now)
    cover.answer(_next_words, page, words, now)


def _click(words: Sequence[Word], at: int, *, own: bool) -> None:
    """Hide a word, or show it again. A callback."""
    if at >= len(words):
        return
    count = words[-1].tokens[-1] + 1
    hidden = _of_no_weight(mask_state.weights_now(count)) if own else st.session_state["_demo_hidden"]
    tokens = frozenset(words[at].tokens)
    hidden = hidden - tokens if _is_hidden(words[at], hidden) else hidden | tokens
    if own:
        controls.change(weights=format_weights(dict.fromkeys(hidden, 0.0)))
    else:
        st.session_state["_demo_hidden"] = hidden


def _next_words(page: frame.Page, words: Sequence[Word], shown: Shown) -> None:
    """Draw the five likeliest next words with what is hidden, and by how much that changes the prediction."""
    from model_utils.distributions import total_variation

    hidden = shown.hidden
    if all(hidden.issuperset(word.tokens) for word in words):
        with st.container(height=PICTURE, border=False):  # what stands below keeps its place
            st.warning(frame.ALL_HIDDEN)
        return
    before = cache.demo_probabilities(page.model, shown.text, frozenset())
    now = cache.demo_probabilities(page.model, shown.text, hidden)
    palette = frame.palette()
    figure = cache_shared.figure(
        ("demo", page.model, shown.text, hidden, palette),
        lambda: figures.next_words(
            now, lambda token: cache.label(page.model, token), before=before if hidden else None, palette=palette
        ),
    )
    without = " and ".join(f"“{word.label}”" for word in words if _is_hidden(word, hidden))
    alt = "The five likeliest next words" + (f" with {without} hidden." if hidden else ".")
    plot(figure, "demo", alt=alt, of=shown.text)
    st.markdown(_sentence(without, float(total_variation(now, before))))


def _is_hidden(word: Word, hidden: frozenset[int]) -> bool:
    """Return whether a word lacks pieces: Masks can hide single ones."""
    return not hidden.isdisjoint(word.tokens)


def _draw(words: Sequence[Word], now: Shown) -> None:
    """Draw the sentence as words that a click hides."""
    hidden = now.hidden
    tokens = [
        StripToken(
            text=word.label,
            state="hidden" if _is_hidden(word, hidden) else "plain",
            pressed=_is_hidden(word, hidden),
            title="click to show it again" if _is_hidden(word, hidden) else "click to hide it from the model",
            spoken=f"hide {spoken(word.label)}",
        )
        for word in words
    ]
    blank = StripToken(text="?", state="blank", clickable=False, spoken="the next word")
    tokens_strip(
        [*tokens, blank],
        key="demo_words",
        label="Words to hide",
        palette=frame.palette(),
        size="large" if len(tokens) <= LARGE else "text",
        on_click=lambda at: _click(words, at, own=now.own),
    )


def _sentence(without: str, moved: float) -> str:
    """Return what the picture says, in one sentence; `without` are the hidden words, empty where none are."""
    space = "“␣”\N{NO-BREAK SPACE}is a\N{NO-BREAK SPACE}space."
    if not without:
        return f"Hide a word and the prediction changes. {space}"
    return f"{change.sentence(f'Hiding {literal(without)}', moved)} {space}"
