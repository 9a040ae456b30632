"""The first screen of the Masks page: the sentence as words that a click hides, and the next word before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from formatting import percent
from model_utils.masks.link import format_weights
from model_utils.masks.mask import MaskSpec
from model_utils.masks.patterns import PATTERNS
from model_utils.tokens.glyphs import spoken
from pages.common import controls, figures, frame, mask_state
from pages.common.caches import cache, cache_shared, cache_words
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.markdown import literal
from pages.common.notes import change
from pages.masks import cache as masks_cache
from pages.masks import tools

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.tokens.batch import BatchKey, TokenBatch
    from model_utils.tokens.words import Word
    from pages.common.frame import Page

    Chances = NDArray[np.float64]

# Above this many words they are drawn at the size of text: the answer below must stay on the first screen.
LARGE_WORDS = 24

# Things in force that are drawn as buttons; the rest is counted, and seen in the sentence above.
MOST_CHIPS = 8

CHANGED = (
    "Against the plain causal mask with nothing hidden. "
    "Total variation: half the sum of all differences between the two probabilities, "
    "0 % (nothing changed) to 100 %."
)
UNCERTAINTY = "Over the whole vocabulary: 1 bit is like choosing between 2 equal tokens, 3 bits among 8."


def sentence_words(page: Page, batch: TokenBatch) -> tuple[Word, ...]:
    """Return the words of the chosen sentence."""
    return cache_words.words(page.model, batch.texts[controls.value("sentence")])


def units(words: Sequence[Word], batch: TokenBatch, sentence: int) -> tuple[Word, ...]:
    """Return what one click hides: words, or their single pieces where the reader wants these."""
    if not st.session_state.get("mask_pieces"):
        return tuple(words)
    tokens = batch.tokens[sentence]
    return tuple(
        replace(words[0], text=token.label, label=token.label, tokens=(index,)) for index, token in enumerate(tokens)
    )


def word_weight(word: Word, spec: MaskSpec) -> float:
    """Return the mask value of a word: the smallest of its pieces."""
    weights = dict(spec.pairs)
    return min(weights.get(token, 1.0) for token in word.tokens)


def strip(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the sentence as clickable words; a click hides a word with all its pieces, or shows it again."""
    shown = units(sentence_words(page, batch), batch, spec.sentence)
    blank = StripToken(text="?", state="blank", clickable=False, spoken="the next word")
    tokens_strip(
        [*(_token(word, spec, batch) for word in shown), blank],
        key="mask_strip",
        label="Words to hide",
        palette=frame.palette(),
        size="large" if len(shown) <= LARGE_WORDS else "text",
        on_click=lambda at: _click(shown, at, len(batch.tokens[spec.sentence])),
    )


def _click(shown: Sequence[Word], at: int, count: int) -> None:
    """Hide a word of a sentence of `count` tokens, or show it again. A callback."""
    if at < len(shown):
        weights, tokens = mask_state.weights_now(count), shown[at].tokens
        visible = min(weights.get(token, 1.0) for token in tokens) == 1
        mask_state.set_weights({**weights, **dict.fromkeys(tokens, 0.0 if visible else 1.0)})


def _token(word: Word, spec: MaskSpec, batch: TokenBatch) -> StripToken:
    """Return how a word looks: struck out when hidden, filled to the height of what it lost when softened."""
    weights = dict(spec.pairs)
    name, weight = word.label, word_weight(word, spec)
    hidden = all(weights.get(token, 1.0) == 0 for token in word.tokens)
    colours = frame.palette()
    lost = f"{100 * (1 - weight):.0f}%"
    softened = f"linear-gradient(to top, {colours.causes['hand'].tint} {lost}, transparent {lost})"
    pieces = [batch.tokens[spec.sentence][token].label for token in word.tokens]
    title = "click to hide it from the model" if weight == 1 else "click to show it again"
    return StripToken(
        text=name,
        state="hidden" if hidden else "plain",
        pressed=hidden,
        note=f"{weight:g}" if weight < 1 and not hidden else "",
        background=softened if weight < 1 and not hidden else "",
        colour=colours.causes["hand"].mark if weight < 1 and not hidden else "",
        title=f"{title}; {len(pieces)} pieces: {' · '.join(pieces)}" if len(pieces) > 1 else title,
        spoken=f"hide {spoken(name)}",
    )


