"""The home page's parts: the demo that hides words of one sentence, and the links to the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from formatting import percent
from model_utils.errors import InputError
from model_utils.masks.link import format_weights
from model_utils.tokens.batch import BatchKey, split_sentences
from model_utils.tokens.glyphs import spoken
from pages.common import controls, frame
from pages.common.caches import cache, cache_shared
from pages.common.components.plot import plot
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.lesson import cover
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.tokens.batch import TokenBatch
    from viz.base.figure import Figure

SENTENCE = "They shook their"

# What each page of the menu answers.
ANSWERS = {
    "Tokens": "Sentences become padded ids and masks. Where is the next word read?",
    "Masks": "Hide a word: what does the model say now? What each kind of mask blocks.",
    "Heads": "Every head at a glance, one large: who reads whom, and what is blocked.",
    "Mechanics": "One row, step by step: score, mask, exponent, weight.",
    "Generate": "Top-k and top-p decide which words may be drawn; chance decides which one is.",
    "Compare": "The same random numbers under several settings: where the texts first differ, and why.",
    "Lessons": "Predict first, then look: two lessons of 45 minutes for a class.",
}
LINKS_ACROSS = 4
CARRIED = ("Masks", "Heads", "Mechanics", "Generate")  # pages that know what is hidden

# Tokens that are drawn large: the bars below must stay on the first screen.
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
        st.error(literal(f"{error} Until then nothing is hidden by hand."))
        weights = {}
    return Shown(text=text, hidden=frozenset(token for token, weight in weights.items() if weight == 0), own=True)


def links(carried: Mapping[str, str]) -> None:
    """Draw one link per page of the menu: its name, and what it answers. They take `carried` along."""
    pages = frame.MENU[1:]
    place = st.container(key="page_links")
    for start in range(0, len(pages), LINKS_ACROSS):
        columns = place.columns(LINKS_ACROSS)
        for column, (path, name) in zip(columns, pages[start : start + LINKS_ACROSS], strict=False):
            with column.container(border=True, height="stretch"):
                frame.page_link(path, f"**{name}** →", carried if name in CARRIED else None)
                st.caption(ANSWERS[name])


def draw(page: frame.Page, now: Shown) -> None:
    """Draw the sentence as words that a click hides, and the five likeliest next words, which change."""
    page.loaded()
    batch = cache.token_batch(BatchKey(page.model, (now.text,)))
    strip = st.empty()
    clicked = _draw(strip, batch, now.hidden)
    if clicked is not None and clicked < len(batch.tokens[0]):
        _hide(now, now.hidden ^ {clicked})
        st.rerun()  # the links take along what is hidden
    cover.answer(_next_words, page, batch, now)
    if not now.own:
        st.caption(
            "The other pages show what stands under “Sentences” in the sidebar: write a sentence of your own there, and this "
            "page shows it too."
        )


def _hide(now: Shown, hidden: frozenset[int]) -> None:
    if now.own:
        controls.change(weights=format_weights(dict.fromkeys(hidden, 0.0)))
    else:
        st.session_state["_demo_hidden"] = hidden


def _next_words(page: frame.Page, batch: TokenBatch, shown: Shown) -> None:
    """Draw the five likeliest next words with what is hidden, and by how much that changes the prediction."""
    from model_utils.distributions import total_variation
    from model_utils.models.next_word import top_tokens
    from viz.base.word_bars import word_bars

    hidden = shown.hidden
    if len(hidden) == len(batch.tokens[0]):
        st.warning(frame.ALL_HIDDEN)
        return
    before = cache.demo_probabilities(page.model, shown.text, frozenset())
    now = cache.demo_probabilities(page.model, shown.text, hidden)
    palette = frame.palette()

    def bars() -> Figure:
        best = _rows(top_tokens(now, 5), top_tokens(before, 1))
        return word_bars(
            [cache.label(page.model, token) for token in best],
            [float(now[token]) for token in best],
            before=[float(before[token]) for token in best] if hidden else None,
            palette=palette,
            height=260,  # leaves room for all links below on a screen of 900
        )

    figure = cache_shared.figure(("demo", page.model, shown.text, hidden, palette), bars)
    without = ", ".join(f"“{batch.tokens[0][place].label}”" for place in sorted(hidden))
    alt = "The five likeliest next words" + (f" with {without} hidden." if hidden else ".")
    plot(figure, "demo", alt=alt, of=shown.text)
    st.markdown(_sentence(batch, hidden, float(total_variation(now, before))))


def _rows(best: NDArray[np.int64], was_best: NDArray[np.int64]) -> list[int]:
    """Return the ids to draw: the best five, the last of them giving way to the former best when that fell out."""
    rows = [int(token) for token in best]
    fallen = [int(token) for token in was_best if int(token) not in rows]
    return rows[: len(rows) - len(fallen)] + fallen


def _draw(strip: st.delta_generator.DeltaGenerator, batch: TokenBatch, hidden: frozenset[int]) -> int | None:
    tokens = [
        StripToken(
            text=token.label.replace("␣", ""),
            state="hidden" if index in hidden else "plain",
            pressed=index in hidden,
            title="click to show it again" if index in hidden else "click to hide it from the model",
            spoken=f"hide {spoken(token.label)}",
        )
        for index, token in enumerate(batch.tokens[0])
    ]
    blank = StripToken(text="?", state="blank", clickable=False, spoken="the next word")
    with strip:
        return tokens_strip(
            [*tokens, blank],
            key="demo_words",
            label="Words to hide",
            palette=frame.palette(),
            size="large" if len(tokens) <= LARGE else "text",
        )


def _sentence(batch: TokenBatch, hidden: frozenset[int], moved: float) -> str:
    """Return what the picture says, in one sentence."""
    if not hidden:
        return "**Click a word to hide it.** A mask removes what the model may read, and the next word changes. “␣” is a space."

    names = " and ".join(f"“{batch.tokens[0][index].label.replace('␣', '')}”" for index in sorted(hidden))
    return (
        f"Hiding {names} **changed the prediction by {percent(moved)}**: so much of the probability is with other words now. "
        "Click again to show."
    )
