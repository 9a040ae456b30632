"""The controls of the Generate page, and what they ask for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.generate import explain
from pages.common import controls, frame, mask_rule, mask_state
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.generate import run as generate_run

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.generate.mask_policy import MaskPolicy
    from model_utils.tokens.batch import TokenBatch

# Where a slider ends unless a link asks for more: nearly all use lies below, and a slider over 50,257 cannot be aimed.
BOXES = ("seed", "max_new_tokens")
MORE = ("min_p", "order", "pattern", "width", "first", "drop_after", "weights", "cells")
USUAL = {"temperature": 2.0, "top_k": 200}


def draw_controls(page: frame.Page) -> tuple[dict[str, Any], DeltaGenerator, DeltaGenerator]:
    """Draw the controls and return what they say, by name, and the places of the buttons Generate and Stop."""
    with st.container(key="dials"):
        places = st.columns([2.8, 2.8, 2.8, 2.1, 2.1, 2.3, 2.6, 1.9], vertical_alignment="bottom")
    said = {}
    for name, place in zip(("temperature", "top_k", "top_p", "seed", "max_new_tokens"), places, strict=False):
        with place:
            said[name] = controls.number(name) if name in BOXES else _slider(name)
    with places[-3]:
        said |= _more(page)
    return said, places[-2], places[-1]


def _more(page: frame.Page) -> dict[str, Any]:
    """Draw what is off at first: min-p, the order of the filters, and what a text may read of itself."""
    _settle(page)
    order = CONTROLS["order"]
    with st.popover("More" + " •" * any(map(_changed, MORE)), key="more_filters", width="stretch"):
        said = {
            "min_p": controls.number("min_p", slider=True),
            "order": st.selectbox(
                order.label,
                order.options,
                key="order",
                help=_in_words(),
                persist_state="session",
                on_change=controls.publish,
            ),
        }
        st.divider()
        st.caption("What the growing text may read of itself")
        controls.choice("pattern", CONTROLS["pattern"].options)
        for column, name in zip(st.columns(2), ("width", "first"), strict=True):
            with column:
                controls.number(name)
        controls.number("drop_after")
        mask_state.hand_fields()
        with st.container(horizontal=True):
            mask_state.undo_buttons()
    return said


def _changed(name: str) -> bool:
    """Return whether a control stands elsewhere than at first and has an effect."""
    return _uses(name) and controls.value(name) != CONTROLS[name].default


def _uses(name: str) -> bool:
    """Return whether the present pattern uses a control; all but its two widths it does."""
    return name not in mask_rule.USED_BY or controls.value("pattern") in mask_rule.USED_BY[name]


def _settle(page: frame.Page) -> None:
    """Clear the hand mask of another sentence than the one in view, with undo."""
    from model_utils.tokens.batch import split_sentences

    with suppress(ReaderError):  # the page says it where it asks for the batch
        texts = split_sentences(page.text)
        sentence = min(_sentence(), len(texts) - 1)
        mask_state.settle(texts[sentence], sentence)


def _sentence() -> int:
    """Return the sentence in view; a branch is one of the sentence that it continues."""
    run, row = generate_run.current(), int(controls.value("sentence"))
    return row if run is None or row >= run.count else run.sentence(row)


def _in_words() -> str:
    """Return what the letters of an order stand for. The options are the letters: the address carries what is shown."""
    from model_utils.generate.filters import FILTERS

    return ", ".join(f"{letter} {name}" for letter, name in FILTERS.items()) + "; from left to right."


def make_request(page: frame.Page, said: dict[str, Any]) -> generate_run.Request:
    """Return what the controls and the shared sentences ask for. Raises InputError for what is outside its bounds."""
    from model_utils.generate.filters import SamplingSettings

    settings = SamplingSettings(**{name: value for name, value in said.items() if name != "max_new_tokens"})
    batch = page.batch(side="left")
    return generate_run.Request(
        model=page.model,
        texts=batch.texts,
        settings=settings,
        max_new_tokens=said["max_new_tokens"],
        policy=_policy(batch),
    )


def _policy(batch: TokenBatch) -> MaskPolicy:
    """Return the mask policy that the controls describe; pads are always masked here."""
    from model_utils.generate.mask_policy import MaskPolicy

    sentence = min(_sentence(), batch.size[0] - 1)
    spec = replace(mask_state.mask_spec(batch, sentence), padding=True)
    # What has no effect does not make another text of this one.
    return MaskPolicy(spec=mask_rule.settled(spec), drop_after=controls.value("drop_after") or None)


def _slider(name: str) -> float:
    """Draw a published number as a slider, widened for the session when a link asks for more than is usual."""
    if name not in USUAL:
        return controls.number(name, slider=True)
    key = f"_high_{name}"
    asked = st.session_state.get(name, CONTROLS[name].default)
    if asked > st.session_state.setdefault(key, USUAL[name]):
        st.session_state[key] = CONTROLS[name].high
    return controls.number(name, slider=True, high=st.session_state[key])


def invite() -> None:
    """Say what to do where there is no text yet: a large model is not set to work unasked."""
    st.caption("Press Generate: the model continues each of your sentences, and every step can be looked into.")


def made_with(run: generate_run.Run, request: generate_run.Request | None) -> None:
    """Say which settings the text on the page was made with, when the controls say something else by now."""
    if request is None or run.request == request:
        return
    made = run.request
    parts = [explain.describe(made.settings), f"{made.max_new_tokens} new tokens"]
    if made.policy != request.policy:
        parts.append("another mask" if not made.policy.plain else "no mask but the causal one")
    if made.model != request.model:
        parts.append(f"model {made.model}")
    if made.texts != request.texts:
        parts.append("other sentences")
    st.info(f"This text was made with {', '.join(parts)}. Press Generate for one with the present settings.")


def under(run: generate_run.Run) -> None:
    """Say under which mask the text was made, where it is not the plain causal one."""
    policy = run.request.policy
    if policy.plain:
        return
    parts = mask_rule.parts(policy.spec, run.batch.tokens[policy.spec.sentence])
    if policy.drop_after is not None:
        parts.append(f"the prompt dropped after {policy.drop_after} new tokens")
    st.info(literal(f"This text reads itself under a mask: {'; '.join(parts)}."), icon=":material/visibility_off:")