def answer(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the next words before and after, how much that is, and what it means."""
    from model_utils.experiments.ablation import plain, reads_nothing

    if reads_nothing(batch, spec):
        st.warning(frame.ALL_HIDDEN)
        return
    before = masks_cache.next_word(page.key(batch.side), plain(spec))
    after = masks_cache.next_word(page.key(batch.side), spec)
    changed = masks_cache.moved(page.key(batch.side), plain(spec), spec) >= change.EQUAL
    st.markdown(_sentence(page, spec, batch))  # above the bars: on a small screen they end below the fold
    bars, numbers = st.columns([1.7, 1], gap="large")
    with bars:
        _bars(page, spec, batch, before, after, changed=changed)
    with numbers.container(gap="xsmall", key="mask_numbers"):
        _numbers(page.key(batch.side), spec, changed=changed)
        tools.take_home(page, spec, batch, before, after)
    _gap(page, spec, batch)


def _bars(page: Page, spec: MaskSpec, batch: TokenBatch, before: Chances, after: Chances, *, changed: bool) -> None:
    """Draw the five likeliest next words; the former best stays in sight when it fell out."""
    from pages.common.components.plot import plot

    palette = frame.palette()
    figure = cache_shared.figure(
        ("next", page.key(batch.side), spec, changed, palette),
        lambda: figures.next_words(
            after, lambda token: cache.label(page.model, token), before=before if changed else None, palette=palette
        ),
    )
    plot(figure, "next", alt="The five likeliest next words, before and after hiding")


def _numbers(key: BatchKey, spec: MaskSpec, *, changed: bool) -> None:
    """Draw the change as one big number, and the uncertainty before and after."""
    from model_utils.experiments.ablation import plain

    # As shown: who checks how many tokens that is starts from these.
    bits = [round(masks_cache.uncertainty(key, rule), 1) for rule in (plain(spec), spec)]
    equal = [f"{2**bit:,.0f}" if bit > 3 else f"{2**bit:.1f}" for bit in bits]
    if not changed:
        _change(percent(0))
        st.metric("Uncertainty", f"{bits[0]:.1f} bits", help=UNCERTAINTY)
        st.caption(f"Like choosing among about {equal[0]} equal tokens.")
        return
    _change(percent(masks_cache.moved(key, plain(spec), spec)))
    st.metric("Uncertainty, before → after", f"{bits[0]:.1f} → {bits[1]:.1f} bits", help=UNCERTAINTY)
    st.caption(f"Like choosing among about {equal[0]} equal tokens before, {equal[1]} after.")


def _change(share: str) -> None:
    """Draw the one big number: how much of the model's probabilities moved."""
    st.html(Path(__file__).with_name("masks.css"))
    with st.container(key="mask_change"):
        st.metric("The prediction changed by", share, help=CHANGED)


def _sentence(page: Page, spec: MaskSpec, batch: TokenBatch) -> str:
    """Return what the picture says, in one sentence: everything that is in force against the plain causal mask."""
    causes = _causes(page, spec, batch)
    if not causes:
        return "**Click a word to hide it, and the prediction changes.** “␣” is a space."
    from model_utils.experiments.ablation import plain

    moved = masks_cache.moved(page.key(batch.side), plain(spec), spec)
    together = f"Together, {', '.join(causes)}" if len(causes) > 1 else causes[0][0].upper() + causes[0][1:]
    against = " against the plain causal mask" if len(causes) > 1 else ""
    why = PATTERNS[spec.pattern].unchanged if len(causes) == 1 and spec.pattern != "causal" else change.SAME
    said = [change.sentence(together, moved, against=against, why=why)]
    weights, last = dict(spec.pairs), len(batch.tokens[spec.sentence]) - 1
    if any(0 < weight < 1 for weight in weights.values()):
        said.append(tools.SOFTENED)
    if weights.get(last, 1.0) == 0:
        said.append("The last word’s own row still starts from it: hidden, it is no longer read, but not gone.")
    return " ".join(said)


def _causes(page: Page, spec: MaskSpec, batch: TokenBatch) -> list[str]:
    """Return what is in force beside the causal and the padding mask, a part each."""
    found: list[str] = []
    words = [word for word in sentence_words(page, batch) if word_weight(word, spec) < 1]
    hidden = [word for word in words if word_weight(word, spec) == 0]
    softened = [word for word in words if word not in hidden]
    found.extend(f"{what} {_named(ones)}" for what, ones in (("hiding", hidden), ("softening", softened)) if ones)
    if spec.cells:
        found.append(f"blocking {len(spec.cells)} single {'cell' if len(spec.cells) == 1 else 'cells'}")
    if spec.pattern != "causal":
        found.append(f"the pattern “{PATTERNS[spec.pattern].label}”")
    if not spec.padding and len(batch.texts) > 1:
        found.append("reading the padding")
    return found


def _named(words: Sequence[Word]) -> str:
    names = ", ".join(f"“{literal(word.label)}”" for word in words[:4])
    return f"{names} and {len(words) - 4} more" if len(words) > 4 else names


def in_force(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw each thing that is in force as a button that takes it away; nothing where there is none."""
    pattern = PATTERNS[spec.pattern]
    chips: dict[str, tuple[str, dict[str, Any]]] = {}
    if spec.pattern != "causal":
        numbers = " ".join(str(getattr(spec, name)) for name in pattern.uses)
        chips["pattern"] = (f"{pattern.label} {numbers}".strip(), {"pattern": "causal"})
    if not spec.padding:
        chips["padding"] = ("padding may be read", {"padding": "on"})
    if spec.cells:
        chips["cells"] = (
            f"{len(spec.cells)} {'cell' if len(spec.cells) == 1 else 'cells'} blocked",
            {"cells": ""},
        )
    masked = [
        (number, word, weight)
        for number, word in enumerate(sentence_words(page, batch))
        if (weight := word_weight(word, spec)) < 1
    ]
    fits = MOST_CHIPS - len(chips)
    for number, word, weight in masked[:fits]:
        kept = {token: one for token, one in spec.pairs if token not in word.tokens}
        state = "hidden" if weight == 0 else f"mask value {weight:g}"
        chips[f"word_{number}"] = (f"{literal(word.label)} {state}", {"weights": format_weights(kept)})
    for name, (label, without) in chips.items():
        st.button(
            label,
            key=f"chip_{name}",
            icon=":material/close:",
            icon_position="right",
            help="Take it away.",
            on_click=mask_state.change,
            kwargs=without,
        )
    if len(masked) > fits:
        st.caption(f"and {len(masked) - fits} more: click above", width="content")


def _gap(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the choice between a hole and a closed gap, once something is hidden, and whether the two answers differ here."""
    from model_utils.experiments.ablation import hidden_tokens

    with st.container(key="hole_or_close"):  # empty too: what stands below it keeps its place
        if hidden_tokens(spec):
            chosen = controls.choice("gap")
            st.caption(_gap_sentence(page, spec, batch, chosen))


def _gap_sentence(page: Page, spec: MaskSpec, batch: TokenBatch, chosen: str) -> str:
    """Return whether a hole and a closed gap give the same answer, measured, and why not."""
    from model_utils.distributions import total_variation
    from model_utils.experiments.ablation import hidden_tokens

    hidden = hidden_tokens(spec)
    hole, closed = (masks_cache.next_word(page.key(batch.side), replace(spec, gap=kind)) for kind in ("hole", "close"))
    apart = float(total_variation(hole, closed))
    behind = sum(token not in hidden for token in range(min(hidden) + 1, len(batch.tokens[spec.sentence])))
    later = "1 later token" if behind == 1 else f"{behind} later tokens" if behind else "The row that reads"
    moved = f"{later} moved to lower positions, as if the hidden words were deleted. " if chosen == "close" else ""
    if apart < change.EQUAL:
        return f"✓ {moved}Hole and closed gap give the same answer here."
    return f"{moved}The model also knows a token’s position: hole and closed gap differ by **{percent(apart)}** here."
