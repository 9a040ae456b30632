"""The views of what sets the texts of a comparison apart: over k and p, measures, steps, and what grows with a setting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from model_utils.compare import settings as compare_settings
from model_utils.compare import tables
from model_utils.compare.sweep import find_sweep
from model_utils.compare.text_metrics import ENOUGH, FEWEST, TEXT_METRICS, monotone
from model_utils.generate.beam_search.beam_text import BeamToken
from pages.common import downloads, figures, frame
from pages.common.components.plot import plot
from pages.common.markdown import literal
from pages.common.view import View
from pages.compare import cache, candidates, controls, kp_plane, pinned
from pages.compare import texts as compare_texts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from model_utils.compare.request import CompareRequest, TextPlace
    from pages.compare.run import Comparison
    from viz.compare.metrics import Dots

FEW = 4  # settings whose numbers make a sentence
TEMPERATURES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


def _groups(comparison: Comparison, model: int) -> list[dict[str, Any]]:
    """Return the values of every measure of each row of one model, in the order of the rows; empty before the first step."""
    found = tables.grouped(compare_texts.listing(comparison, read=False))
    name = comparison.request.models[model]
    return [values for (of, _, _), values in found.items() if of == name]


def metrics(comparison: Comparison, place: TextPlace, _: int) -> None:
    """Draw every measure of every setting with the spread of its samples, and the table with the definitions."""
    from viz.compare.metrics import Dots
    from viz.compare.metrics import measures as draw

    groups = _groups(comparison, place.model)
    if not groups:
        st.info("No token is drawn yet.")
        return
    request = comparison.request
    names = [compare_settings.name(row) for row in request.rows]
    dots = []
    for one in TEXT_METRICS:
        values = [group[one.name] for group in groups]
        found = [tables.spreads(group)[one.name] for group in groups]
        dots.append(
            Dots(
                title=one.title,
                unit="log scale" if one.name == "kept" else one.unit.partition(" per ")[0],
                caption=one.caption,
                values=[list(map(float, value)) for value in values],
                means=[spread.mean for spread in found],
                margins=[spread.drawn_margin for spread in found],
                share=one.name in figures.SHARES,
                log=one.name == "kept",
            )
        )
    same = [one.title for one in dots if len(names) > 1 and _level(one)]
    if differ := [one for one in dots if one.title not in same]:
        st.caption("; ".join(_numbered(row, name) for row, name in enumerate(names)))
        plot(
            draw(differ, names, chosen=place.row, palette=frame.palette()), "measures", alt="Measures of every setting."
        )
    if same:
        st.markdown(f"No difference between the texts: {', '.join(same)}.")
    st.markdown(f"**None of these is quality: they say how texts differ, not which is better.** {_interval(request)}")
    with st.popover("How each is defined", icon=":material/info:", key="definitions"):
        for one in TEXT_METRICS:
            st.markdown(f"**{one.title}** ({one.unit}). {one.caption}")
        st.markdown(f"**The interval.** {_INTERVAL}")
    downloads.bar(
        "measures", numbers=lambda: tables.measures_frame(compare_texts.listing(comparison, read=False)), code=None
    )


def _level(one: Dots) -> bool:
    """Return whether all texts have one value of a measure, or none has any."""
    return len({value for values in one.values for value in values if not np.isnan(value)}) < 2


_INTERVAL = (
    "Student's t, 95 % (Student 1908): mean ± t · s / √n. Of one prompt, n counts samples. Of several, n counts prompts, each "
    "with the mean of its samples: texts of one prompt are alike, and counting them one by one would make the interval too "
    "narrow (standard errors clustered by question, Miller 2024, section 2.2)."
)


def _interval(request: CompareRequest) -> str:
    """Return what the dots and lines of the measures are, and what is left out of them."""
    prompts, samples = len(request.texts), request.samples
    if prompts > 1:
        of = f"the mean of its {samples} samples" if samples > 1 else "its text"
        text = (
            f"Dots are prompts, each {of}; a diamond their mean (orange: the row in view){_line(prompts, 'prompts')}."
        )
    elif samples > 1:
        text = f"Dots are texts, a diamond their mean (orange: the row in view){_line(samples, 'samples')}."
    else:
        text = "One text per setting: ask for more samples to see how much of this is chance."
    if any(row.beams.on for row in request.rows):
        text += (
            " A beam search draws nothing: it has one text of a prompt, no uncertainty of a draw and no tokens left."
        )
    return text


def _line(count: int, what: str) -> str:
    """Return what is said of the interval of `count` values."""
    if count < FEWEST:
        return f"; {count} {what} are too few for an interval, which takes {FEWEST}"
    return f", the line its 95 % interval over {count} {what}: rows whose lines lie apart differ by more than chance"


def over_steps(comparison: Comparison, place: TextPlace, number: int) -> None:
    """Draw over the steps how many tokens each setting leaves, and how uncertain the draw is."""
    from viz.compare.metrics import steps as draw

    rows, sample = _rows(comparison, place), _sample(comparison)
    ringed = _first_differences(comparison, place)
    with st.container(key="steps_shown"):
        if numbers := _at_step(rows, number):
            st.markdown(numbers)
        plot(
            draw(rows, ringed=ringed, chosen=place.row, step=number, palette=frame.palette()),
            "compare_steps",
            alt="Tokens left and uncertainty at every step, a line per setting.",
        )
    st.markdown(_breathing(comparison, place.row, rows[place.row][1]))
    if any(at is not None for at in ringed):
        st.caption("A ring is a row's first difference: after it the texts differ too, not the filters alone.")

    def table() -> pd.DataFrame:
        return tables.steps_frame(
            [one for one in compare_texts.listing(comparison) if one.sample == sample and one.prompt == place.prompt]
        )

    downloads.bar("compare_steps", numbers=table, code=None)


def _sample(comparison: Comparison) -> int:
    return min(int(st.session_state.get("sample", 0)), comparison.request.samples - 1)


def _rows(comparison: Comparison, place: TextPlace) -> list[tuple[str, list[int], list[float]]]:
    """Return of each setting its name, and over the steps of its text the tokens left and the uncertainty in bits.

    Empty for a beam search, which draws nothing.
    """
    texts, found = comparison.texts(), []
    for row, one in enumerate(comparison.request.rows):
        at = replace(place, row=row, sample=_sample(comparison))
        drawn = [step for step in ([] if one.beams.on else texts[at]) if not isinstance(step, BeamToken)]
        found.append(
            (
                compare_settings.name(one),
                [step.stages[-1].kept for step in drawn],
                [step.entropy_after for step in drawn],
            )
        )
    return found


def _at_step(rows: list[tuple[str, list[int], list[float]]], number: int) -> str:
    """Return how uncertain the draw of each setting is at step `number`, where they are few enough for a sentence."""
    found = [
        f"{_numbered(row, name)}: **{bits[number]:.1f}**"
        for row, (name, _, bits) in enumerate(rows)
        if number < len(bits)
    ]
    return f"Uncertainty at step {number + 1}, in bits. {'; '.join(found)}." if 1 < len(found) <= FEW else ""


def _numbered(row: int, name: str) -> str:
    """Return the number and the name of a row, which a line does not part."""
    return f"{row}\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}{literal(name)}"


def _first_differences(comparison: Comparison, place: TextPlace) -> list[int | None]:
    """Return of each row the step of its text's first difference; None where it has none."""
    texts = comparison.texts()
    places = [replace(place, row=row, sample=_sample(comparison)) for row in range(len(comparison.request.rows))]
    found = [comparison.first_difference(texts, at) if at in texts else None for at in places]
    return [None if one is None else one.number for one in found]


