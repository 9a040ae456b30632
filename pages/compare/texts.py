"""The texts of the Compare page: one row per setting, the first difference marked, what follows it in grey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.compare import settings as compare_settings
from model_utils.compare import tables
from model_utils.compare.request import TextPlace
from model_utils.generate import explain
from model_utils.generate.beam_search.beam_text import BeamToken
from model_utils.tokens.glyphs import spoken
from pages.common import controls, downloads, frame
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.common.runs import text_strip
from pages.compare import cache
from pages.compare.state import compare_state

if TYPE_CHECKING:
    from model_utils.compare.first_difference import FirstDifference
    from model_utils.generate.step import Step
    from pages.compare.run import Comparison, Texts
    from viz.base.theme import Palette


# Said of beam searches beside what is drawn.
_SEARCHED = (
    " A beam search uses no random numbers: it has one text of a prompt, however many samples the other rows have, and until "
    "it is over another text may take the lead."
)


# The views that show no candidates of the step in view, and leave their place to those.
_OF_NO_CHOICE = ("map", "metrics", "sweep")


def chosen(comparison: Comparison) -> tuple[TextPlace, int]:
    """Return the text in view and its step, counted from 0, within what the comparison has.

    Until a row or a step is asked for, that is the first difference of the first row that has one.
    """
    request, state = comparison.request, st.session_state
    row = min(int(state.get("row", 0)), len(request.rows) - 1)
    place = TextPlace(
        model=min(compare_state().model, len(request.models) - 1),
        row=row,
        sample=min(int(state.get("sample", 0)), request.samples_of(row) - 1),
        prompt=min(int(state.get("sentence", 0)), len(request.texts) - 1),
    )
    texts = comparison.texts()
    if comparison.job.done and "row" not in state and "at_step" not in state:
        for row in range(len(request.rows)):
            at = replace(place, row=row, sample=min(place.sample, request.samples_of(row) - 1))
            if found := comparison.first_difference(texts, at):
                return at, found.number
    made_so_far = len(texts[place])
    return place, max(min(int(state.get("at_step", 1)) - 1, made_so_far - 1), 0)


def which(comparison: Comparison, place: TextPlace, number: int) -> str:
    """Return in words which step of which text is in view."""
    last = comparison.before(comparison.texts(), place, number)[-1]
    return f"Row {place.row}, step {number + 1}: the token after “{literal(comparison.label(last, place.model))}”."


def take_click(comparison: Comparison) -> bool:
    """Choose the token that was clicked, before any widget that shows the choice; return whether one was.

    What it was chosen from is shown in the place of what is not of one choice.
    """
    for place in comparison.request.places():
        step = text_strip.clicked_step(_key(place), comparison.prompt(place))
        if step is not None:
            controls.change(row=place.row, at_step=step + 1)
            if controls.value("plot") in _OF_NO_CHOICE:
                controls.change(plot="candidates")
            compare_state().model = place.model
            return True
    return False


def draw(comparison: Comparison, pinned: Callable[[int], None] | None = None, rows: int = 0) -> None:
    """Draw one sample of every setting as far as it is, the choice of a row and step, and what can be downloaded.

    `pinned` draws below each row what is compared with it, and goes on to so many `rows`.
    """
    palette, texts, request = frame.palette(), comparison.texts(), comparison.request
    place, number = chosen(comparison)
    of_pinned = " In a pinned run: from the present run." if pinned is not None else ""
    st.markdown(f"Every row continues the same prompt. **Orange: the first token that differs from row 0.**{of_pinned}")
    sample = int(st.session_state.get("sample", 0))
    strips = []
    for row in range(max(len(request.rows), rows)):
        for model in range(len(request.models)) if row < len(request.rows) else ():
            shown = replace(place, model=model, row=row, sample=min(sample, request.samples_of(row) - 1))
            strips.append(_one(comparison, texts, shown, palette, (place, number)))
        if pinned is not None:
            pinned(row)
    text_strip.say_repeats(strips)
    st.caption(_legend(comparison))
    _downloads(comparison)


def _legend(comparison: Comparison) -> str:
    """Return what the colours mean, and what a first difference is due to."""
    request = comparison.request
    two, own = len(request.models) > 1, request.own_noise or any(row.seed is not None for row in request.rows)
    due = (
        "each row has its own random numbers, so that a difference may be chance."
        if own
        else "only the first difference itself is due to the setting (or the model) alone."
        if two
        else "only the first difference itself is due to the setting alone."
    )
    return (
        "Grey at first: the prompt. Coloured: the stronger, the likelier the model found the token. "
        + "Orange in the second model: the first token that is not the first one's. " * two
        + f"Grey after the first difference: the texts have parted, and {due} Click a token to see the choice it came from."
        + _SEARCHED * any(row.beams.on for row in request.rows)
    )


def _one(
    comparison: Comparison,
    texts: Texts,
    place: TextPlace,
    palette: Palette,
    view: tuple[TextPlace, int],
) -> list[StripToken]:
    """Draw one text under the name of its setting, with the reason of its first difference, and return its tokens."""
    steps, found = texts[place], comparison.first_difference(texts, place)
    setting = comparison.request.rows[place.row]
    name = compare_settings.name(setting)
    title = f"**{place.row} · {literal(name)}**" if not place.model else "↳"
    if setting.beams.on and not place.model:
        title += " :gray[no random numbers]"
    if len(comparison.request.models) > 1:
        title += f" :gray[{literal(comparison.request.models[place.model])}]"
    with st.container(key=f"row_{place.row}_{place.model}", gap="xsmall"):
        same = _same(comparison, texts, place)
        said = [_as_in(comparison, place, same)] if same is not None else []
        said += [_reason(comparison, place, found)] if found else []
        st.markdown(f"{title}&ensp;{literal(' '.join(said))}" if said else title)
        tokens = _strip(comparison, place, steps, found, palette, view)
        tokens_strip(tokens, key=_key(place), label=f"{place.row}, {name}", palette=palette, size="dense")
        if ending := _ending(comparison, place, steps):
            st.caption(ending)
    return tokens


def _as_in(comparison: Comparison, place: TextPlace, row: int) -> str:
    """Return that the tokens are those of another row above, and whether its setting is the same."""
    rows = comparison.request.rows
    return f"the same setting as row {row}." if rows[row] == rows[place.row] else f"all tokens as in row {row}."


def _same(comparison: Comparison, texts: Texts, place: TextPlace) -> int | None:
    """Return the first row above with the same whole text; None where there is none, and until all texts are there."""
    if not comparison.job.done or place.model:
        return None
    samples = comparison.request.samples_of
    above = (replace(place, row=row, sample=min(place.sample, samples(row) - 1)) for row in range(place.row))
    tokens = [step.token_id for step in texts[place]]
    return next((one.row for one in above if [step.token_id for step in texts[one]] == tokens), None)


def _ending(comparison: Comparison, place: TextPlace, steps: Sequence[Step | BeamToken]) -> str:
    """Return why a text ends where it does, as a sentence; empty where it goes on or has its full length."""
    last, asked = steps[-1] if steps else None, comparison.request.max_new_tokens
    if comparison.job.cancelled and len(steps) < asked and not (last and last.stop):
        return f"Stopped after {len(steps)} of {asked} tokens."
    if isinstance(last, BeamToken):
        return f"Ends by itself: step {len(steps)} is end-of-text." if last.stop == "end" else ""
    return explain.ending(last, comparison.loaded[place.model].context) if last else ""


def _key(place: TextPlace) -> str:
    several = f"_{place.prompt}" if place.prompt else ""
    return f"compared_{place.row}_{place.model}_{place.sample}{several}"


def _reason(comparison: Comparison, place: TextPlace, found: FirstDifference) -> str:
    """Return in words why two texts with the same past part at a first difference."""
    here, there = comparison.label(found.token_id, place.model), comparison.label(found.other_id)
    start = f"first difference at step {found.number + 1}: "
    first, own = (comparison.request.settings(row).greedy for row in (0, place.row))
    how = f"is {'taken' if own else 'drawn'}"
    reasons = {
        "cut": f"{_filter(comparison, place.row, found)} cut “{there}”, so “{here}” {how}.",
        "admitted": f"“{here}” may be {'taken' if own else 'drawn'} here; in row 0 {_filter(comparison, 0, found)} had cut it.",
        "tempered": f"both keep “{there}” and “{here}”, but with other probabilities: here “{here}” {how}.",
        "greedy": f"row 0 is greedy and takes the likeliest, “{there}”; this row draws “{here}”."
        if first
        else f"greedy takes the likeliest, “{here}”; row 0 draws “{there}”.",
        "noise": f"“{here}” for “{there}”: other random numbers.",
        "search": f"“{here}” for “{there}”: a beam search chooses whole texts, and nothing is drawn.",
        "model": f"“{here}” for “{there}”: the other model, under the same setting"
        f"{'' if comparison.request.rows[place.row].beams.on else ' and random numbers'}.",
    }
    return start + reasons[found.reason]


def _filter(comparison: Comparison, row: int, found: FirstDifference) -> str:
    """Return the filter that cut a word, with what changed the probabilities before it: by itself it need not have cut it."""
    if not found.by:
        return ""
    settings = comparison.request.settings(row)
    return f"{explain.filter_name(found.by, settings)} {explain.shift_before(found.by, settings)}".rstrip()


def _strip(
    comparison: Comparison,
    place: TextPlace,
    steps: Sequence[Step | BeamToken],
    found: FirstDifference | None,
    palette: Palette,
    view: tuple[TextPlace, int],
) -> list[StripToken]:
    """Return the tokens of one text: the prompt in grey, each drawn one coloured by its probability until they differ."""
    from viz.generate.candidates import probability_colour

    def drawn(step: Step | BeamToken) -> StripToken:
        label = comparison.label(step.token_id, place.model)
        look: dict[str, Any] = {"state": "quiet"}  # after the first difference
        if found is None or step.number < found.number:
            look = {"background": probability_colour(step.probability_raw, palette)}
        elif step.number == found.number:
            look = {"state": "difference", "background": palette.accent, "colour": palette.paper}
            look["spoken"] = f"{spoken(label)}, the first difference"
        selected = view == (place, step.number)
        return text_strip.drawn_token(step, label, selected=selected, **look)

    remembered = [comparison.label(token, place.model) for token in comparison.remembered.get(place, ())]
    growing = not comparison.job.done
    if growing and remembered and comparison.request.rows[place.row].beams.on:
        steps = []  # the text that leads for now need not be the start of the one that was there
    return text_strip.strip(comparison.prompt(place), steps, drawn, growing=growing, remembered=remembered)


def _downloads(comparison: Comparison) -> None:
    """Draw the buttons that save all texts: a line per step, all that is known, and the code."""

    def listed() -> list[tables.Text]:
        return listing(comparison)

    with st.container(horizontal=True, key="take_home_compare"):
        for title, kind, mime, data in (
            ("All steps (CSV)", "csv", "text/csv", lambda: tables.steps_frame(listed()).to_csv(index=False)),
            (
                "All runs (JSON)",
                "json",
                "application/json",
                lambda: saved("", comparison),
            ),
        ):
            st.download_button(
                title,
                data=data,
                file_name=f"maskscope-compare.{kind}",
                mime=mime,
                key=f"{kind}_compare",
                on_click="ignore",
                icon=":material/table:" if kind == "csv" else ":material/data_object:",
            )
        downloads.code_button("compare", lambda: _code(comparison))


def saved(name: str, comparison: Comparison) -> bytes:
    """Return a comparison as the file that is taken home."""
    from model_utils.compare.saved_run import write_run

    request = comparison.request
    loaded = dict(zip(request.models, comparison.loaded, strict=True))

    def symbol(model: str, token_id: int) -> str:
        return str(loaded[model].tokenizer.convert_ids_to_tokens(token_id))

    hashes = [cache.weights_hash(model) for model in request.models]
    return write_run(name, request, listing(comparison), hashes=hashes, symbol=symbol)


def listing(comparison: Comparison, *, read: bool = True) -> list[tables.Text]:
    """Return every text with what it was made under; `read` says whether with how its tokens read, which takes time."""
    request = comparison.request
    return [
        tables.Text(
            model=request.models[place.model],
            row=place.row,
            name=compare_settings.name(request.rows[place.row]),
            settings=request.settings(place.row),
            sample=place.sample,
            prompt=place.prompt,
            steps=steps,
            labels=[comparison.label(step.token_id, place.model) for step in steps] if read else [],
        )
        for place, steps in comparison.texts().items()
    ]


def _code(comparison: Comparison) -> str:
    from model_utils.snippets.compare import compare_code

    request, stopped = comparison.request, comparison.job.cancelled
    made = max(1, *map(len, comparison.texts().values()))
    return compare_code(
        comparison.loaded[0].entry,
        request.texts,
        [
            (compare_settings.name(row), request.settings(number), row.beams if row.beams.on else None)
            for number, row in enumerate(request.rows)
        ],
        samples=request.samples,
        steps=made if stopped else request.max_new_tokens,
        stopped=stopped,
    )


def open_on_generate(comparison: Comparison, place: TextPlace) -> None:
    """Draw the link that sets Generate as a row is set, where that page's controls reach so far."""
    request, row = comparison.request, comparison.request.rows[place.row]
    if not all(CONTROLS[name].admits(one) for name, one in row.values.items() if not isinstance(one, str)):
        return
    seed = None if row.beams.on else request.settings(place.row).seed
    st.page_link(
        "pages/5_Generate.py",
        label=f"Open row {place.row} in Generate",
        icon=":material/arrow_forward:",
        query_params={controls.TAKE: compare_settings.write([replace(row, seed=seed)])},
    )
