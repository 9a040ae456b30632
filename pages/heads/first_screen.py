"""The parts of the Heads page: what is chosen, the map of all heads, the open head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from formatting import percent
from model_utils.limits import MAX_ATTENTION_MB
from model_utils.tokens.batch import BatchKey, sentence_label
from model_utils.tokens.glyphs import visible
from pages.common import controls, frame, mask_state
from pages.common import downloads as common_downloads
from pages.common.caches import cache_shared
from pages.common.components.plot import plot
from pages.common.hall import present
from pages.common.notes import thinned_names, unseen_tokens
from pages.heads import cache, downloads

if TYPE_CHECKING:
    from model_utils.heads.measures import Habits
    from model_utils.heads.thumbnails import Thumbnails
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.forward import AttentionMaps
    from model_utils.tokens.batch import TokenBatch
    from viz.base.figure import Figure
    from viz.base.theme import Palette

# Characters of the sentence shown beside its number, three lines there, and of these for its end.
LONGEST_TEXT, LONGEST_END = 90, 25

# Characters of a sentence that the choice itself shows.
FITS = 30

# On a phone the large head keeps this width, in px, and scrolls: narrower, its numbers would overlap. Five of the eight
# columns of the first text are whole on a screen of 390.
NARROWEST = 540


@dataclass(frozen=True, kw_only=True)
class HeadSelection:
    """What the page shows: one sentence of a padded batch in one model; `rule` is what is in force on Masks."""

    page: frame.Page
    batch: TokenBatch
    sentence: int
    rule: MaskSpec

    @property
    def spec(self) -> MaskSpec:
        """Return the rule that the model runs under: that of Masks, unless the reader wants to see it without."""
        return self.rule if controls.value("under") == "on" else type(self.rule)()

    @property
    def key(self) -> BatchKey:
        """Return what the batch is made from."""
        return BatchKey(self.page.model, self.batch.texts, self.batch.side, self.batch.pad_id)

    @property
    def source(self) -> tuple[BatchKey, int, MaskSpec]:
        """Return what the caches take."""
        return self.key, self.sentence, self.spec

    @property
    def maps(self) -> AttentionMaps:
        """Return the weights of every head."""
        return cache.attention(*self.source)

    @property
    def all_heads(self) -> tuple[Thumbnails, Habits | None]:
        """Return the picture of all heads and their habits."""
        return cache.all_heads(*self.source)

    @property
    def head(self) -> tuple[int, int]:
        """Return (layer, head) of the open head; where the model has no such one, the first stands in."""
        layer, head = controls.value("layer"), controls.value("head")
        return (layer if layer < self.page.entry.layers else 0), (head if head < self.page.entry.heads else 0)


def selected(page: frame.Page) -> HeadSelection:
    """Return what to show, by what is chosen; the choices themselves are drawn after it."""
    batch = page.batch("right" if controls.value("side") == "right" else "left")
    controls.bound("sentence", len(batch.texts) - 1)
    sentence = int(controls.value("sentence"))
    mask_state.sync_hand_mask(batch.texts[sentence])
    return HeadSelection(page=page, batch=batch, sentence=sentence, rule=mask_state.safe_spec(batch).in_effect())


def choose_sentence(selection: HeadSelection) -> None:
    """Draw the choices of sentence, padding side, row, and, where Masks has a rule in force, whether it holds here."""
    batch, sentence = selection.batch, selection.sentence
    controls.item("sentence", [sentence_label(text) for text in batch.texts])
    side, row = st.columns(2)
    with side:
        mask_state.choose_side(batch)
    with row:
        controls.item("query", [token.label for token in batch.tokens[sentence]])
    box = mask_state.in_force(selection.rule, batch)
    if box is not None:
        with box:
            controls.choice("under", show_label=False)
    if len(batch.texts[sentence]) > FITS:
        st.text(_shown(batch.texts[sentence]))
    unseen_tokens.badges(selection.page.model, batch, sentence)


def _shown(text: str) -> str:
    """Return a sentence as one short line: spaces at its ends and line breaks seen, words in the middle left out if long."""
    bare = text.strip(" ")
    head, tail = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    line = visible(head) + bare.replace("\n", "⏎") + visible(tail if bare else "")
    if len(line) <= LONGEST_TEXT:
        return line
    start, *_ = line[: LONGEST_TEXT - LONGEST_END - 1].rsplit(" ", 1)
    return f"{start} {sentence_label(line, LONGEST_END)}"


def choose_head(selection: HeadSelection) -> None:
    """Draw the numbers of layer and head, and the steps to the heads beside them."""
    layers, heads = selection.page.entry.layers, selection.page.entry.heads
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="choose_head"):
        controls.number("layer", high=layers - 1, bare=True)
        controls.number("head", high=heads - 1, bare=True)
        st.button(
            "Previous",
            key="head_before",
            on_click=_step,
            args=(-1, layers, heads),
            shortcut="P",
            disabled=controls.waits(),
        )
        st.button(
            "Next", key="head_after", on_click=_step, args=(1, layers, heads), shortcut="N", disabled=controls.waits()
        )


def _step(by: int, layers: int, heads: int) -> None:
    at = (controls.value("layer") * heads + controls.value("head") + by) % (layers * heads)
    open_head(*divmod(at, heads))


def open_head(layer: int, head: int) -> None:
    """Choose a head, in a widget's callback."""
    controls.change(layer=layer, head=head)


