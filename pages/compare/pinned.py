"""Runs that are kept under a name: pinned, saved as a file and opened again, shown beside the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from formatting import percent
from model_utils.compare import settings
from model_utils.compare.request import TextPlace
from model_utils.compare.saved_run import MOST_NAME, SavedRun, check_model, read_run
from model_utils.errors import InputError, ReaderError
from model_utils.limits import MAX_PINNED, MAX_PINNED_MB, MAX_RUN_MB
from model_utils.models.registry import registry
from model_utils.tokens.glyphs import spoken, visible
from pages.common import controls, frame
from pages.common.caches import cache as common_cache
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.markdown import literal
from pages.common.runs.text_strip import mark_repeats
from pages.compare import cache
from pages.compare import texts as compare_texts
from pages.compare.state import Pinned, compare_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_utils.compare.saved_run import SavedToken
    from pages.compare.run import Comparison
    from viz.base.theme import Palette

_CHOSEN, _NAME, _FILE, _BOX = "pinned_run", "pinned_name", "pinned_file", "open_pinned"


def draw(comparison: Comparison, place: TextPlace, _: int) -> None:
    """Draw what keeps runs, and the choice of one; its texts stand below those of the present run."""
    state = compare_state()
    _keep(comparison)
    if state.pinned_said:
        st.error(literal(state.pinned_said))
    if not state.pinned:
        st.info(
            "Pin this run, change a setting and press Compare: both stand together, row by row. A saved file opens here too."
        )
        return
    st.session_state[_CHOSEN] = min(int(st.session_state.get(_CHOSEN, 0)), len(state.pinned) - 1)
    st.selectbox(
        "Pinned run",
        range(len(state.pinned)),
        format_func=lambda number: state.pinned[number].run.name.strip() or f"run {number + 1}",
        key=_CHOSEN,
        label_visibility="collapsed",
    )
    pinned = state.pinned[st.session_state[_CHOSEN]]
    st.markdown(
        "Below each row: the same row of the pinned run."
        if comparison.request.texts[place.prompt] in pinned.run.request.texts
        else "The pinned texts continue another prompt than those of the present run."
    )
    st.caption(_made_with(pinned.run))
    _take_home(pinned)


def _keep(comparison: Comparison) -> None:
    """Draw what pins the present run, and what opens a saved one."""
    name, pin, file = st.columns([4, 3, 3], vertical_alignment="bottom")
    st.session_state.setdefault(_NAME, "")
    name.text_input(
        "Name of this run",
        key=_NAME,
        max_chars=MOST_NAME,
        placeholder=f"run {len(compare_state().pinned) + 1}",
        label_visibility="collapsed",
    )
    pin.button(
        "Pin",
        key="pin",
        icon=":material/keep:",
        on_click=_pin,
        args=(comparison,),
        disabled=not comparison.job.done,
        width="stretch",
    )
    with file, st.popover("Open", icon=":material/upload_file:", key=_BOX, width="stretch", on_change="rerun"):
        key = f"{_FILE}_{compare_state().files_taken}"
        st.file_uploader(
            "A run that was saved here (JSON)",
            type=["json"],
            key=key,
            max_upload_size=MAX_RUN_MB,
            on_change=_open,
            args=(key,),
        )


def _pin(comparison: Comparison) -> None:
    """Keep the present run under the typed name. A callback."""
    state = compare_state()
    name = st.session_state[_NAME].strip() or f"run {len(state.pinned) + 1}"
    state.pinned_said = ""
    try:
        _add(compare_texts.saved(name, comparison))
    except ReaderError as error:
        state.pinned_said = str(error)
    else:
        st.session_state[_NAME] = ""


def _open(key: str) -> None:
    """Keep the run of the chosen file. A callback; the box of files is empty afterwards, and closed: below it is the answer."""
    state, file = compare_state(), st.session_state[key]
    if file is None:
        return
    state.files_taken += 1
    st.session_state[_BOX] = False
    state.pinned_said = ""
    try:
        _add(file.getvalue())
    except ReaderError as error:
        state.pinned_said = str(error)


def _add(content: bytes) -> None:
    """Keep a saved run and show it. Raises ReaderError for what does not fit."""
    state = compare_state()
    if len(state.pinned) >= MAX_PINNED:
        raise InputError(f"{MAX_PINNED} pinned runs are the most: remove one first.")
    if sum(len(one.content) for one in state.pinned) + len(content) > MAX_PINNED_MB * 1e6:
        raise InputError(f"Pinned runs may have {MAX_PINNED_MB} MB together: remove one first.")
    with common_cache.gate():  # what reads a large file holds others up: two at a time
        run = read_run(content)
    _check_models(run)
    st.session_state[_CHOSEN] = len(state.pinned)
    state.pinned.append(Pinned(run=run, content=content))


def _check_models(run: SavedRun) -> None:
    """Raise ReaderError unless the run is by the page's model, and any other by weights that are here."""
    shown, first = compare_state().model_shown, run.request.models[0]
    if first != shown:
        raise InputError(
            f"This run is by {first}, and the page shows {shown}: choose {first} in the sidebar, then open it."
        )
    for model in run.request.models:
        if model not in registry():
            raise InputError(f"This run is by {model} too, which is not offered here.")
        check_model(run, model, cache.weights_hash(model), _symbol(model))


def _symbol(model: str) -> Callable[[int], str | None] | None:
    """Return how the vocabulary of a model writes a token; None for a model that would have to be loaded for that."""
    if not common_cache.in_memory(registry()[model]):
        return None
    return cast("Callable[[int], str | None]", common_cache.loaded_model(model).tokenizer.convert_ids_to_tokens)


