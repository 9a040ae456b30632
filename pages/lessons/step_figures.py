"""The figures that a step's page shows: for each page and view what computes and draws them, without the page.

Axis letters: T token, S setting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lessons import checks
from model_utils.errors import InputError, ReaderError
from pages.common import figures
from pages.common.link_parameters import CONTROLS
from viz.base.theme import PALETTES

if TYPE_CHECKING:
    from lessons.states import PageState
    from model_utils.models.loading import LoadedModel
    from viz.base.figure import Figure

PALETTE = PALETTES["light"]
# The parameter that names the view of a page.
VIEW = {
    "Tokens": "topic",
    "Masks": "look",
    "Heads": "closer",
    "Mechanics": "part",
    "Generate": "view",
    "Compare": "plot",
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


def _masks(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.experiments import ablation
    from model_utils.masks.mask import build_mask
    from viz.masks.mask import combined

    batch = state.batch(loaded)
    spec = state.spec(batch)
    mask, number = build_mask(spec, batch), spec.sentence
    real = slice(batch.first(number), batch.last(number) + 1)
    cells = combined(
        mask.visible[number][real, real],
        labels=batch.labels(number)[real],
        causes={name: causes[number][real, real] for name, causes in mask.causes.items()},
        sentences=None,
        palette=PALETTE,
        last=len(batch.tokens[number]) - 1,
    )
    plain = ablation.plain(spec)
    before = ablation.next_word(loaded, batch, plain) if plain != spec else None
    words = figures.next_words(checks.next_word(loaded, state), loaded.label, before=before, palette=PALETTE)
    return [StepFigure(figure=words), StepFigure(figure=cells)]


def _effect(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.experiments.ablation import attention_vs_ablation
    from model_utils.tokens.words import group_words

    batch = state.batch(loaded)
    words = group_words(batch.texts[state.sentence], batch.tokens[state.sentence])
    found = attention_vs_ablation(loaded, batch, replace(state.spec(batch), padding=True), words)
    return [StepFigure(figure=figures.attention_vs_ablation(found, palette=PALETTE))]


def _patterns(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.experiments.pattern_runs import run, under
    from model_utils.masks.patterns import PATTERNS
    from viz.masks.surprisal import surprisal, width

    batch = state.batch(loaded)
    spec = state.spec(batch)
    labels = [token.label for token in batch.tokens[spec.sentence]]
    if len(labels) == 1:
        return []
    before = run(loaded, batch, under(spec, "causal")).bits if spec.pattern != "causal" else None
    pattern, bits = PATTERNS[spec.pattern].label, run(loaded, batch, spec).bits
    figure = surprisal(labels, bits, before=before, pattern=pattern, palette=PALETTE)
    title = f"Surprise of each word, in bits{'' if before is None else '; pale: under the plain causal mask'}"
    return [StepFigure(figure=figure, least=width(len(labels)), title=title)]


def _sentences_compared(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.heads.difference import difference
    from viz.heads.difference import difference as draw

    batch = state.batch(loaded)
    if state.parameters.get("beside") != "sentence" or len(batch.texts) < 2:
        return []
    other = replace(state, parameters={**state.parameters, "sentence": str((state.sentence + 1) % len(batch.texts))})
    heads = [checks.trace(loaded, one)[0] for one in (state, other)]
    weights = [head.weights[head.first : head.last + 1, head.first : head.last + 1] for head in heads]
    blocked = np.triu(np.ones(weights[0].shape, bool), 1)
    found = difference(*weights)
    labels = [f"{place}" for place in range(len(blocked))]
    causes = {"causal": blocked}
    values = np.where(blocked, np.nan, found.values)
    return [StepFigure(figure=draw(values, limit=found.limit, labels=labels, causes=causes, palette=PALETTE))]


def _row(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.mechanics.trace import row_of
    from viz.mechanics.row import strips_width

    head, query, _ = checks.trace(loaded, state)
    stage, fill = (state.value(name, str(CONTROLS[name].default)) for name in ("stage", "fill"))
    labels = state.batch(loaded).labels(state.sentence)
    figure = figures.row(head, row_of(head, query, fill), labels, query=query, stage=stage, palette=PALETTE)
    return [StepFigure(figure=figure, least=strips_width(len(labels)))]


def _wrong_ways(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.mechanics.wrong_masks import APPLICATIONS, weight_shares

    head, query, _ = checks.trace(loaded, state)
    found = {way: weight_shares(head, way) for way in APPLICATIONS}
    labels, rows = state.batch(loaded).labels(state.sentence), slice(head.first, head.last + 1)
    figure = figures.wrong_ways(found, labels, rows=rows, query=query, palette=PALETTE)
    return [StepFigure(figure=figure, least=figures.WRONG_WAYS_WIDTH)]


def _tokens(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.experiments.batch_invariance import readings
    from viz.tokens.answers import answers_figure
    from viz.tokens.answers import width as answers_width
    from viz.tokens.table import batch_figure, width

    batch = state.batch(loaded)
    table, window = figures.table_of(batch), range(batch.size[1])
    rows = figures.next_word_rows(batch, readings(loaded, batch, range(len(batch.texts))))
    return [
        StepFigure(figure=batch_figure(table, window, palette=PALETTE), least=width(table, window)),
        StepFigure(figure=answers_figure(rows, palette=PALETTE), least=answers_width(rows)),
    ]


def _alone(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.experiments.batch_invariance import measure
    from viz.tokens.answers import answers_figure, width

    batch = state.batch(loaded)
    rows = figures.independence_rows(batch, measure(loaded, batch, range(len(batch.texts))))
    return [StepFigure(figure=answers_figure(rows, palette=PALETTE), least=width(rows))]


def _of_each_sentence(
    draw: Callable[[LoadedModel, PageState], Figure],
) -> Callable[[LoadedModel, PageState], list[StepFigure]]:
    """Return what draws a step of Generate for the sentence in view; of two sentences, for both."""

    def drawn(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
        _only(state, _WRITES)
        sentences = state.batch(loaded).texts
        if len(sentences) != 2:
            return [StepFigure(figure=draw(loaded, state))]
        states = (replace(state, parameters={**state.parameters, "sentence": str(number)}) for number in (0, 1))
        return [StepFigure(figure=draw(loaded, one), title=text) for one, text in zip(states, sentences, strict=True)]

    return drawn


def _candidates(loaded: LoadedModel, state: PageState) -> Figure:
    if state.value("max_new_tokens", 0) != 1:
        raise InputError("A step about a whole text shows the text, which is no figure.")
    text = tuple(token.id for token in state.batch(loaded).tokens[state.sentence])
    step = checks.texts(loaded, state)[0][0]
    return figures.candidates(step, state.sampling(), text, loaded.label, palette=PALETTE)


def _waterfall(loaded: LoadedModel, state: PageState) -> Figure:
    from model_utils.generate.filters.full_distribution import filter_effects

    found = checks.distribution(loaded, state)
    return figures.waterfall(found, filter_effects(found), loaded.label, drawn=None, palette=PALETTE)


def _draws(loaded: LoadedModel, state: PageState) -> Figure:
    from model_utils.generate.filters.full_distribution import draw_many

    found = checks.distribution(loaded, state)
    counts = draw_many(found, number=0, draws=figures.DRAWS)
    return figures.draws(figures.draws_table(found, counts, loaded.label), drawn=None, palette=PALETTE)


def _rows(state: PageState) -> tuple[Any, ...]:
    from model_utils.compare.settings import parse

    _only(state, _COMPARES)
    return parse(state.parameters.get("settings", ""))


def _steps(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.compare.settings import name
    from viz.compare.metrics import steps

    rows = [
        (name(row), [step.stages[-1].kept for step in made], [step.entropy_after for step in made])
        for row, made in zip(_rows(state), checks.texts(loaded, state), strict=True)
    ]
    return [StepFigure(figure=steps(rows, chosen=0, step=0, palette=PALETTE))]


def _sweep(loaded: LoadedModel, state: PageState) -> list[StepFigure]:
    from model_utils.compare.sweep import find_sweep
    from model_utils.compare.text_metrics import TEXT_METRICS, measure
    from viz.compare.sweep import sweep

    rows, samples = _rows(state), state.value("samples", 1)
    found = find_sweep(rows)
    if found is None:
        return []
    values = [measure(steps) for steps in checks.texts(loaded, state, samples)]
    groups = [
        {one.name: np.array([each[one.name] for each in values[start : start + samples]]) for one in TEXT_METRICS}
        for start in range(0, len(values), samples)
    ]
    panels = list(figures.sweep_panels(groups, found, searched=False).values())
    return [StepFigure(figure=sweep(panels, found.ticks, palette=PALETTE))]


DRAWN: dict[str, Callable[[LoadedModel, PageState], list[StepFigure]]] = {
    "Tokens next-word": _tokens,
    "Tokens alone": _alone,
    "Masks why-blocked": _masks,
    "Masks effect": _effect,
    "Masks patterns": _patterns,
    "Heads compare": _sentences_compared,
    "Mechanics matrices": _row,
    "Mechanics wrong": _wrong_ways,
    "Generate candidates": _of_each_sentence(_candidates),
    "Generate waterfall": _of_each_sentence(_waterfall),
    "Generate draws": _of_each_sentence(_draws),
    "Compare steps": _steps,
    "Compare sweep": _sweep,
}