def draw_map(selection: HeadSelection) -> None:
    """Draw all heads as one picture; a click opens a head."""
    layers, heads = selection.maps.weights.shape[:2]
    plot(
        _map_figure(selection),
        "overview",
        least=0,
        grows=True,
        on_click=open_head,
        alt=f"All {layers * heads} heads as small pictures, layers down, heads across; a frame marks the open one.",
    )
    _habit_links(selection)


def _habit_links(selection: HeadSelection) -> None:
    """Draw one click each to the heads that have one habit most of the time on this text, which the map frames."""
    from model_utils.heads.measures import PLACES, counted_in_words

    habits = selection.all_heads[1]
    with st.container(gap=None, key="telling_heads"):
        telling = habits.telling() if habits else {}
        if not habits or not telling:
            st.caption("Click a head to open it.")
            return
        st.caption(
            "Click a head. Framed: the top head for",
            help="The head that gives it more of its attention weight than any other head does, averaged over "
            f"{counted_in_words(habits.from_row)}.",
        )
        for habit, (at_layer, at_head, share) in telling.items():
            st.button(
                f"{PLACES[habit]}: layer {at_layer}, head {at_head} ({percent(share)})",
                key=f"telling_{habit}",
                type="tertiary",
                on_click=open_head,
                args=(at_layer, at_head),
            )


def _map_figure(selection: HeadSelection) -> Figure:
    """Return all heads as one picture."""
    palette = frame.palette()
    return cache_shared.figure(
        ("overview", *selection.source, selection.head, palette),
        lambda: _draw_map(selection, palette),
    )


def _draw_map(selection: HeadSelection, palette: Palette) -> Figure:
    from model_utils.heads.measures import PLACES
    from model_utils.heads.thumbnails import WEIGHT_CODE
    from model_utils.masks.mask import CAUSES
    from viz.heads.overview import overview

    thumbnails, habits = selection.all_heads
    layers, heads = selection.maps.weights.shape[:2]
    facts = [["one token" for _ in range(heads)] for _ in range(layers)]
    if habits is not None:
        found = [[habits.main(layer, head) for head in range(heads)] for layer in range(layers)]
        facts = [[f"{percent(share)} from\n{PLACES[habit]}" for habit, share in row] for row in found]
    return overview(
        thumbnails.picture,
        pitch=thumbnails.pitch,
        gap=thumbnails.gap,
        weight_code=WEIGHT_CODE,
        causes=CAUSES,
        facts=facts,
        opened=selection.head,
        marked=[at[:2] for at in habits.telling().values()] if habits else [],
        palette=palette,
    )


def draw_head(selection: HeadSelection) -> None:
    """Draw what one row of the open head says, and the head."""
    if not present.on():  # then it stands on the figure
        st.text(_sentence(selection))
    last = selection.batch.last(selection.sentence)
    plot(
        _head_figure(selection),
        "head",
        least=NARROWEST,
        grows=True,
        on_click=lambda row, column: _clicked(selection, row, column),
        opens="columns" if last == selection.batch.size[1] - 1 else "start",  # where the words are, on a phone
        alt="Attention weights of layer {}, head {}: rows read columns.".format(*selection.head),
    )


