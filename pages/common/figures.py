"""Figures of what a page computed, which the sheets of lessons draw too: values in, a figure or its parts out.

Axis letters: V vocabulary, Q query, K key, S setting, N sample.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formatting import percent
from model_utils.generate import explain
from model_utils.generate.tables import candidates_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.compare.sweep import Sweep
    from model_utils.experiments.ablation import AttentionVsAblation
    from model_utils.experiments.batch_invariance import Answer, Independence, Reading
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.filters.full_distribution import FullDistribution, Stage
    from model_utils.generate.step import Step
    from model_utils.mechanics.wrong_masks import Application, WeightShares
    from model_utils.tokens.batch import TokenBatch
    from viz.base.figure import Figure
    from viz.base.theme import Palette
    from viz.compare.sweep import SweepPanel
    from viz.generate.filters import WaterfallBar
    from viz.tokens.answers import Agreement, Panel, PanelRow
    from viz.tokens.table import Table

    Label = Callable[[int], str]  # how a token id reads

BARS = 5  # next words as bars
# Words with a part of their own in the waterfall; rows of the repeated draws, and how many draws.
NAMED, ROWS, DRAWS = 5, 12, 200
PANELS_A_ROW = 4  # sentences side by side in the picture of next words
WRONG_WAYS_WIDTH = 840  # px that four panels need
# Measures of texts that are shares of 1.
SHARES = ("distinct_1", "distinct_2", "rep_4", "ended")


def next_words(
    after: NDArray[np.float64],
    label: Label,
    *,
    before: NDArray[np.float64] | None,
    palette: Palette,
    compared: str = "before",
) -> Figure:
    """Return the likeliest next words of `after[V]` as bars, beside `before[V]`, whose best stays in sight when it fell.

    `compared` is what the heading calls `before`.
    """
    from model_utils.models.next_word import top_tokens
    from viz.base.word_bars import word_bars

    best = [int(token) for token in top_tokens(after, BARS)]
    fallen = [] if before is None else [int(token) for token in top_tokens(before, 1) if int(token) not in best]
    rows = best[: BARS - len(fallen)] + fallen
    return word_bars(
        [label(token) for token in rows],
        [float(after[token]) for token in rows],
        before=None if before is None else [float(before[token]) for token in rows],
        last_rank=int((after > after[fallen[0]]).sum()) + 1 if fallen else 0,
        compared=compared,
        palette=palette,
        height=260,
    )


def candidates(
    step: Step,
    settings: SamplingSettings,
    text: Sequence[int],
    label: Label,
    count: int,
    palette: Palette,
    also: Collection[int] = (),
) -> Figure:
    """Return the `count` candidates of a step that tell most as bars, `also` among them; `text` are the tokens before it."""
    from viz.generate.candidates import Bar, fig_candidates

    places = step.candidates_with(also).telling([step.token_id, *also], count)
    shown: Any = candidates_table(step, label, also).iloc[places]
    return fig_candidates(
        [
            Bar(
                label=line.token,
                token_id=line.token_id,
                rank=line.rank,
                before=line.probability_before,
                after=line.probability_after,
                outcome=line.outcome,
                by=line.cut_by,
                why=explain.ban(line.cut_by, line.token_id, text, settings, label),
                note=explain.penalised(line.token_id, text, settings),
            )
            for line in shown.itertuples()
        ],
        palette,
        taken=settings.greedy or step.instead_of is not None,
        shift=explain.shift(settings),
    )


def attention_vs_ablation(found: AttentionVsAblation, *, palette: Palette) -> Figure:
    """Return one point per visible word: its attention, and the change when it is hidden."""
    from viz.masks.attention_vs_ablation import attention_vs_ablation as draw

    shown = np.flatnonzero(~found.hidden & ~np.isnan(found.change))
    words = [found.words[at].label for at in shown]
    return draw(found.attention[shown], found.change[shown], words=words, palette=palette)


def wrong_ways(
    found: Mapping[Application, WeightShares], labels: Sequence[str], *, rows: slice, query: int, palette: Palette
) -> Figure:
    """Return where the weight of each of `rows` lies when the mask is applied in the right way and in wrong ones."""
    from viz.mechanics.wrong_masks import wrong_masks

    titles = {
        "added": "correct: add the fill",
        "after": "mask after softmax",
        "times": "multiply by 0 or 1",
        "zero": "add 0 instead",
    }
    panels = [
        {"allowed": one.allowed, "causal": one.later, "padding": one.pads, "hand": one.hand, "pattern": one.pattern}
        for one in found.values()
    ]
    return wrong_masks(
        [{part: values[rows] for part, values in parts.items()} for parts in panels],
        titles=[(titles[way], _in_numbers(one, rows)) for way, one in found.items()],
        labels=labels[rows],
        lit=query - rows.start,
        palette=palette,
    )


def _in_numbers(found: WeightShares, rows: slice) -> str:
    """Return what is wrong with the rows of words, in numbers."""
    leak, total = found.blocked[rows].mean(), found.total[rows]
    if leak > 1e-6:
        return f"blocked tokens get {percent(leak)}"
    low = float(total.min())
    return f"row sums: {low:.2g} to {total.max():.2g}" if low < 0.9999 else "rows sum to 1"


def waterfall(distribution: FullDistribution, label: Label, *, drawn: int | None, palette: Palette) -> Figure:
    """Return what each filter removes and leaves, as parts of one bar per stage; `drawn` is the id of the token drawn."""
    from model_utils.generate.filters.filter_settings import CUTTING
    from viz.generate.filters import waterfall as draw

    ids = np.argsort(-distribution.before, kind="stable")[:NAMED].tolist()
    if drawn is not None and drawn not in ids:
        ids[-1] = drawn
    return draw(
        _bars(distribution, ids),
        [_short(label(token)) for token in ids],
        filters=CUTTING,
        drawn=None if drawn is None else ids.index(drawn),
        taken=distribution.settings.greedy,
        palette=palette,
    )


def _bars(distribution: FullDistribution, ids: list[int]) -> list[WaterfallBar]:
    """Return the bars of the waterfall: the model's probabilities, one bar per filter that is on, what is drawn from."""
    from model_utils.generate.filters.full_distribution import stages

    found = stages(distribution)
    bars = [_bar(distribution.settings, ids, one, before) for one, before in zip(found, (None, *found), strict=False)]
    if found[-1].gone:
        last = replace(found[-1], shares=found[-1].shares / found[-1].shares.sum(), gone={})
        bars.append(replace(_bar(distribution.settings, ids, last, None), title="renormalised", note=" · 100 %"))
    return bars


