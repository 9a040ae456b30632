"""A lesson on paper: an HTML file for the class, one for teachers; each works without a network. Axis letter: T token."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lessons.checks import next_word
from lessons.loading import Lesson, Step
from model_utils.errors import ReaderError
from pages.common.assets import plotly

if TYPE_CHECKING:
    from lessons.states import PageState
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch
    from viz.base.figure import Figure

# Pages whose steps have a mask to fill in, and those whose steps ask for a next word.
MASKED, PREDICTING = ("Masks", "Heads", "Mechanics"), ("Masks", "Generate", "Compare")
# The most tokens whose grid fits across a sheet.
GRID_UP_TO = 9
BARS = 5


def student_page(lesson: Lesson, loaded: LoadedModel) -> str:
    """Return the sheet for the class, a whole HTML document: set-up, questions, room to write, grids to fill in."""
    steps = [_asked(step, loaded, answers=False) for step in lesson.steps]
    return _document(lesson.title, f"{len(steps)} questions. Predict first, then look.", steps)


def teacher_page(lesson: Lesson, loaded: LoadedModel) -> str:
    """Return the sheet for teachers, a whole HTML document: what the class has, with answers, figures and notes."""
    drawn: list[Figure] = []
    steps = [_answered(step, loaded, drawn) for step in lesson.steps]
    calls = [_drawing(number, figure) for number, figure in enumerate(drawn)]
    about = f"For teachers: {len(steps)} steps, {lesson.minutes} minutes. {lesson.needs}"
    return _document(f"{lesson.title}, with answers", about, steps, [plotly(), *calls])


def _document(title: str, about: str, steps: Sequence[str], scripts: Sequence[str] = ()) -> str:
    here = Path(__file__)
    parts = {
        "title": html.escape(title),
        "about": html.escape(about),
        "style": here.with_name("handout.css").read_text(encoding="utf-8"),
        "steps": "\n".join(f"<section>\n{step}\n</section>" for step in steps),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    # In one pass, so that what a part says is never taken for a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], here.with_suffix(".html").read_text("utf-8"))


def _asked(step: Step, loaded: LoadedModel, *, answers: bool) -> str:
    """Return set-up and question of a step; without answers, with room to write and a grid to fill in."""
    batch = step.state.batch(loaded) if "text" in step.state.parameters else None
    lines = [f"<h2>{step.number}. {html.escape(step.title)}</h2>"]
    if batch is not None:
        lines += [f'<p class="sentence">{html.escape(text)}</p>' for text in batch.texts]
        lines += [f'<p class="setup">{html.escape(part)}</p>' for part in _set_up(step.state, batch)]
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
        if batch is not None and step.state.page in MASKED:
            lines.append(_grid([token.label for token in batch.tokens[step.state.sentence]]))
        lines.append('<div class="lines"></div>')
    return "\n".join(lines)


def _answered(step: Step, loaded: LoadedModel, drawn: list[Figure]) -> str:
    """Return a step with its answer, its note and its figures, which join those `drawn` so far."""
    lines = [_asked(step, loaded, answers=True), f'<p class="reveal">{_marked(step.reveal)}</p>']
    for figure in _figures(step.state, loaded):
        lines.append(f'<div id="figure_{len(drawn)}"></div>')
        drawn.append(figure)
    lines.append(f'<p class="note">{_marked(step.note)} ({step.minutes} minutes)</p>')
    return "\n".join(lines)


def _set_up(state: PageState, batch: TokenBatch) -> list[str]:
    """Return in words what the page is set to, a part each."""
    from model_utils.compare import settings
    from model_utils.generate.explain import describe
    from model_utils.masks.explain import rule_in_words

    if state.page == "Compare" and "settings" in state.parameters:
        rows = settings.parse(state.parameters["settings"])
        return [f"Row {number}: {settings.name(row)}" for number, row in enumerate(rows)]
    if state.page in {"Generate", "Compare"}:
        return [describe(state.sampling())]
    found = rule_in_words(state.spec(batch), batch.tokens[state.sentence]) if state.page in MASKED else []
    if state.page == "Tokens":
        found.append(f"Pads on the {batch.side}, pad token id {batch.pad_id}")
    return found


def _figures(state: PageState, loaded: LoadedModel) -> list[Figure]:
    """Return what a teacher needs to see of a state: its mask, its next words; none where it cannot be drawn."""
    if "text" not in state.parameters:
        return []
    try:
        batch = state.batch(loaded)
        found = [_mask(state, batch)] if state.page in MASKED else []
        return [*found, _next_words(state, loaded)] if state.page in PREDICTING else found
    except ReaderError:
        return []


def _mask(state: PageState, batch: TokenBatch) -> Figure:
    from model_utils.masks.mask import build_mask
    from viz.base.theme import PALETTES
    from viz.masks.mask import combined

    alone = batch.alone(state.sentence)
    mask = build_mask(state.spec(batch), batch)
    real = slice(batch.first(state.sentence), batch.last(state.sentence) + 1)
    return combined(
        mask.visible[state.sentence][real, real],
        labels=alone.labels(0),
        causes={name: cells[state.sentence][real, real] for name, cells in mask.causes.items()},
        sentences=None,
        palette=PALETTES["light"],
        last=len(alone.tokens[0]) - 1,
    )


def _next_words(state: PageState, loaded: LoadedModel) -> Figure:
    from model_utils.models.next_word import top_tokens
    from model_utils.tokens.batch import token_label
    from viz.base.theme import PALETTES
    from viz.base.word_bars import word_bars

    probabilities = next_word(loaded, state)
    best = [int(token) for token in top_tokens(probabilities, BARS)]
    labels = [token_label(loaded.tokenizer, token) for token in best]
    return word_bars(labels, [float(probabilities[token]) for token in best], palette=PALETTES["light"], height=220)


def _drawing(number: int, figure: Figure) -> str:
    """Return the call that draws a figure in its place; nothing in its words ends the script."""
    data = figure.to_json().replace("</", "<\\/")
    place = json.dumps(f"figure_{number}")
    return f"{{const figure = {data}; Plotly.newPlot({place}, figure.data, figure.layout, {{staticPlot: true}});}}"


def _grid(labels: Sequence[str]) -> str:
    """Return an empty table `[T, T]`: rows read, columns are read; nothing above GRID_UP_TO tokens."""
    if len(labels) > GRID_UP_TO:
        return ""
    named = [html.escape(label) for label in labels]
    head = "".join(f"<th>{label}</th>" for label in named)
    rows = "".join(f"<tr><th>{label}</th>{'<td></td>' * len(named)}</tr>" for label in named)
    return (
        f'<p class="setup">Which word may each row read?</p><table class="grid"><tr><th></th>{head}</tr>{rows}</table>'
    )


def _marked(text: str) -> str:
    """Return a text of a lesson as HTML: **bold** and `code`, all else as it stands."""
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(text))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
