"""The candidates of one step on the Generate page, and the branch that takes another of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate import explain, tables
from model_utils.limits import MAX_SENTENCES
from pages.common import downloads
from pages.generate import run as generate_run

if TYPE_CHECKING:
    from model_utils.generate.step import Step
    from viz.base.theme import Palette

LISTED = 10  # candidates in the figure


def draw(run: generate_run.Run, step: Step, palette: Palette) -> None:
    """Draw the candidates of a step and what each filter left."""
    from viz.generate.candidates import Bar, fig_candidates

    table = tables.candidates_table(step, run.label)
    shown = table.iloc[step.candidates.telling(step.drawn, LISTED)]
    bars = [
        Bar(
            label=line.token,
            token_id=line.token_id,
            rank=line.rank,
            before=line.chance_before,
            after=line.probability_after,
            outcome=line.outcome,
            by=line.cut_by,
        )
        for line in shown.itertuples()
    ]
    st.plotly_chart(
        fig_candidates(bars, palette),
        theme=None,
        key="fig_candidates",
        config=downloads.chart_config("candidates"),
        alt=f"The candidates of step {step.number + 1} as bars, likeliest first.",
    )
    st.text(explain.funnel(step, run.request.settings, run.loaded.entry.vocabulary))
    st.caption(explain.uncertainty(step))
    _branch(run, step)
    plain = run.request.policy.plain and run.branch(step.lane) is None
    downloads.bar(
        "candidates", numbers=lambda: table, code=lambda: (_code if plain else generate_run.step_lines)(run, step)
    )


def _branch(run: generate_run.Run, step: Step) -> None:
    """Draw the choice of another candidate, and the button that goes on from it in a row of its own."""
    ids = [int(token) for token in step.candidates.ids if token != step.token_id]
    with st.container(horizontal=True, vertical_alignment="bottom", key="branch"):
        token = st.selectbox(
            "What if it had been …", ids, format_func=run.label, key=f"instead_{step.lane}_{step.number}"
        )
        full = run.count >= MAX_SENTENCES  # the published number of a sentence reaches no further
        waits = not run.job.done
        if st.button("Branch", key="branch_off", icon=":material/alt_route:", disabled=waits or full or token is None):
            generate_run.branch(run, step.lane, step.number, token)
            st.session_state["_view_row"] = run.count - 1
            st.rerun()
    if full:
        st.caption(f"There are {run.count} rows, as many as the page holds: press Generate to begin anew.")


def _code(run: generate_run.Run, step: Step) -> str:
    from model_utils.snippets.tokens import generate_code

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
