"""The home page's parts: the demo that hides words of one sentence, and the links to the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from formatting import percent
from model_utils.tokens.batch import BatchKey
from model_utils.tokens.glyphs import spoken
from pages.common import cache, cover, frame
from pages.common.components.plot import plot
from pages.common.components.strip import StripToken, tokens_strip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.tokens.batch import TokenBatch

SENTENCE = "He shook his"

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
LINKS_ACROSS = 3


def links() -> None:
    """Draw one link per page of the menu: its name, and what it answers."""
    pages = frame.MENU[1:]
    for start in range(0, len(pages), LINKS_ACROSS):
        columns = st.columns(LINKS_ACROSS, border=True)
        for column, (path, name) in zip(columns, pages[start : start + LINKS_ACROSS], strict=False):
            with column:
                st.page_link(path, label=f"**{name}** →")
                st.caption(ANSWERS[name])


@st.fragment
def draw(page: frame.Page) -> None:
    """Draw the sentence as words that a click hides, and the five likeliest next words, which move."""
    page.loaded()
    hidden: frozenset[int] = st.session_state.setdefault("_demo_hidden", frozenset())
    batch = cache.token_batch(BatchKey(page.model, (SENTENCE,)))
    strip = st.empty()
    clicked = _draw(strip, batch, hidden)
    if clicked is not None and clicked < len(batch.tokens[0]):
        hidden = hidden ^ {clicked}
        st.session_state["_demo_hidden"] = hidden
        st.rerun(scope="fragment")
    cover.answer(_next_words, page, batch, hidden)


def _next_words(page: frame.Page, batch: TokenBatch, hidden: frozenset[int]) -> None:
    """Draw the five likeliest next words with the words `hidden`, and how much that moved."""
    from model_utils.distributions import total_variation
    from model_utils.models.next_word import top_tokens
    from viz.base.word_bars import word_bars

    if len(hidden) == len(batch.tokens[0]):
        st.warning(frame.ALL_HIDDEN)
        return
    before = cache.demo_probabilities(page.model, SENTENCE, frozenset())
    now = cache.demo_probabilities(page.model, SENTENCE, hidden)
    best = _rows(top_tokens(now, 5), top_tokens(before, 1))
    figure = word_bars(
        [cache.label(page.model, token) for token in best],
        [float(now[token]) for token in best],
        before=[float(before[token]) for token in best] if hidden else None,
        palette=frame.palette(),
    )
    plot(figure, "demo", alt="The five likeliest next words")
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
            [*tokens, blank], key="demo_words", label="Words to hide", palette=frame.palette(), size="large"
        )


def _sentence(batch: TokenBatch, hidden: frozenset[int], moved: float) -> str:
    """Return what the picture says, in one sentence."""
    if not hidden:
        return "**Click a word to hide it.** A mask removes what the model may read, and the next word changes."

    names = " and ".join(f"“{batch.tokens[0][index].label.replace('␣', '')}”" for index in sorted(hidden))
    return (
        f"Hiding {names} **changed the prediction by {percent(moved)}**. "
        "A mask removes what a word may read; it never points at what matters."
    )
