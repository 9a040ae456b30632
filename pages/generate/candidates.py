"""The candidates of one step on the Generate page, and the branch that takes another of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.generate import explain, tables
from model_utils.limits import MAX_SENTENCES
from pages.common import downloads, frame
from pages.common.caches import cache_shared, cache_visit
from pages.common.components.plot import plot
from pages.generate.run import branch, step_lines
from pages.generate.state import generate_state

if TYPE_CHECKING:
    from model_utils.generate.step import Step
    from pages.generate.run import Generation
    from viz.base.figure import Figure
    from viz.base.theme import Palette

LISTED = 10  # candidates in the figure


def draw(run: Generation, step: Step) -> None:
    """Draw the candidates of a step and what each filter left."""
    text = tuple(token for tokens in run.before(step) for token in tokens)
    settings, palette = run.request.settings, frame.palette()
    seen = (*run.request.models, text, step.number, settings, run.policy(step.lane))
    figure = cache_shared.figure(
        ("candidates", *seen, step.token_id, step.instead_of, palette), lambda: _figure(run, step, text, palette)
    )
    plot(figure, "candidates", alt=f"The candidates of step {step.number + 1} as bars, likeliest first.")
    st.text(explain.funnel(step, settings, run.loaded.entry.vocabulary))
    st.caption(explain.uncertainty(step))
    if step.instead_of is None and not settings.greedy and step.stages[-1].kept > 1:
        st.caption(explain.SUMMARY)
    _branch(run, step)
    plain = run.request.policy.plain and run.branch(step.lane) is None
    downloads.bar(
        "candidates",
        numbers=lambda: tables.candidates_table(step, run.label),
        code=lambda: (_code if plain else step_lines)(run, step),
    )


def _figure(run: Generation, step: Step, text: tuple[int, ...], palette: Palette) -> Figure:
    """Return the candidates that tell most as bars; `text` are the tokens before the step."""
    from viz.generate.candidates import Bar, fig_candidates

    table, settings = tables.candidates_table(step, run.label), run.request.settings
    shown: Iterable[Any] = table.iloc[step.candidates.telling(step.drawn, LISTED)].itertuples()
    bars = [
        Bar(
            label=line.token,
            token_id=line.token_id,
            rank=line.rank,
            before=line.probability_before,
            after=line.probability_after,
            outcome=line.outcome,
            by=line.cut_by,
            why=explain.ban(line.cut_by, line.token_id, text, settings, run.label),
            note=explain.penalised(line.token_id, text, settings),
        )
        for line in shown
    ]
    return fig_candidates(bars, palette, taken=step.instead_of is not None)


def _branch(run: Generation, step: Step) -> None:
    """Draw the choice of another candidate, and the button that goes on from it in a row of its own."""
    ids = [int(token) for token in step.candidates.ids if token != step.token_id]
    with st.container(horizontal=True, vertical_alignment="bottom", key="branch"):
        token = st.selectbox(
            "What if it had been …", ids, format_func=run.label, key=f"instead_{step.lane}_{step.number}"
        )
        full = run.count >= MAX_SENTENCES  # the published number of a sentence reaches no further
        growing = not run.job.done
        if st.button(
            "Branch", key="branch_off", icon=":material/alt_route:", disabled=growing or full or token is None
        ):
            branch(run, step.lane, step.number, token)
            cache_visit.watch(run.job)
            generate_state().branch_row = run.count - 1
            st.rerun()
    if full:
        st.caption(f"There are {run.count} rows, as many as the page holds: press Generate to begin anew.")


def _code(run: Generation, step: Step) -> str:
    from model_utils.snippets.generate import generate_code

    rows = run.rows()[: len(run.batch.texts)]
    return generate_code(
        run.loaded.entry,
        run.request.texts,
        run.request.settings,
        steps=max(len(row) for row in rows),
        sentence=step.lane,
        step=step.number,
        full=any(row and row[-1].stop == "context" for row in rows),
    )