def _breathing(comparison: Comparison, row: int, kept: list[int]) -> str:
    """Return what the row in view leaves over its steps, and what is true of the filters that are compared."""
    if comparison.request.rows[row].beams.on:
        return f"**Row {row} is a beam search: it draws nothing, so it has no line here.**"
    if not kept:
        return "No token is drawn yet."
    settings = [one.settings for one in comparison.request.rows if not one.settings.greedy]
    text = ""
    if any([each.letter for each in one.on if each.cuts] == ["k"] for one in settings):
        text += " Top-k alone leaves the same number at every step."
    if any(not one.off("p") for one in settings):
        text += " What top-p leaves changes size: few tokens where the model is sure, many where it is not."
    if any(one.beams.on for one in comparison.request.rows):
        text += " A beam search draws nothing and has no line."
    count = f"{min(kept):,}" if min(kept) == max(kept) else f"{min(kept):,} to {max(kept):,}"
    return f"**Row {row} leaves {count} {'token' if max(kept) == 1 else 'tokens'} to draw from at a step.**{text}"


def sweep(comparison: Comparison, place: TextPlace, number: int) -> None:
    """Draw what grows when k or p does: exactly at one step, and over whole texts where the rows are a sweep."""
    found = find_sweep(comparison.request.rows) if comparison.job.done else None
    if found is not None:
        _texts(comparison, place, found)
    _exact(comparison, place, number)
    if found is None and comparison.job.done:
        _sweep_buttons()


def _sweep_buttons() -> None:
    """Draw the buttons that put a sweep in the place of the rows."""
    st.markdown(
        f"**Over whole texts:** rows that differ in one setting alone, {ENOUGH} samples of each. This replaces your "
        "rows."
    )
    with st.container(horizontal=True):
        for label in ("k from low to high", "p from low to high", "temperature from low to high"):
            args = controls.SETS[label]
            if st.button(
                label, key=f"climb_{args[0]}", icon=":material/stairs:", on_click=controls.replace_all, args=args
            ):
                st.rerun()  # the page: a click in a fragment runs that alone


