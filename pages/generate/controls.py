"""The controls of the Generate page, and what they ask for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.generate import explain
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.filters.filter_settings import FILTERS, PROCESSORS, SETTINGS
from model_utils.generate.filters.one_filter import WordsFilter
from model_utils.masks.explain import rule_in_words
from model_utils.masks.patterns import NUMBERS, PATTERNS
from pages.common import controls, frame, mask_state
from pages.common.controls import value
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.common.runs.runs import Starter
from pages.generate.run import GenerateRequest, resume, start
from pages.generate.state import generate_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from model_utils.generate.mask_policy import MaskPolicy
    from model_utils.tokens.batch import TokenBatch
    from pages.generate.run import BeamRun, Generation

IN_A_ROW = 4  # filters in view because they are on
BEAMS, CHOICES = ("num_beams", "length_penalty", "early_stopping"), ("early_stopping",)
DRAW, SEARCH = "one draw a step", "beam search"
MANY = 4  # beams at first
TEXTUAL = tuple(one.field for one in PROCESSORS)
WORDS = tuple(one.field for one in FILTERS if isinstance(one, WordsFilter))
MAIN, OTHER_FILTERS = ([one.field for one in FILTERS if one.main is main] for main in (True, False))
# What is in view, in the shares of its row; a beam search draws nothing and so has no seed.
DIALS, BEAM_DIALS = dict.fromkeys(MAIN, 1.0), {"num_beams": 1.0, "length_penalty": 1.0, "early_stopping": 1.0}
DRAW_BOXES, BEAM_BOXES = ("seed", "max_new_tokens"), ("max_new_tokens",)
MORE = (*OTHER_FILTERS, "order", "pattern", "width", "first", "drop_after", "weights", "cells")
SLIDER_HIGH = {one.field: one.slider_high for one in FILTERS if one.slider_high is not None}


def draw_controls(page: frame.Page) -> DeltaGenerator:
    """Draw the controls with the button Generate, and return the place of the button Stop."""
    dials, boxes = (BEAM_DIALS, BEAM_BOXES) if _searching() else (DIALS, DRAW_BOXES)
    with st.container(key="dials"):
        for name, place in zip(dials, st.columns(list(dials.values()), gap="medium"), strict=True):
            with place:
                controls.choice(name) if name in CHOICES else _dial(name)
    _those_on()
    with st.container(key="buttons"):
        places = st.columns([4.8, *[2.1] * len(boxes), 2, 2.3, 1.7], vertical_alignment="bottom")
    with places[0]:
        _how()
    for name, place in zip(boxes, places[1:], strict=False):
        with place:
            controls.number(name)
    with places[-3]:
        _more(page)
    places[-2].button("Generate", type="primary", key="generate", width="stretch", on_click=START.click)
    return places[-1]


def _dial(name: str) -> None:
    """Draw a published number as a slider over the usual values, and as a box that takes all."""
    control, box = CONTROLS[name], f"{name}_box"
    slider, typed = st.columns([2.6, 1], vertical_alignment="bottom", gap="small")
    with slider:
        _slider(name)
    st.session_state[box] = value(name)
    typed.number_input(
        f"{control.label}, typed",
        control.low,
        control.high,
        step=control.step,
        key=box,
        on_change=lambda: controls.change(**{name: st.session_state[box]}),
        label_visibility="collapsed",
    )


def _how() -> None:
    """Draw the choice how the next word is chosen: it stands for the number of beams."""
    st.session_state["how"] = SEARCH if _searching() else DRAW
    st.segmented_control(
        "How the next word is chosen",
        [DRAW, SEARCH],
        required=True,
        key="how",
        on_change=_choose_how,
        label_visibility="collapsed",
    )


def _choose_how() -> None:
    controls.change(num_beams=MANY if st.session_state["how"] == SEARCH else 1)


def _searching() -> bool:
    """Return whether the controls ask for a beam search."""
    return bool(value("num_beams") > 1)


def _those_on() -> None:
    """Draw the filters that are in view only while they are on; off, they stand under More."""
    names = [name for name in _used() if _changed(name)]
    if not names:
        return
    with st.container(key="dials_on"):
        for start in range(0, len(names), IN_A_ROW):
            for place, name in zip(st.columns(IN_A_ROW), names[start : start + IN_A_ROW], strict=False):
                with place:
                    _filter(name)


def _filter(name: str) -> None:
    """Draw the control of one filter."""
    if name in WORDS:
        controls.field(name)
    else:
        _slider(name)


def _more(page: frame.Page) -> None:
    """Draw what is off at first: further filters, the order of all, and what a text may read of itself."""
    _keep_hand_mask(page)
    with st.popover("More" + " •" * any(map(_changed, MORE)), key="more_filters", width="stretch"):
        for name in _used():
            if not _changed(name):
                _filter(name)
        if _searching():
            st.caption("A beam search draws nothing: temperature and filters have no effect on it.")
        else:
            controls.field("order")
        st.divider()
        st.caption("What the growing text may read of itself")
        controls.choice("pattern")
        for column, name in zip(st.columns(2), ("width", "first"), strict=True):
            with column:
                controls.number(name)
        controls.number("drop_after")
        mask_state.hand_fields()
        with st.container(horizontal=True):
            mask_state.undo_buttons()


def _used() -> Sequence[str]:
    """Return the filters beside the main ones that have an effect: on beams only what looks at the text so far has."""
    return [name for name in OTHER_FILTERS if name in TEXTUAL] if _searching() else OTHER_FILTERS


def _changed(name: str) -> bool:
    """Return whether a control stands elsewhere than at first and has an effect."""
    return _uses(name) and value(name) != CONTROLS[name].default


def _uses(name: str) -> bool:
    """Return whether the present pattern uses a control; all but the numbers of patterns it does."""
    return name not in NUMBERS or name in PATTERNS[value("pattern")].uses


def _keep_hand_mask(page: frame.Page) -> None:
    """Keep the hand mask of the sentence in view; that of another one is cleared, with undo."""
    from model_utils.tokens.batch import split_sentences

    with suppress(ReaderError):  # the page shows the error where it makes the request
        texts = split_sentences(page.text)
        sentence = _sentence(texts)
        mask_state.sync_hand_mask(texts[sentence], sentence)


def _sentence(texts: Sequence[str]) -> int:
    """Return which of `texts` is in view; a branch is one of the sentence that it continues.

    Branches are of the sentences that the run has: of others that have taken their place, the row is the number.
    """
    run, row = generate_state().run, int(value("sentence"))
    is_branch = run is not None and row < run.count and (tuple(texts) == run.batch.texts or row >= len(texts))
    return min(run.sentence(row) if run is not None and is_branch else row, len(texts) - 1)


def make_request(page: frame.Page) -> GenerateRequest:
    """Return what the controls and the shared sentences ask for. Raises ReaderError for what is outside its bounds."""
    from model_utils.generate.filters.filter_settings import SamplingSettings

    batch, beams = page.batch(side="left"), BeamSettings(**{name: value(name) for name in BEAMS})
    settings = SamplingSettings(**{name: value(name) for name in SETTINGS})
    return GenerateRequest(
        model=page.model,
        texts=batch.texts,
        # What has no effect does not make another text of this one.
        settings=settings.processors_alone if beams.on else settings,
        beams=beams if beams.on else BeamSettings(),
        max_new_tokens=value("max_new_tokens"),
        policy=_policy(batch),
    )


def _policy(batch: TokenBatch) -> MaskPolicy:
    """Return the mask policy that the controls describe; pads are always masked here."""
    from model_utils.generate.mask_policy import MaskPolicy

    spec = replace(mask_state.mask_spec(batch, _sentence(batch.texts)), padding=True)
    # What has no effect does not make another text of this one.
    return MaskPolicy(spec=spec.in_effect(), drop_after=value("drop_after") or None)


START = Starter(state=generate_state, prepare=_keep_hand_mask, make_request=make_request, start=start, resume=resume)


def _slider(name: str) -> None:
    """Draw a published number as a slider, widened for the session when a link asks for more than is usual."""
    high = None
    if name in SLIDER_HIGH:
        key = f"_high_{name}"
        if value(name) > st.session_state.setdefault(key, SLIDER_HIGH[name]):
            st.session_state[key] = CONTROLS[name].high
        high = st.session_state[key]
    controls.number(name, slider=True, high=high)


def invitation() -> None:
    """Draw what to do where there is no text yet: a large model is not set to work unasked."""
    st.caption("Press Generate: the model continues each of your sentences, and every step can be looked into.")


def settings_note(run: Generation | BeamRun, request: GenerateRequest | None) -> None:
    """Draw which settings the text on the page was made with, where the controls ask for something else by now."""
    if request is None or run.request == request:
        return
    made = run.request
    drawn = made.beams.named if made.beams.on else explain.describe(made.settings)
    bans = [one.named(made.settings) for one in made.settings.processors] if made.beams.on else []
    parts = [drawn, *bans, f"{made.max_new_tokens} new tokens"]
    if made.policy != request.policy:
        parts.append("another mask" if not made.policy.plain else "no mask but the causal one")
    if made.model != request.model:
        parts.append(f"model {made.model}")
    if made.texts != request.texts:
        parts.append("other sentences")
    st.info(f"This text was made with {', '.join(parts)}. Press Generate for one with the present settings.")


def processor_note(run: Generation | BeamRun) -> None:
    """Draw which tokens the bad words are, and where `generate` on the padded batch would do otherwise."""
    from model_utils.generate.padded_batch import padded_bans
    from model_utils.generate.text_so_far import banned_tokens

    settings, label = run.request.settings, run.label
    if settings.bad_words:
        banned = banned_tokens(run.loaded.tokenizer, settings.bad_words)
        named = ", ".join(" ".join(label(token) for token in tokens) for tokens in banned)
        st.caption(
            literal(
                f"Banned, as tokens: {named}. Of several tokens in a row only the last is banned, behind the others."
            )
        )
    prompts = [[token.id for token in tokens] for tokens in run.batch.tokens]
    found = padded_bans(settings, prompts, run.new_tokens(), run.batch.pad_id)
    if found:
        first = found[0]
        sentences = ", ".join(str(one.sentence) for one in found)
        st.caption(
            literal(
                f"generate on this padded batch would take pads for words: from step {first.number + 1} on it would also ban "
                f"“{label(first.token_id)}” in sentence {sentences}. Here each sentence runs as if it were alone."
            )
        )


def mask_note(run: Generation | BeamRun) -> None:
    """Draw under which mask the text was made, where it is not the plain causal one."""
    policy = run.request.policy
    if policy.plain:
        return
    parts = rule_in_words(policy.spec, run.batch.tokens[policy.spec.sentence])
    if policy.drop_after is not None:
        parts.append(f"the prompt dropped after {policy.drop_after} new tokens")
    st.info(literal(f"This text reads itself under a mask: {'; '.join(parts)}."), icon=":material/visibility_off:")