def _bar(settings: SamplingSettings, ids: list[int], stage: Stage, before: Stage | None) -> WaterfallBar:
    """Return the bar of a stage; `before` is the one that it follows."""
    from viz.generate.filters import WaterfallBar

    title, note, words = "the model's probabilities", "", stage.shares[ids]
    if stage.name:
        title = explain.filter_name(stage.name, settings)
    if stage.gone:
        cuts = before is None or stage.kept < before.kept
        note = f" · {percent(float(stage.shares.sum()))}" if cuts else " · cuts nothing here"
    return WaterfallBar(
        title=title,
        count=stage.kept,
        words=words.tolist(),
        rest=max(float(stage.shares.sum() - words.sum()), 0.0),
        gone=dict(stage.gone),
        note=note,
    )


def draws_table(
    distribution: FullDistribution, counts: NDArray[np.int64], label: Label, *, rows: int = ROWS
) -> pd.DataFrame:
    """Return how often each of the `rows` likeliest words came in DRAWS draws, `counts[V]`, beside what is expected."""
    after = distribution.after.astype(float)
    shown = np.argsort(-after, kind="stable")[:rows]
    shown = shown[after[shown] > 0]
    expected = DRAWS * after[shown]
    return pd.DataFrame(
        {
            "token_id": shown,
            "token": [label(int(token)) for token in shown],
            "chance": after[shown],
            "expected": expected,
            "two_standard_deviations": 2 * np.sqrt(expected * (1 - after[shown])),
            "came": counts[shown],
        }
    )


def draws(table: pd.DataFrame, *, drawn: int | None, palette: Palette) -> Figure:
    """Return that table as bars beside what is expected; `drawn` is the id of the token drawn."""
    from viz.generate.repeated_draws import repeated_draws

    ids = table["token_id"].tolist()
    return repeated_draws(
        [_short(label) for label in table["token"]],
        table["came"].tolist(),
        table["expected"].tolist(),
        table["two_standard_deviations"].tolist(),
        drawn=ids.index(drawn) if drawn in ids else None,
        palette=palette,
    )


def _short(label: str) -> str:
    return label if len(label) <= 16 else label[:15] + "…"


