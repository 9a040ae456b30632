"""The views of one step on the Generate page: its candidates, the waterfall, all ranks, repeated draws, all steps, the mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from formatting import percent
from model_utils.generate import explain
from pages.common import downloads, figures, frame
from pages.common.components.plot import plot
from pages.common.hall import present
from pages.common.view import View
from pages.generate import cache, candidates
from pages.generate.run import step_lines, steps_frame

if TYPE_CHECKING:
    from model_utils.generate.filters.full_distribution import FullDistribution
    from model_utils.generate.step import Step
    from pages.generate.run import Generation

# px that the mask has beside the texts on a screen of 1,400.
WIDE = 400
# Rows of the repeated draws in a hall.
ROWS_IN_HALL = 7


def _distribution(run: Generation, step: Step) -> FullDistribution:
    """Return the whole distribution of a step."""
    request = run.request
    return cache.full_distribution(request.model, *run.before(step), request.settings, run.policy(step.lane))


def waterfall(run: Generation, step: Step) -> None:
    """Draw what each filter removes and leaves, as shares of the probabilities and in tokens."""
    from model_utils.generate.filters.full_distribution import filter_effects

    distribution = _distribution(run, step)
    effects = filter_effects(distribution)
    figure = figures.waterfall(distribution, run.label, drawn=step.token_id, palette=frame.palette())
    plot(figure, "waterfall", alt="What each filter removes and leaves, as parts of one bar per stage.")
    vocabulary = run.loaded.entry.vocabulary
    parts = [f"{one.removed:,} cut by {one.filter}" for one in effects if one.state != "off"]
    st.markdown(
        f"**{vocabulary:,} tokens = {' + '.join([*parts, f'{effects[-1].kept:,} left'])}.** What is left is renormalised, "
        f"so that it adds up to 1. {explain.counts_within(run.request.settings)}".rstrip()
    )
    downloads.bar(
        "waterfall",
        numbers=lambda: pd.DataFrame([vars(one) for one in effects]),
        code=lambda: step_lines(run, step),
    )


def ranks(run: Generation, step: Step) -> None:
    """Draw the probabilities of the whole vocabulary over the ranks, with a line where each filter cuts."""
    from model_utils.distributions import nucleus_size
    from model_utils.generate.filters.filter_settings import CUTS, CUTTING, PROCESSORS
    from model_utils.generate.filters.full_distribution import filter_effects, rank_curve
    from viz.generate.rank_curve import rank_curve as draw

    distribution = _distribution(run, step)
    curve = rank_curve(distribution)
    labels, by = [run.label(int(token)) for token in curve.ids], [CUTS[cut] for cut in curve.cut]
    figure = draw(
        curve.ranks,
        curve.probabilities,
        by,
        labels,
        filters=CUTTING,
        left={one.filter: one.kept for one in filter_effects(distribution)},
        drawn=step.rank,
        palette=frame.palette(),
        banning=[one.name for one in PROCESSORS if one.cuts],
    )
    plot(figure, "ranks", alt="The probabilities of all tokens over their ranks, and where each filter cuts.")
    half = int(nucleus_size(distribution.before.astype(float), 0.5))
    st.markdown(
        f"**{'One token has' if half == 1 else f'{half:,} tokens have'} half of the probability; all "
        f"{len(distribution.before):,} are on this line.** {_what_is_cut(by[0])}"
    )
    table = pd.DataFrame(
        {
            "rank": curve.ranks,
            "token_id": curve.ids,
            "token": labels,
            "chance": curve.probabilities,
            "mass_up_to_here": curve.mass,
            "cut_by": by,
        }
    )
    downloads.bar("ranks", numbers=lambda: table, code=lambda: step_lines(run, step))


def _what_is_cut(by: str) -> str:
    """Return where the filters cut, `by` being what cut the likeliest word, empty where it was kept."""
    if not by:
        return "Filters cut the tail."
    return f"Not only the tail is cut here: {by} takes out the likeliest token itself."


def repeated_draws(run: Generation, step: Step) -> None:
    """Draw how often each word comes when the step is drawn many times, beside what is expected."""
    distribution = _distribution(run, step)
    request = run.request
    counts = cache.repeated_draws(
        request.model, *run.before(step), request.settings, run.policy(step.lane), figures.DRAWS
    )
    rows = ROWS_IN_HALL if present.on() else figures.ROWS
    table = figures.draws_table(distribution, counts, run.label, rows=rows)
    figure = figures.draws(table, drawn=step.token_id, palette=frame.palette())
    others = int(figures.DRAWS - table["came"].sum())
    plot(
        figure, "dice", alt=f"How often each token came in {figures.DRAWS} draws of this step, beside what is expected."
    )
    st.markdown(
        f"Marks: expected; whiskers: where about {percent(0.95)} of counts fall."
        + (f" {others} draws fell on tokens further down." if others else "")
    )
    downloads.bar("dice", numbers=lambda: table, code=lambda: step_lines(run, step))


def over_steps(run: Generation, step: Step) -> None:
    """Draw the uncertainty of every step of this row, and how many tokens each filter left."""
    from model_utils.generate.filters.filter_settings import CUTTING
    from viz.generate.over_steps import over_steps as draw

    steps, settings = run.rows()[step.lane], run.request.settings
    names = {one.name for one in settings.on}
    on = [place for place, one in enumerate(steps[0].stages) if settings.greedy or one.filter in names]
    figure = draw(
        [run.label(one.token_id) for one in steps],
        before=[one.entropy_before for one in steps],
        after=[one.entropy_after for one in steps],
        kept={steps[0].stages[place].filter: [one.stages[place].kept for one in steps] for place in on},
        filters=CUTTING,
        chosen=step.number,
        palette=frame.palette(),
    )
    plot(figure, "over_steps", alt="Uncertainty before and after the filters, and tokens left, at every step.")
    left = [one.stages[-1].kept for one in steps]
    st.markdown(
        f"**The filters left between {min(left):,} and {max(left):,} tokens.** Top-k leaves the same number at every step; top-p "
        "changes size: few where the model is sure, many where it is not."
    )
    downloads.bar("over_steps", numbers=lambda: steps_frame(run, [step.lane]), code=None)


def mask(run: Generation, step: Step) -> None:
    """Draw what every token may read when a step is drawn: the mask has grown by a row and a column a step."""
    from model_utils.masks.explain import sentences, table
    from viz.masks.mask import combined, has_sentences

    policy, (prompt, drawn) = run.policy(step.lane), run.before(step)
    grown = policy.mask(prompt, len(drawn))
    labels = [*(token.label for token in run.prompt(step.lane)), *(run.label(token) for token in drawn)]
    dropped = policy.drop_after is not None
    figure = combined(
        grown.visible[0],
        labels=labels,
        causes={name: cells[0] for name, cells in grown.causes.items()},
        sentences=sentences(grown, policy.spec, labels, number=0, dropped=dropped)
        if has_sentences(len(labels))
        else None,
        palette=frame.palette(),
        last=len(labels) - 1,
        width=WIDE,
    )
    plot(figure, "grown", alt="Which token each row may read when this step is drawn, and why not.")
    reads = int((grown.visible[0, -1] > 0).sum())
    st.markdown(
        f"**Step {step.number + 1} reads {reads} of {len(labels)} tokens.** Each step computes one row more. Earlier rows never "
        "change, so their keys and values are kept (the KV cache)."
    )
    downloads.bar("grown", numbers=lambda: table(grown, labels, 0), code=lambda: step_lines(run, step))


VIEWS = {
    "candidates": View(
        label="Candidates", help="The likeliest next tokens of a step, and why some are cut.", draw=candidates.draw
    ),
    "waterfall": View(label="Waterfall", help="What each filter removes, one after another.", draw=waterfall),
    "ranks": View(label="Ranks", help="The whole vocabulary, likeliest first, and where each filter cuts.", draw=ranks),
    "draws": View(
        label="200 draws",
        help="The same step drawn 200 times: how often each token comes.",
        draw=repeated_draws,
    ),
    "steps": View(label="Steps", help="Uncertainty and tokens left at every step.", draw=over_steps),
    "mask": View(label="Mask", help="What every token may read when this step is drawn.", draw=mask),
}
