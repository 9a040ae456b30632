"""The figures that a step's page shows: for each page and view what computes and draws them, without the page.

Imported by who draws, not with a page: it loads all that computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lessons import checks
from model_utils.compare import settings
from model_utils.compare.sweep import find_sweep
from model_utils.compare.text_metrics import TEXT_METRICS, measure
from model_utils.errors import InputError, ReaderError
from model_utils.experiments import ablation, batch_invariance, pattern_runs
from model_utils.generate.filters.full_distribution import draw_many
from model_utils.masks.patterns import PATTERNS
from model_utils.mechanics.wrong_masks import APPLICATIONS, weight_shares
from model_utils.tokens.words import group_words
from pages.common import figures
from pages.common.link_parameters import CONTROLS
from viz.base.theme import PALETTES
from viz.compare.metrics import steps
from viz.compare.sweep import sweep
from viz.masks import surprisal
from viz.tokens import answers, table

if TYPE_CHECKING:
    from lessons.states import PageState
    from model_utils.models.loading import LoadedModel
    from viz.base.figure import Figure

PALETTE = PALETTES["light"]
# The parameter that names the view of a page.
VIEW = {
    **{"Tokens": "topic", "Masks": "look", "Heads": "closer"},
    **{"Mechanics": "part", "Generate": "view", "Compare": "plot"},
}
_WRITES = {"text", "sentence", "temperature", "top_k", "top_p", "seed", "max_new_tokens", "view"}
_COMPARES = {"text", "sentence", "settings", "samples", "seed", "max_new_tokens", "plot"}


@dataclass(frozen=True, kw_only=True)
class StepFigure:
    """A figure, the px that it needs at `least`, and a `title` above it: of which sentence it is, or what is drawn."""

    figure: Figure
    least: int = 0
    title: str = ""


def view(state: PageState) -> str:
    """Return the page and the view that a state opens, as DRAWN names them."""
    name = VIEW[state.page]
    return f"{state.page} {state.value(name, str(CONTROLS[name].default))}"


def step_figures(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    """Return what the state's view shows; nothing where it cannot be had without its page."""
    if "text" not in state.parameters or view(state) not in DRAWN:
        return []
    try:
        return DRAWN[view(state)](loaded, state)
    except ReaderError:
        return []


def _only(state: PageState, known: set[str]) -> None:
    """Raise InputError where a link sets what the figures here leave out, such as a mask while a text is written."""
    if unknown := set(state.parameters) - known:
        raise InputError(f"The page shows more: {', '.join(sorted(unknown))}.")


def _next_words(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    batch = state.batch(loaded)
    spec = state.spec(batch)
    before = ablation.next_word(loaded, batch, ablation.plain(spec)) if ablation.plain(spec) != spec else None
    after = ablation.next_word(loaded, batch, spec)
    return [StepFigure(figure=figures.next_words(after, loaded.label, before=before, palette=PALETTE))]


def _effect(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    batch = state.batch(loaded)
    words = group_words(batch.texts[state.sentence], batch.tokens[state.sentence])
    found = ablation.attention_vs_ablation(loaded, batch, replace(state.spec(batch), padding=True), words)
    return [StepFigure(figure=figures.attention_vs_ablation(found, palette=PALETTE))]


def _patterns(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    batch = state.batch(loaded)
    spec, labels = state.spec(batch), [token.label for token in batch.tokens[state.sentence]]
    if len(labels) == 1:
        return []
    now, causal = (pattern_runs.run(loaded, batch, one).bits for one in (spec, pattern_runs.under(spec, "causal")))
    before = causal if spec.pattern != "causal" else None
    figure = surprisal.surprisal(labels, now, before=before, pattern=PATTERNS[spec.pattern].label, palette=PALETTE)
    title = f"Surprise of each word, in bits{'' if before is None else '; pale: under the plain causal mask'}"
    return [StepFigure(figure=figure, least=surprisal.width(len(labels), compared=before is not None), title=title)]


def _wrong_ways(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    head, query, _ = checks.trace(loaded, state)
    found = {way: weight_shares(head, way) for way in APPLICATIONS}
    labels, rows = state.batch(loaded).labels(state.sentence), slice(head.first, head.last + 1)
    figure = figures.wrong_ways(found, labels, rows=rows, query=query, palette=PALETTE)
    return [StepFigure(figure=figure, least=figures.WRONG_WAYS_WIDTH)]


def _tokens(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    batch = state.batch(loaded)
    shown, window = figures.table_of(batch), range(batch.size[1])
    rows = figures.next_word_rows(batch, batch_invariance.readings(loaded, batch, range(batch.size[0])))
    return [
        StepFigure(figure=table.batch_figure(shown, window, palette=PALETTE), least=table.width(shown, window)),
        StepFigure(figure=answers.answers_figure(rows, palette=PALETTE), least=answers.width(rows)),
    ]


def _alone(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    batch = state.batch(loaded)
    rows = figures.independence_rows(batch, batch_invariance.measure(loaded, batch, range(batch.size[0])))
    return [StepFigure(figure=answers.answers_figure(rows, palette=PALETTE), least=answers.width(rows))]


def _waterfalls(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    """Return the waterfall of each sentence, for a step may be about their difference."""
    _only(state, _WRITES)
    found, sentences = [], state.batch(loaded).texts
    for number, text in enumerate(sentences):
        step = checks.distribution(loaded, replace(state, parameters={**state.parameters, "sentence": str(number)}))
        figure = figures.waterfall(step, loaded.label, drawn=None, palette=PALETTE)
        found.append(StepFigure(figure=figure, title=text if len(sentences) > 1 else ""))
    return found


def _draws(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    _only(state, _WRITES)
    step = checks.distribution(loaded, state)
    counted = figures.draws_table(step, draw_many(step, number=0, draws=figures.DRAWS), loaded.label)
    return [StepFigure(figure=figures.draws(counted, drawn=None, palette=PALETTE))]


def _steps(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    _only(state, _COMPARES)
    rows = [
        (settings.name(row), [step.stages[-1].kept for step in made], [step.entropy_after for step in made])
        for row, made in zip(
            settings.parse(state.parameters.get("settings", "")), checks.texts(loaded, state), strict=True
        )
    ]
    return [StepFigure(figure=steps(rows, ringed=[None] * len(rows), chosen=0, step=0, palette=PALETTE))]


def _sweep(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    _only(state, _COMPARES)
    found = find_sweep(settings.parse(state.parameters.get("settings", "")))
    if found is None:
        return []
    samples = state.value("samples", 1)
    values = [measure(made) for made in checks.texts(loaded, state, samples)]
    groups = [
        {one.name: np.array([each[one.name] for each in values[start : start + samples]]) for one in TEXT_METRICS}
        for start in range(0, len(values), samples)
    ]
    panels = list(figures.sweep_panels(groups, found, searched=False).values())
    return [StepFigure(figure=sweep(panels, found.ticks, palette=PALETTE))]


DRAWN: dict[str, Callable[[LoadedModel, PageState], list[StepFigure]]] = {
    "Tokens next-word": _tokens,
    "Tokens alone": _alone,
    "Masks why-blocked": _next_words,
    "Masks effect": _effect,
    "Masks patterns": _patterns,
    "Mechanics wrong": _wrong_ways,
    "Generate waterfall": _waterfalls,
    "Generate draws": _draws,
    "Compare steps": _steps,
    "Compare sweep": _sweep,
}