def _clicked(selection: HeadSelection, row: int, column: int) -> None:
    """Choose the row and the column of a clicked cell; pads are not to be chosen."""
    first, count = selection.batch.first(selection.sentence), len(selection.batch.tokens[selection.sentence])
    query, key = row - first, column - first
    if 0 <= query < count and 0 <= key < count:
        controls.change(query=query, key=key)


def draw_below(selection: HeadSelection) -> None:
    """Draw what the open head does in all rows, what can be taken home, and what holds for every head of this sentence."""
    batch, labels = selection.batch, selection.batch.labels(selection.sentence)
    thinned_names.say(labels)
    _say_what_it_does(selection)
    common_downloads.bar(
        "heads",
        numbers=lambda: downloads.numbers(selection.maps, labels, *selection.head),
        code=lambda: downloads.code(selection.page.entry, batch, selection.sentence, selection.spec, *selection.head),
    )
    downloads.button(selection.maps, labels, title=_shown(batch.texts[selection.sentence]), model=selection.page.model)
    if len(labels) > len(batch.tokens[selection.sentence]):
        st.caption(
            "The model computes the rows of pads too, but no prediction is read there: their numbers mean nothing."
        )
    size = cache.attention_size(selection.key)
    if size > MAX_ATTENTION_MB:
        st.caption(
            f"The attention of all {batch.size[0]} sentences would take {size:,.0f} MB, and {MAX_ATTENTION_MB} MB are "
            "the most in one pass: each sentence is computed when it is opened."
        )


def _head_figure(selection: HeadSelection) -> Figure:
    """Return the open head, its chosen row framed; tokens that are bytes of one character stand under a bracket."""
    title, palette = _title(selection) if present.on() else "", frame.palette()
    return cache_shared.figure(
        ("head", *selection.source, selection.head, _row(selection), title, palette),
        lambda: _draw_head(selection, title, palette),
    )


def _draw_head(selection: HeadSelection, title: str, palette: Palette) -> Figure:
    from model_utils.tokens.padding import brackets
    from viz.heads.head import head

    (layer, at), maps, batch, sentence = selection.head, selection.maps, selection.batch, selection.sentence
    return head(
        maps.weights[layer, at],
        labels=batch.labels(sentence),
        causes=maps.causes,
        palette=palette,
        last=batch.last(sentence),
        chosen=_row(selection),
        pieces=[(found.first, found.last, found.character) for found in brackets(batch) if found.row == sentence],
        name=f"layer {layer}<br>head {at}",
        title=title,
    )


def _row(selection: HeadSelection) -> int:
    """Return the row of the chosen token in the padded batch."""
    query = int(controls.value("query")) % len(selection.batch.tokens[selection.sentence])
    return selection.batch.first(selection.sentence) + query


def _most(selection: HeadSelection, at: int) -> tuple[str, str]:
    """Return the largest share of row `at` of the open head, and from where it comes."""
    row = np.where(selection.maps.cause[at] > 0, 0, selection.maps.weights[selection.head][at])  # (K,)
    key = int(row.argmax())
    source = "itself" if key == at else f"“{selection.batch.labels(selection.sentence)[key]}”"
    return percent(row[key]), source


def _title(selection: HeadSelection) -> str:
    """Return which head is open and what its row says, as two lines for the figure itself."""
    from viz.base.text import escape

    at = _row(selection)
    name, label = "<b>Layer {}, head {}</b>".format(*selection.head), selection.batch.labels(selection.sentence)[at]
    if (selection.maps.cause[at] > 0).all():
        return f"{name}<br>“{escape(label)}” may read nothing here"
    share, source = _most(selection, at)
    return f"{name}<br>“{escape(label)}” reads {share} from {escape(source)}"


def _say_what_it_does(selection: HeadSelection) -> None:
    """Write what the open head does in all rows, and what its colours and weights mean."""
    from model_utils.heads.measures import caption

    found = cache.measures(*selection.source)
    if found is not None:
        st.text(caption(found, *selection.head))
        st.caption(
            "Colour follows the square root of the weight, so that small ones can be seen. A weight is not a reason: to test "
            "one, hide its token on Masks."
        )


def _sentence(selection: HeadSelection) -> str:
    """Return what the open head's row of the chosen token says, as one sentence."""
    labels, at = selection.batch.labels(selection.sentence), _row(selection)
    if (selection.maps.cause[at] > 0).all():
        return f"“{labels[at]}” may read nothing here: its row means nothing."
    share, source = _most(selection, at)
    return f"{share} of what “{labels[at]}” reads in this head comes from {source}."