def sweep_panels(groups: Sequence[Mapping[str, Any]], found: Sweep, *, searched: bool) -> dict[str, SweepPanel]:
    """Return each measure of texts over the points of a sweep; `groups` are the values of each row, `searched` by beams."""
    from model_utils.compare import tables
    from model_utils.compare.text_metrics import TEXT_METRICS, trend
    from viz.compare.sweep import SweepPanel

    count = min(len(group["length"]) for group in groups)  # a beam search has one text of a prompt
    spreads = [tables.spreads(dict(groups[row])) for row in found.order]
    return {
        one.name: SweepPanel(
            title=one.title,
            means=[spread[one.name].mean for spread in spreads],
            margins=[spread[one.name].drawn_margin for spread in spreads],
            trend=trend(np.array([groups[row][one.name][:count] for row in found.order])),  # (S, N)
            log=one.name == "kept",
            share=one.name in SHARES,
        )
        for one in TEXT_METRICS
        if not (searched and one.of_draws)
    }


def table_of(batch: TokenBatch) -> Table:
    """Return what the table draws of `batch`."""
    from model_utils.tokens.padding import brackets
    from viz.tokens.table import Table

    rows = range(batch.size[0])
    return Table(
        labels=[batch.labels(b) for b in rows],
        ids=batch.input_ids,
        mask=batch.attention_mask,
        positions=batch.position_ids,
        read=[batch.last(b) for b in rows],
        brackets=[(found.row, found.first, found.last, found.character) for found in brackets(batch)],
    )


def reads_pads(batch: TokenBatch) -> bool:
    """Return whether the last column of a row is a pad."""
    return batch.side == "right" and bool((batch.attention_mask == 0).any())


def next_word_rows(batch: TokenBatch, found: Sequence[Reading], *, words: int | None = None) -> list[PanelRow]:
    """Return the next words of every sentence as panels, `words` of each, and those in the last column where that is a pad."""
    last = batch.size[1] - 1
    right = [_panel(_title(batch, b), one.right, "reference") for b, one in enumerate(found)]
    wrong = [
        _panel(_title(batch, b), one.last_column, "same" if batch.last(b) == last else "different", "above")
        for b, one in enumerate(found)
    ]
    right, wrong = ([replace(one, words=one.words[:words]) for one in panels] for panels in (right, wrong))
    rows, both = [], reads_pads(batch)
    for start in range(0, len(found), PANELS_A_ROW):
        part = slice(start, start + PANELS_A_ROW)
        rows.append(_row("Predicted at the last real token" if both else "", right[part]))
        if both:
            rows.append(_row("Predicted in the last column", wrong[part]))
    return rows


def independence_rows(batch: TokenBatch, found: Sequence[Independence]) -> list[PanelRow]:
    """Return each sentence's answer alone beside its answers in the batch, ticked or crossed, in three ways."""
    rows = []
    for b, one in enumerate(found):
        panels = [_panel("alone", one.alone, "reference")]
        panels += [
            _panel(way, answer, "same" if answer.same else "different", "alone", logits=True)
            for way, answer in one.in_batch.items()
        ]
        rows.append(_row(_title(batch, b, 60), panels))
    return rows


def _title(batch: TokenBatch, sentence: int, limit: int = 22) -> str:
    from model_utils.tokens.batch import sentence_label

    return f"{sentence_label(batch.texts[sentence], limit)} →"


def _panel(title: str, answer: Answer, agreement: Agreement, against: str = "", *, logits: bool = False) -> Panel:
    """Return one answer as a panel that says how it differs from the one that stands `against`; the right one needs no note."""
    from viz.tokens.answers import Panel

    notes = {
        "reference": "",
        "same": f"the same as {against}",
        "different": f"changed by {percent(answer.total_variation)} vs {against}",
    }
    note = f"{notes[agreement]}\n{_logits(answer)}" if logits else notes[agreement]
    return Panel(title=title, note=note, words=answer.words, agreement=agreement)


def _logits(answer: Answer) -> str:
    """Return by how much the logits differ; of the same answer only that it is less than what float32 may differ by."""
    from model_utils.experiments.batch_invariance import TOLERANCE

    if answer.same:
        return f"logits within {TOLERANCE:g}"
    return f"logits off by up to {answer.logit_difference:{'.1f' if answer.logit_difference >= 1 else '.1g'}}"


def _row(title: str, panels: list[Panel]) -> PanelRow:
    from viz.tokens.answers import PanelRow

    return PanelRow(title=title, panels=panels)
