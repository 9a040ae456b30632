"""The controls of the Generate page, and what they ask for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.generate import explain
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.filters.filter_settings import SETTINGS, SamplingSettings
from model_utils.masks.explain import rule_in_words
from model_utils.masks.patterns import NUMBERS, PATTERNS
from pages.common import controls, frame, mask_state, sampling_controls
from pages.common.controls import value
from pages.common.lesson import lesson
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

# What stands under More though it is set; a filter that is on comes into view.
_HIDDEN = ("order", "pattern", "width", "first", "drop_after", "weights", "cells")


def draw_controls(page: frame.Page) -> DeltaGenerator:
    """Draw the controls with the button Generate, and return the place of the button Stop."""
    sampling_controls.dials()
    with st.container(key="buttons"):
        how, seed, length, more, button, stop = st.columns([4.8, 2.1, 2.1, 2, 2.3, 1.7], vertical_alignment="bottom")
    with how:
        sampling_controls.how()
    with seed:  # kept where a search does without: in another place the button would be on the page twice for a while
        controls.number("seed", disabled=sampling_controls.searching() or sampling_controls.greedy())
    with length:
        controls.number("max_new_tokens")
    with more:
        _more(page)
    button.button("Generate", type=lesson.button_type(), key="generate", width="stretch", on_click=START.click)
    if hidden := [_in_words(name) for name in _HIDDEN if _changed(name)]:
        st.caption(f"Set under More: {', '.join(hidden)}.")
    return stop


def _in_words(name: str) -> str:
    """Return what a control under More is called, and of the order of the filters what it is."""
    if name != "order":
        return CONTROLS[name].label
    with suppress(ReaderError):  # the page shows the error where it makes the request
        return f"{CONTROLS[name].label} ({_settings().order_in_words})"
    return CONTROLS[name].label


def _more(page: frame.Page) -> None:
    """Draw what is off at first: further filters, the order of all, and what a text may read of itself."""
    _keep_hand_mask(page)
    popover = sampling_controls.more()
    if not popover.open:
        return
    with popover:
        sampling_controls.others()
        st.divider()
        st.caption("What the growing text may read of itself")
        controls.choice("pattern")
        for name in PATTERNS[value("pattern")].uses:
            controls.number(name)
        controls.number("drop_after")
        mask_state.hand_fields()
        with st.container(horizontal=True):
            mask_state.undo_buttons()


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
    batch, beams = page.batch(side="left"), BeamSettings(**{name: value(name) for name in sampling_controls.BEAMS})
    settings = _settings()
    return GenerateRequest(
        model=page.model,
        texts=batch.texts,
        # What has no effect does not make another text of this one.
        settings=settings.processors_alone if beams.on else settings,
        beams=beams if beams.on else BeamSettings(),
        max_new_tokens=value("max_new_tokens"),
        policy=_policy(batch),
    )


def _settings() -> SamplingSettings:
    """Return the settings that the controls ask for. Raises ReaderError for what is outside its bounds."""
    return SamplingSettings(**{name: value(name) for name in SETTINGS})


def _policy(batch: TokenBatch) -> MaskPolicy:
    """Return the mask policy that the controls describe; pads are always masked here."""
    from model_utils.generate.mask_policy import MaskPolicy

    spec = replace(mask_state.mask_spec(batch, _sentence(batch.texts)), padding=True)
    # What has no effect does not make another text of this one.
    return MaskPolicy(spec=spec.in_effect(), drop_after=value("drop_after") or None)


START = Starter(state=generate_state, prepare=_keep_hand_mask, make_request=make_request, start=start, resume=resume)


def invitation() -> None:
    """Draw what to do where there is no text yet: a large model is not set to work unasked."""
    st.caption("Press Generate: the model continues each of your prompts, and every step can be looked into.")


def settings_note(run: Generation | BeamRun, request: GenerateRequest | None) -> None:
    """Draw which settings the text on the page was made with, where the controls ask for something else by now."""
    if run.request == request:
        return
    made = run.request
    drawn = made.beams.named if made.beams.on else explain.describe(made.settings)
    bans = [one.named(made.settings) for one in made.settings.processors] if made.beams.on else []
    parts = [drawn, *bans, f"{made.max_new_tokens} new tokens"]
    if request is None:  # what is asked for cannot be made, which the page says
        st.info(literal(f"The texts below were made before, with {', '.join(parts)}."))
        return
    if made.policy != request.policy:
        parts.append("another mask" if not made.policy.plain else "no mask but the causal one")
    if made.model != request.model:
        parts.append(f"model {made.model}")
    if made.texts != request.texts:
        parts.append("other prompts")
    st.info(literal(f"Made with {', '.join(parts)}. Press Generate for the present settings."))


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
                f"Bad words, as tokens: {named}. Of several tokens in a row only the last is banned, behind the others."
            )
        )
    prompts = [[token.id for token in tokens] for tokens in run.batch.tokens]
    found = padded_bans(settings, prompts, run.new_tokens(), run.batch.pad_id)
    if found:
        first = found[0]
        where = ", ".join(str(one.sentence) for one in found)
        st.caption(
            literal(
                f"generate on this padded batch would take pads for text: from step {first.number + 1} on it would also ban "
                f"“{label(first.token_id)}” in prompt {where}. Here each prompt runs as if it were alone."
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
