"""A lesson on paper: an HTML file for the class, one for teachers; each works without a network. Axis letter: T token."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from formatting import percent
from lessons.checks import MEASURES
from lessons.loading import Lesson, Step
from model_utils.errors import InputError
from model_utils.masks.mask import MaskSpec
from model_utils.masks.patterns import PATTERNS, filled
from pages.common.assets import plotly

if TYPE_CHECKING:
    from lessons.checks import Check
    from lessons.states import PageState
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch
    from pages.lessons.step_figures import StepFigure

# The most tokens whose grid fits across a sheet.
GRID_UP_TO = 16
# px of a sheet between its edges, on A4 and on a screen; its figures are that much smaller than on a page.
SHEET, SMALLER = 640, 0.75
# Measures that a lesson tells in percent.
SHARES = ("chance", "moved", "attention", "in_batch", "last_column", "kept_share", "repetition")


def student_page(lesson: Lesson, loaded: LoadedModel) -> str:
    """Return the sheet for the class, a whole HTML document: set-up, questions, room to write, grids to fill in."""
    steps = [_asked(step, loaded, answers=False) for step in lesson.steps]
    about = f"{len(steps)} questions. Predict first, then look."
    return _document(lesson.title, about, steps, above='<p class="name">Name <span></span> Date <span></span></p>')


def teacher_page(lesson: Lesson, loaded: LoadedModel) -> str:
    """Return the sheet for teachers, a whole HTML document: what the class has, with answers, figures and notes."""
    drawn: list[StepFigure] = []
    steps = [_answered(step, loaded, drawn) for step in lesson.steps]
    calls = [_drawing(number, one) for number, one in enumerate(drawn)]
    about = f"For teachers: {len(steps)} steps, {lesson.minutes} minutes. {lesson.needs}"
    return _document(f"{lesson.title}, with answers", about, steps, scripts=[plotly(), *calls] if calls else ())


def _document(title: str, about: str, steps: Sequence[str], *, above: str = "", scripts: Sequence[str] = ()) -> str:
    here = Path(__file__)
    parts = {
        "above": above,
        "title": html.escape(title),
        "about": html.escape(about),
        "style": here.with_name("handout.css").read_text(encoding="utf-8"),
        "steps": "\n".join(f"<section>\n{step}\n</section>" for step in steps),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    # In one pass, so that what a part says is never taken for a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], here.with_suffix(".html").read_text("utf-8"))


def _asked(step: Step, loaded: LoadedModel, *, answers: bool) -> str:
    """Return set-up and question of a step; without answers, with room to write and a table to fill in."""
    batch = step.state.batch(loaded) if "text" in step.state.parameters else None
    lines = [f"<h2>{step.number}. {html.escape(step.title)}</h2>"]
    if batch is not None:
        lines += [f'<p class="sentence">{html.escape(text)}</p>' for text in batch.texts]
        lines += [f'<p class="setup">{html.escape(part)}</p>' for part in _set_up(step.state, batch, loaded)]
    lines.append(f'<p class="question">{_marked(step.question)}</p>')
    if step.choices:
        items = [
            f"<li{' class=right' if answers and number == step.answer else ''}>{_marked(choice)}</li>"
            for number, choice in enumerate(step.choices, start=1)
        ]
        lines.append(f'<ol class="choices">{"".join(items)}</ol>')
    else:
        lines.append(f"<p>{_marked(step.prompt)}</p>")
    if not answers:
        if batch is not None:
            lines.append(_to_fill_in(step.state, batch))
        lines.append('<div class="lines"><hr><hr><hr></div>')
    return "\n".join(lines)


def _answered(step: Step, loaded: LoadedModel, drawn: list[StepFigure]) -> str:
    """Return a step with its answer, its note and its figures, which join those `drawn` so far; without, its numbers."""
    from pages.lessons.step_figures import step_figures

    lines = [_asked(step, loaded, answers=True), f'<p class="reveal">{_marked(step.reveal)}</p>']
    found = step_figures(loaded, step.state)
    for one in found:
        lines.append(f'<p class="over">{html.escape(one.title)}</p>' if one.title else "")
        lines.append(f'<div id="figure_{len(drawn)}"></div>')
        drawn.append(one)
    if not found:
        lines.append(_measured(step, loaded))
    lines.append(f'<p class="note">{_marked(step.note)} ({step.minutes} minutes)</p>')
    return "\n".join(lines)


def _measured(step: Step, loaded: LoadedModel) -> str:
    """Return what the step's checks measure, a table: what, where it is not the step's own state, and its value."""
    if not step.checks:
        return ""
    rows = []
    for check in step.checks:
        others = [_described(state, loaded) for state in check.states if state != step.state]
        cells = (_what(check), "; ".join(others) or "as set above", _value(check, loaded))
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "<tr><th>measured</th><th>of</th><th>value</th></tr>"
    return f'<table class="numbers">{head}{"".join(rows)}</table>'


def _what(check: Check) -> str:
    """Return what a check measures, with its options in their places."""
    text, left = MEASURES[check.measure].help, []
    for name, value in check.options.items():
        if f"`{name}`" in text:
            text = text.replace(f"`{name}`", f"{name} {value}")
        else:
            left.append(f"{name} {value}")
    return f"{text} ({', '.join(left)})" if left else text


def _value(check: Check, loaded: LoadedModel) -> str:
    try:
        found = check.measured(loaded)
    except (InputError, IndexError, ValueError) as error:
        return str(error)
    if isinstance(found, str):
        return found or "yes"
    return percent(found) if check.measure in SHARES else f"{found:.4g}"


def _described(state: PageState, loaded: LoadedModel) -> str:
    batch = state.batch(loaded)
    cell = [
        f"{name} {state.parameters[name]}" for name in ("layer", "head", "query", "key") if name in state.parameters
    ]
    return ", ".join([f"“{batch.texts[state.sentence]}”", *_set_up(state, batch, loaded), *cell])


def _set_up(state: PageState, batch: TokenBatch, loaded: LoadedModel) -> list[str]:
    """Return in words of a student what the page is set to, a part each."""
    from model_utils.compare import settings
    from model_utils.generate.explain import describe

    if state.page == "Compare" and "settings" in state.parameters:
        rows = settings.parse(state.parameters["settings"])
        return [f"Row {number}: {settings.name(row)}" for number, row in enumerate(rows)]
    if state.page in {"Generate", "Compare"}:
        return [describe(state.sampling())]
    if state.page == "Tokens":
        side = f"Pads stand on the {batch.side}. " if "side" in state.parameters else ""
        return [f"{side}The token that fills up short rows is “{_word(loaded.label(batch.pad_id))}”."]
    return _rule(state.spec(batch), [_word(token.label) for token in batch.tokens[state.sentence]])


def _rule(spec: MaskSpec, words: Sequence[str]) -> list[str]:
    """Return what a mask changes against the one that hides what comes later, a sentence each."""
    found = []
    if spec.pattern != "causal":
        reads = filled(PATTERNS[spec.pattern].help, width=spec.width, first=spec.first)
        found.append(f"What each word may read: {reads}.")
    if hidden := [f"“{words[token]}”" for token, weight in spec.pairs if weight == 0]:
        found.append(f"Hidden from the model: {', '.join(hidden)}.")
    if softened := [f"“{words[token]}” ({weight:g})" for token, weight in spec.pairs if weight]:
        found.append(f"Counts less than a whole word (1): {', '.join(softened)}.")
    if spec.cells:
        found.append(f"Cells of the table that are blocked by hand: {len(spec.cells)}.")
    return found


def _drawing(number: int, one: StepFigure) -> str:
    """Return the call that draws a figure in its place, a wider one smaller; nothing in its words ends the script."""
    data = one.figure.to_json().replace("</", "<\\/")
    place = json.dumps(f"figure_{number}")
    return (
        f"{{const figure = {data}; const least = {max(one.least, SHEET / SMALLER):g}; "
        "const width = Math.min(figure.layout.width ?? least, least); "
        f"Plotly.newPlot({place}, figure.data, {{...figure.layout, width}}, {{staticPlot: true}}); "
        f"document.getElementById({place}).style.zoom = Math.min({SHEET} / width, {SMALLER});}}"
    )


def _to_fill_in(state: PageState, batch: TokenBatch) -> str:
    """Return the empty table that a step's question is about: who reads whom, or a batch; else nothing."""
    if state.page == "Tokens" and state.value("topic", "next-word") == "next-word":
        return _batch_table(batch)
    if {"pattern", "cells"} & set(state.parameters) and len(batch.tokens[state.sentence]) <= GRID_UP_TO:
        return _grid(state, batch)
    return ""