def _exact(comparison: Comparison, place: TextPlace, number: int) -> None:
    """Draw what grows with k, with p and with the temperature at one step, from its whole distribution."""
    from model_utils.compare.kp_plane import axis_k, axis_p, entropy, kept_mass, kept_tokens

    model, ids = comparison.request.models[place.model], comparison.before(comparison.texts(), place, number)
    ranked = cache.ranked(model, ids, 1.0)
    every = np.array([len(ranked.ids)])

    def cut(ks: ArrayLike, ps: ArrayLike) -> tuple[Any, Any, Any]:
        kept = kept_tokens(ranked, ks, ps).ravel()
        return kept, kept_mass(ranked, kept), entropy(ranked, kept)

    hotter = [entropy(cache.ranked(model, ids, one), every)[0] for one in TEMPERATURES]
    along = {
        "k": cut(axis_k(len(ranked.ids)), [1.0]),
        "p": cut([0], axis_p()),
        "temperature": (np.repeat(every, len(hotter)), np.ones(len(hotter)), np.array(hotter)),
    }
    names = "tokens left", "their probability", "uncertainty"
    lines = [
        f"| {name} | {' | '.join(f'**{monotone(values.round(12).tolist())}**' for values in found)} |"
        for name, found in zip(names, zip(*along.values(), strict=True), strict=True)
    ]
    st.markdown(
        f"**At one step (row {place.row}, step {number + 1}), exactly, over all {len(ranked.ids):,} tokens, each setting "
        "alone, the others off:**\n\n"
        f"| | {' | '.join(f'with {setting}' for setting in along)} |\n|---|---|---|---|\n" + "\n".join(lines)
    )
    if bits := _at_step(_rows(comparison, place), number):
        st.markdown(bits)


def _texts(comparison: Comparison, place: TextPlace, found: Any) -> None:
    """Draw every measure over the points of the sweep, and what it does."""
    from viz.compare.sweep import sweep as draw

    groups = _groups(comparison, place.model)
    if len(groups) < len(comparison.request.rows):
        st.info("No token is drawn yet.")
        return
    searched = any(row.beams.on for row in comparison.request.rows)
    count = min(len(group["length"]) for group in groups)  # a beam search has one text of a prompt
    unit = ("sample" if len(comparison.request.texts) == 1 else "prompt") + "s" * (count > 1)
    panels = figures.sweep_panels(groups, found, searched=searched)
    st.markdown(f"**Over whole texts, as {found.title} grows** ({count} {unit} a point, bars: 95 % interval):")
    plot(
        draw(list(panels.values()), found.ticks, palette=frame.palette()),
        "ladder",
        alt=f"Every measure as {found.title} grows.",
    )
    _trend_notes(count, unit, searched=searched, own_noise=comparison.request.own_noise)
    lines = [
        {"measure": name, "does": one.trend, **dict(zip(found.ticks, one.means, strict=True))}
        for name, one in panels.items()
    ]
    downloads.bar("ladder", numbers=lambda: pd.DataFrame(lines), code=None)


def _trend_notes(count: int, unit: str, *, searched: bool, own_noise: bool) -> None:
    """Draw what an arrow or a question mark says, and what is left out."""
    if count >= ENOUGH:
        st.caption(
            f"An arrow up or down: over the {unit}, the rank correlation with the setting differs from 0 (95 % interval). "
            "A “?”: it may be 0, so that these texts do not tell. “Stays”: no text differs."
        )
    if count < ENOUGH:
        st.caption(
            f"A “?” is undecided: a trend takes at least {ENOUGH} samples or prompts a point, here: {count} {unit}."
        )
    elif own_noise:
        st.caption("Each row has its own random numbers here: the same for all would show trends with fewer samples.")
    if searched:
        st.caption("A beam search draws nothing: it has no uncertainty of a draw and no tokens left.")


VIEWS = {
    "candidates": View(
        label="Candidates",
        help="What could be drawn at this step, and what was cut.",
        draw=candidates.draw,
    ),
    "map": View(
        label="Map",
        help="One step over all top-k and top-p.",
        draw=kp_plane.plane,
    ),
    "metrics": View(
        label="Measures",
        help="How uncertain each setting draws, and how varied and repetitive each of its texts is in itself.",
        draw=metrics,
    ),
    "steps": View(
        label="Steps",
        help="How many tokens the filters leave at every step, and how uncertain the draw is.",
        draw=over_steps,
    ),
    "sweep": View(label="Trends", help="What changes as k, p or temperature grows, and what does not.", draw=sweep),
    "pinned": View(label="Pinned", help="A run that you keep, to see it beside the next.", draw=pinned.draw),
}