def rows() -> int:
    """Return how many rows the chosen pinned run has, 0 where none is kept."""
    return len(_run().request.rows) if compare_state().pinned else 0


def _run() -> SavedRun:
    pinned = compare_state().pinned
    return pinned[min(int(st.session_state.get(_CHOSEN, 0)), len(pinned) - 1)].run


def draw_row(comparison: Comparison, place: TextPlace, row: int) -> None:
    """Draw the pinned texts of a row, of the prompt in view or of the first, each against that of the present run."""
    if row >= rows():
        if rows():
            st.caption(f"The pinned run has no row {row}.")
        return
    run, text = _run(), comparison.request.texts[place.prompt]
    request, palette = run.request, frame.palette()
    prompt = request.texts.index(text) if text in request.texts else 0
    sample, name = int(st.session_state.get("sample", 0)), settings.name(request.rows[row])
    called = run.name.strip() or "pinned"
    for model, by in enumerate(request.models):
        at = TextPlace(model=model, row=row, sample=min(sample, request.samples_of(row) - 1), prompt=prompt)
        other = _in_present_run(comparison, place, at, by) if request.texts[prompt] == text else None
        with st.container(key=f"pinned_{row}_{model}", gap="xsmall", border=True):
            of = f" · {by}" if len(request.models) > 1 else ""
            if comparison.job.done and row >= len(comparison.request.rows):
                of += f" · the present run has no row {row}"
            of += " · the same text" if other == [token.id for token in run.texts[at]] else ""
            st.markdown(f":material/keep: **{literal(called)} · {row} · {literal(name)}** :gray[{literal(of)}]")
            tokens_strip(
                _strip(request.texts[prompt], run.texts[at], other, palette),
                key=f"pinned_text_{row}_{model}",
                label=f"Pinned, {row}, {name}",
                palette=palette,
                size="dense",
            )


def _in_present_run(comparison: Comparison, place: TextPlace, at: TextPlace, model: str) -> list[int] | None:
    """Return the tokens of the text of the present run at the same place; None where there is none, or not yet."""
    request = comparison.request
    if not comparison.job.done or at.row >= len(request.rows) or model not in request.models:
        return None
    sample = min(at.sample, request.samples_of(at.row) - 1)
    there = TextPlace(model=request.models.index(model), row=at.row, sample=sample, prompt=place.prompt)
    return [step.token_id for step in comparison.texts()[there]]


def _strip(prompt: str, tokens: tuple[SavedToken, ...], other: list[int] | None, palette: Palette) -> list[StripToken]:
    """Return the tokens of a pinned text, coloured like those of the present run up to the first that differs from `other`."""
    from viz.generate.candidates import probability_colour

    ids = [token.id for token in tokens]
    pairs = zip(ids, other if other is not None else ids, strict=False)
    differs = next((number for number, (one, there) in enumerate(pairs) if one != there), len(ids))
    strip = [StripToken(text=visible(prompt).replace("␣", " "), state="quiet", clickable=False)]
    for number, token in enumerate(tokens):
        label, here = token.label, number == differs
        chance = probability_colour(token.probability, palette) if number < differs else ""
        strip.append(
            StripToken(
                text=label.replace("␣", " "),
                spoken=spoken(label) + ", the first difference" * here,
                state="quiet" if number > differs else "difference" if here else "plain",
                background=palette.accent if here else chance,
                colour=palette.paper if here else "",
                title=f"step {number + 1}: {percent(token.probability)} of the model's probability",
                line_break="⏎" in label,
                clickable=False,
            )
        )
    return [*strip[:1], *mark_repeats(strip[1:], ids)]


def _made_with(run: SavedRun) -> str:
    """Return what a pinned run was made with."""
    request = run.request
    models = ", ".join(
        f"{model} (SHA-256 {digest[:8]}…)" for model, digest in zip(request.models, run.hashes, strict=True)
    )
    samples = f"{request.samples} sample{'s' * (request.samples > 1)}"
    noise = "each row its own random numbers" if request.own_noise else "the same random numbers for all rows"
    versions = ", ".join(f"{name} {one}" for name, one in run.versions.items())
    return literal(
        f"Not computed again: made by {models}, seed {request.seed}, {noise}, {samples}, at most "
        f"{request.max_new_tokens} new tokens; {versions}."
    )


def _take_home(pinned: Pinned) -> None:
    """Draw the buttons that save a pinned run, set the page as it was, or let it go."""
    with st.container(horizontal=True, key="take_home_pinned"):
        st.download_button(
            "Save (JSON)",
            data=pinned.content,
            file_name="maskscope-run.json",
            mime="application/json",
            key="save_pinned",
            on_click="ignore",
            icon=":material/data_object:",
        )
        if st.button("Use its settings", key="use_pinned", on_click=_use, args=(pinned.run,)):
            st.rerun()  # the page: a click in a fragment runs that alone
        st.button("Remove", key="remove_pinned", type="tertiary", on_click=_remove)


def _use(run: SavedRun) -> None:
    """Set rows, samples, seed, random numbers and length as the run had them. A callback."""
    request = run.request
    controls.change(
        settings=settings.write(request.rows),
        samples=request.samples,
        seed=request.seed,
        noise="own" if request.own_noise else "shared",
        max_new_tokens=request.max_new_tokens,
    )


def _remove() -> None:
    """Let go of the run in view. A callback."""
    del compare_state().pinned[st.session_state[_CHOSEN]]