def _batch_table(batch: TokenBatch) -> str:
    """Return an empty table `[B, T]`: rows are sentences, columns are places."""
    count = max(map(len, batch.tokens))
    if count > GRID_UP_TO:
        return ""
    head = "".join(f"<th>{place}</th>" for place in range(count))
    rows = "".join(f"<tr><th>{number}</th>{'<td></td>' * count}</tr>" for number in range(1, len(batch.texts) + 1))
    hint = "A row for each sentence, a cell for each token. Circle where a next word is predicted."
    return f'<p class="setup">{hint}</p><table class="grid batch"><tr><th></th>{head}</tr>{rows}</table>'


def _grid(state: PageState, batch: TokenBatch) -> str:
    """Return a table `[T, T]` in which rows read columns, its middle row filled in."""
    from model_utils.masks.mask import build_mask

    number, first = state.sentence, batch.first(state.sentence)
    labels = [html.escape(_word(token.label)) for token in batch.tokens[number]]
    example, real = len(labels) // 2, slice(first, first + len(labels))
    visible = build_mask(state.spec(batch), batch).visible[number][first + example, real]
    cells = "".join("<td>✓</td>" if one > 0 else '<td class="shut"></td>' for one in visible)
    head = "".join(f"<th><span>{label}</span></th>" for label in labels)
    rows = "".join(
        f"<tr><th>{label}</th>{cells if place == example else '<td></td>' * len(labels)}</tr>"
        for place, label in enumerate(labels)
    )
    hint = "Rows read columns: tick what may be read, shade what may not. One row is filled in."
    return f'<p class="setup">{hint}</p><table class="grid who"><tr><th></th>{head}</tr>{rows}</table>'


def _word(label: str) -> str:
    """Return how a token reads without the sign of the space before it, where it has more than that."""
    return label.lstrip("␣") or label


def _marked(text: str) -> str:
    """Return a text of a lesson as HTML: **bold** and `code`, all else as it stands."""
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(text))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
