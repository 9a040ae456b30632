"""The texts of the Compare page: one row per setting, the first difference marked, what follows it in grey."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.compare import settings as compare_settings
from model_utils.compare import tables
from model_utils.generate import explain
from model_utils.generate.filters.filter_settings import SETTINGS
from model_utils.tokens.glyphs import spoken
from pages.common import controls, downloads, frame
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.common.runs import text_strip
from pages.compare.run import Comparison, TextPlace
from pages.compare.state import compare_state

if TYPE_CHECKING:
    from model_utils.compare.first_difference import FirstDifference
    from model_utils.generate.step import Step
    from viz.base.theme import Palette


def chosen(comparison: Comparison) -> tuple[TextPlace, int]:
    """Return the text in view and its step, counted from 0, within what the comparison has."""
    request, state = comparison.request, st.session_state
    place = TextPlace(
        model=min(compare_state().model, len(request.models) - 1),
        row=min(int(state.get("row", 0)), len(request.rows) - 1),
        sample=min(int(state.get("sample", 0)), request.samples - 1),
    )
    made_so_far = len(comparison.texts()[place])
    return place, max(min(int(state.get("at_step", 1)) - 1, made_so_far - 1), 0)


def take_click(comparison: Comparison) -> bool:
    """Choose the token that was clicked, before any widget that shows the choice; return whether one was."""
    for place in comparison.places():
        step = text_strip.clicked_step(_key(place), comparison.prompts[place.model])
        if step is not None:
            controls.change(row=place.row, at_step=step + 1)
            compare_state().model = place.model
            return True
    return False


def draw(comparison: Comparison) -> None:
    """Draw one sample of every setting as far as it is, the choice of a row and step, and what can be downloaded."""
    st.markdown("Every row continues the same prompt. **Marked: the first word that differs from row 0, and why.**")
    palette, texts = frame.palette(), comparison.texts()
    place, number = chosen(comparison)
    for row in range(len(comparison.request.rows)):
        for model in range(len(comparison.request.models)):
            _one(comparison, texts, TextPlace(model=model, row=row, sample=place.sample), palette, (place, number))
    st.caption(_legend(comparison))
    _downloads(comparison)


def _legend(comparison: Comparison) -> str:
    """Return what the colours mean, and what a first difference is due to."""
    request = comparison.request
    two, own = len(request.models) > 1, request.own_noise or any(row.seed is not None for row in request.rows)
    than = "row 0, and for the second model from the first one's text" if two else "row 0"
    due = (
        "each has its own random numbers, so that a difference may be chance."
        if own
        else "only the first difference itself is due to the setting (or the model) alone."
        if two
        else "only the first difference itself is due to the setting alone."
    )
    return (
        f"Grey at first: the prompt. On solid colour: the **first difference**, the first word that is not that of {than}. "
        f"What follows it is grey, since it has another past: {due} Click a word to see the choice it came from."
    )


def _one(
    comparison: Comparison,
    texts: dict[TextPlace, list[Step]],
    place: TextPlace,
    palette: Palette,
    view: tuple[TextPlace, int],
) -> None:
    """Draw one text under the name of its setting, with the reason of its first difference."""
    steps, found = texts[place], comparison.first_difference(texts, place)
    name = compare_settings.name(comparison.request.rows[place.row])
    title = f"**{place.row} · {name}**" if not place.model else "↳"
    if len(comparison.request.models) > 1:
        title += f" :gray[{literal(comparison.request.models[place.model])}]"
    with st.container(key=f"row_{place.row}_{place.model}", gap="xsmall"):
        st.markdown(f"{title}&ensp;{literal(_reason(comparison, place, found))}" if found else title)
        tokens = _strip(comparison, place, steps, found, palette, view)
        tokens_strip(tokens, key=_key(place), label=f"{place.row}, {name}", palette=palette, size="dense")
        ending = explain.ending(steps[-1], comparison.loaded[place.model].context) if steps else ""
        if comparison.job.cancelled and len(steps) < comparison.request.max_new_tokens and not ending:
            ending = f"Stopped after {len(steps)} of {comparison.request.max_new_tokens} tokens."
        if ending:
            st.caption(ending)


def _key(place: TextPlace) -> str:
    return f"compared_{place.row}_{place.model}_{place.sample}"


def _reason(comparison: Comparison, place: TextPlace, found: FirstDifference) -> str:
    """Return in words why two texts with the same past part at a first difference."""
    here, there = comparison.label(found.token_id, place.model), comparison.label(found.other_id)
    start = f"first difference at step {found.number + 1}: "
    reasons = {
        "cut": f"{_filter(comparison, place.row, found)} cut “{there}”, so the same random number draws “{here}”.",
        "admitted": f"“{here}” may be drawn here; in row 0 {_filter(comparison, 0, found)} had cut it.",
        "tempered": f"both may take “{there}” and “{here}”, but their probabilities differ: that turns it.",
        "greedy": f"“{here}” for “{there}”: greedy uses no randomness.",
        "noise": f"“{here}” for “{there}”: other random numbers.",
        "model": f"“{here}” for “{there}”: the other model, under the same setting and random numbers.",
    }
    return start + reasons[found.reason]


def _filter(comparison: Comparison, row: int, found: FirstDifference) -> str:
    return explain.filter_name(found.by, comparison.request.settings(row)) if found.by else ""


def _strip(
    comparison: Comparison,
    place: TextPlace,
    steps: list[Step],
    found: FirstDifference | None,
    palette: Palette,
    view: tuple[TextPlace, int],
) -> list[StripToken]:
    """Return the tokens of one text: the prompt in grey, each drawn one coloured by its probability until they differ."""
    from viz.generate.candidates import probability_colour

    def drawn(step: Step) -> StripToken:
        label = comparison.label(step.token_id, place.model)
        look: dict[str, Any] = {"state": "quiet"}  # after the first difference
        if found is None or step.number < found.number:
            look = {"background": probability_colour(step.probability_raw, palette)}
        elif step.number == found.number:
            look = {"state": "difference", "background": palette.accent, "colour": palette.paper}
            look["spoken"] = f"{spoken(label)}, the first difference"
        selected = view == (place, step.number)
        return text_strip.drawn_token(
            step, label, probability=step.probability_raw, of="the model's probability", selected=selected, **look
        )

    remembered = [comparison.label(token, place.model) for token in comparison.remembered.get(place, ())]
    growing = not comparison.job.done
    return text_strip.strip(comparison.prompts[place.model], steps, drawn, growing=growing, remembered=remembered)


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
                lambda: json.dumps(tables.as_data(listed(), comparison.request), ensure_ascii=False, indent=1),
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
            steps=steps,
            labels=[comparison.label(step.token_id, place.model) for step in steps] if read else [],
        )
        for place, steps in comparison.texts().items()
    ]


def _code(comparison: Comparison) -> str:
    from model_utils.snippets.compare import compare_code

    request = comparison.request
    return compare_code(
        comparison.loaded[0].entry,
        request.text,
        [(compare_settings.name(row), request.settings(number)) for number, row in enumerate(request.rows)],
        samples=request.samples,
        steps=max(1, *(len(steps) for place, steps in comparison.texts().items() if not place.model)),
    )


def open_on_generate(comparison: Comparison, place: TextPlace) -> None:
    """Draw the link that sets Generate as a row is set, where that page's controls reach so far."""
    settings = comparison.request.settings(place.row)
    numbers = [name for name in SETTINGS if not isinstance(getattr(settings, name), str)]
    if not all(CONTROLS[name].admits(getattr(settings, name)) for name in numbers):
        return
    st.page_link(
        "pages/5_Generate.py",
        label=f"The settings of row {place.row} on Generate",
        icon=":material/arrow_forward:",
        query_params={
            controls.TAKE: compare_settings.write([compare_settings.SettingsRow(settings=settings, seed=settings.seed)])
        },
    )
