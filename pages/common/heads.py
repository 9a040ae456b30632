"""The parts of the Heads page: what is chosen, the map of all heads, the open head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from model_utils.labels import visible
from model_utils.limits import MAX_ATTENTION_MB
from pages.common import cache, controls, frame, take_home
from pages.common.components.scroll import scroll_frame

if TYPE_CHECKING:
    from model_utils.attention import AttentionMaps
    from model_utils.heads import Habits, Thumbnails
    from model_utils.tokens import TokenBatch

# Where a head with this habit takes most of its mix from.
SOURCES = {"previous": "the token before", "first": "the first token", "itself": "the token itself"}


# Characters of the sentence shown beside its number: three lines there.
LONGEST_TEXT = 90

# On a phone the large head keeps this width, in px, and scrolls: narrower, its numbers would overlap.
NARROWEST = 560


@dataclass(frozen=True, kw_only=True)
class View:
    """What the page shows: one sentence of a padded batch in one model, under the causal and the padding mask."""

    page: frame.Page
    batch: TokenBatch
    sentence: int

    @cached_property
    def maps(self) -> AttentionMaps:
        """Return the weights of every head."""
        return cache.attention(self.page.model, self.batch.texts, self.batch.side, self.sentence)

    @cached_property
    def all_heads(self) -> tuple[Thumbnails, Habits | None]:
        """Return the picture of all heads and their habits."""
        return cache.all_heads(self.page.model, self.batch.texts, self.batch.side, self.sentence)

    @property
    def head(self) -> tuple[int, int]:
        """Return (layer, head) of the open head."""
        return st.session_state["layer"], st.session_state["head"]


def choose_sentence(page: frame.Page) -> View:
    """Draw the choice of sentence and padding side, and return what to show."""
    side = st.session_state.get("side", controls.CONTROLS["side"].default)
    batch = page.batch(side)
    number, choice = st.columns([1, 1.4], vertical_alignment="bottom")
    with number:
        sentence = controls.number("sentence", high=batch.size[0] - 1)
    with choice:
        side = controls.choice("side", controls.CONTROLS["side"].options)
    if side != batch.side:
        batch = page.batch(side)
    view = View(page=page, batch=batch, sentence=sentence)
    st.text(_shown(batch.texts[sentence]))
    return view


def _shown(text: str) -> str:
    """Return a sentence as one short line: spaces at its ends and line breaks seen, the middle left out where it is long."""
    bare = text.strip(" ")
    head, tail = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    line = visible(head) + bare.replace("\n", "⏎") + visible(tail if bare else "")
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 25]} … {line[-20:]}"


def choose_head(view: View) -> None:
    """Draw the numbers of layer and head, and one click each to the heads with the strongest habits on this text."""
    loaded = view.page.loaded()
    layer, head = st.columns(2)
    with layer:
        controls.number("layer", high=loaded.layers - 1)
    with head:
        controls.number("head", high=loaded.heads - 1)
    habits = view.all_heads[1]
    if habits is None:
        return
    st.caption("Most of the mix, on this text, from")
    with st.container(gap="xxsmall"):
        for habit, source in SOURCES.items():
            at_layer, at_head, share = habits.strongest(habit)
            st.button(
                f"{source}: layer {at_layer}, head {at_head} ({share:.0%})",
                key=f"telling_{habit}",
                help="The share is the average over the rows of this sentence.",
                type="secondary" if view.head == (at_layer, at_head) else "tertiary",
                on_click=_open,
                args=(at_layer, at_head),
            )


def _step(by: int, layers: int, heads: int) -> None:
    at = (st.session_state["layer"] * heads + st.session_state["head"] + by) % (layers * heads)
    _open(*divmod(at, heads))


def _open(layer: int, head: int) -> None:
    st.session_state["layer"], st.session_state["head"] = layer, head


def _open_clicked() -> None:
    """Open the head whose tile was clicked; a click that only clears the selection opens nothing."""
    points = st.session_state["fig_overview"].selection.points
    if points:
        _open(*points[0]["customdata"])


def draw_map(view: View) -> None:
    """Draw all heads as one picture; a click opens a head."""
    from model_utils.heads import HABITS, WEIGHT_CODE
    from model_utils.masks import CAUSES
    from viz.heads import overview

    thumbnails, habits = view.all_heads
    layers, heads = view.maps.weights.shape[:2]
    facts = [["one token, one cell" for _ in range(heads)] for _ in range(layers)]
    if habits is not None:
        found = [[habits.main(layer, head) for head in range(heads)] for layer in range(layers)]
        facts = [
            [f"{share:.0%} of its mix from {SOURCES[habit]}, on this text" for habit, share in row] for row in found
        ]
    figure = overview(
        thumbnails.picture,
        pitch=thumbnails.pitch,
        gap=thumbnails.gap,
        weight_code=WEIGHT_CODE,
        causes=CAUSES,
        facts=facts,
        opened=view.head,
        telling=[habits.strongest(habit)[:2] for habit in HABITS] if habits else [],
        palette=frame.palette(),
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="fig_overview",
        width="content",
        on_select=_open_clicked,
        selection_mode="points",
        config=take_home.chart_config("heads"),
        alt=f"All {layers * heads} heads as small pictures; layer {view.head[0]}, head {view.head[1]} is open.",
    )
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Click, or", width="content")
        st.button("‹", key="head_before", on_click=_step, args=(-1, layers, heads), shortcut="PageUp")
        st.button("›", key="head_after", on_click=_step, args=(1, layers, heads), shortcut="PageDown")


def draw_head(view: View) -> None:
    """Draw the open head, what its last row says, and what can be taken home."""
    from viz.heads import head as head_figure

    layer, head = view.head
    batch, sentence = view.batch, view.sentence
    labels, last = batch.labels(sentence), batch.last(sentence)
    figure = head_figure(
        view.maps.weights[layer, head],
        labels=labels,
        causes=view.maps.causes,
        palette=frame.palette(),
        last=last,
        pieces=_pieces(batch, sentence),
    )
    with scroll_frame("head", NARROWEST):
        st.plotly_chart(
            figure,
            theme=None,
            key="fig_head",
            width="content",
            config=take_home.chart_config(f"layer-{layer}-head-{head}"),
            alt=f"Attention weights of layer {layer}, head {head}: rows read columns.",
        )
    st.text(_sentence(view))
    if (view.maps.cause > 0).all(-1).any():
        st.caption("The model computes a row for a pad too, but all of it is blocked, so its numbers mean nothing.")
    take_home.bar("heads", numbers=lambda: _numbers(view, layer, head), code=_code(view, layer, head))
    size = cache.attention_size(view.page.model, batch.texts, batch.side)
    if size > MAX_ATTENTION_MB:
        st.caption(
            f"The attention of all {batch.size[0]} sentences would take {size:,.0f} MB, and {MAX_ATTENTION_MB} MB are the "
            "most in one pass: each sentence is computed when it is opened."
        )


def _sentence(view: View) -> str:
    """Return what the open head's last row says, as one sentence."""
    labels, last = view.batch.labels(view.sentence), view.batch.last(view.sentence)
    row = view.maps.weights[view.head][last]  # (K,)
    key = int(row.argmax())
    source = "itself" if key == last else f"“{labels[key]}”"
    return f"Reading “{labels[last]}”, this head takes {row[key]:.0%} of its mix from {source}: a recipe, not a reason."


def _pieces(batch: TokenBatch, sentence: int) -> list[tuple[int, int, str]]:
    """Return (first column, last column, character) of the tokens that are bytes of one character."""
    first, found = batch.first(sentence), []
    for column, token in enumerate(batch.tokens[sentence], start=first):
        if not token.whole:
            continue
        if found and found[-1][1] == column - 1 and found[-1][3] == token.start:
            found[-1] = (found[-1][0], column, token.whole, token.start)
        else:
            found.append((column, column, token.whole, token.start))
    return [piece[:3] for piece in found]


def _numbers(view: View, layer: int, head: int) -> pd.DataFrame:
    """Return the open head's cells, one per row: query, key, weight, and why a blocked one is blocked."""
    from model_utils.heads import table

    return table(view.maps, view.batch.labels(view.sentence), layer, head)


def _code(view: View, layer: int, head: int) -> str:
    from model_utils.recipes import heads_code

    batch = view.batch
    return heads_code(view.page.entry, batch.texts, side=batch.side, sentence=view.sentence, layer=layer, head=head)
