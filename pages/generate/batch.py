"""The views of the batch itself on the Generate page: against one sentence at a time, and what its rows decode to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.common import downloads, frame
from pages.common.caches import cache, cache_visit
from pages.common.components.beat import beat
from pages.common.components.plot import plot
from pages.common.runs import growing
from pages.common.view import View, choose
from pages.generate.run import lane_of
from pages.generate.state import generate_state

if TYPE_CHECKING:
    from model_utils.experiments.batch_timing import Round, Same
    from model_utils.jobs import Job
    from pages.generate.run import Generation

# Seconds between two drawings of the rounds measured so far; all of the page's part is drawn.
BEAT = 1.0


def draw(run: Generation) -> None:
    """Draw the choice of what to see of the batch, and that."""
    st.divider()
    view = choose("batch", VIEWS)
    if view.draw is not None:
        with frame.reader_errors():
            view.draw(run)


def _timing(run: Generation) -> None:
    """Draw whether the texts are the same one by one, and how long both ways take on this computer, now."""
    state = generate_state()
    measuring = state.measuring  # asked once: it may end while this is drawn
    job = state.timing[1] if state.timing is not None and state.timing[0] == run.request else None
    st.markdown(
        "**The texts must be the same; what differs is the time.** Both ways are measured in turns, without keeping a record of "
        "the steps."
    )
    with st.container(horizontal=True):
        if st.button(
            "Measure now",
            key="measure_ways",
            icon=":material/timer:",
            disabled=measuring or state.playing,
        ):
            _measure(run)
            st.rerun()
        if job is not None and measuring:
            st.button("Stop measuring", key="stop_measuring", on_click=job.cancel)
    if job is not None:
        _measured(run, job, beats=measuring)


def _measure(run: Generation) -> None:
    """Start to measure; what was measured before goes."""
    from model_utils.experiments.batch_timing import ROUNDS, BatchTiming
    from model_utils.generate.needs import decoding_needs

    state = generate_state()
    state.stop_timing()
    lanes = [lane_of(run.request, run.batch, number) for number in range(len(run.batch.texts))]
    loaded, new = run.loaded, run.request.max_new_tokens

    def work(job: Job[tuple[Same, ...]]) -> tuple[Same, ...]:
        timing = BatchTiming(loaded=loaded, lanes=lanes, max_new_tokens=new, gate=cache.gate, check=job.check)
        for number, one in enumerate(timing.rounds(), start=1):
            job.publish(one)
            job.report(number, ROUNDS)
        return timing.same()

    once = decoding_needs([(loaded, lanes)], new)
    needs = replace(once, operations=2 * ROUNDS * once.operations, made_megabytes=0)
    job = cache.JOBS.start(work, needs, name="batch timing")
    state.timing = (run.request, job)
    cache_visit.watch(job)


def _measured(run: Generation, job: Job[tuple[Same, ...]], *, beats: bool) -> None:
    """Draw the rounds measured so far, and at the end whether the texts are the same."""
    from model_utils.experiments.batch_timing import ROUNDS, judge
    from viz.generate.timing import two_ways

    ended = job.done
    growing.in_line(cache.JOBS.ahead(job))
    if job.error is not None:
        with frame.reader_errors():  # here: the page around a fragment never sees what it raises
            raise job.error
    rounds: list[Round] = job.events
    if rounds:
        figure = two_ways([one.batch for one in rounds], [one.alone for one in rounds], palette=frame.palette())
        plot(figure, "ways", alt="Seconds of each round in one batch and one after another.")
        found = judge(rounds)
        faster = "faster" if found.times >= 1 else "slower"
        times = max(found.times, 1 / found.times)
        if len(rounds) < 3:
            conclusion = "Too few rounds to tell."
        elif found.decided:
            conclusion = f"In one batch it is {times:.1f} times {faster} here."
        else:
            conclusion = "Neither way won every round: batching does not win here for certain."
        st.markdown(
            f"**{conclusion}** {len(run.batch.texts)} prompts, {run.request.max_new_tokens} new tokens, "
            f"{len(rounds)} of {ROUNDS} rounds; dots are rounds, bars their medians."
        )
    if not ended:
        st.caption("Measuring …")
    elif job.result is not None:
        _comparison(job.result)
    elif job.cancelled:
        st.caption("Stopped.")
    if ended and rounds:
        table = pd.DataFrame([vars(one) for one in rounds]).rename(columns=lambda name: f"{name}_s")
        downloads.bar("ways", numbers=lambda: table, code=None)
    if ended and beats:
        st.rerun()  # the page lets measure again
    if not ended:
        beat(BEAT, "beat_measured")


def _comparison(found: tuple[Same, ...]) -> None:
    """Draw for each sentence whether its text is the same both ways."""
    lines = []
    for number, one in enumerate(found):
        if one.equal:
            lines.append(f":material/check: Prompt {number}: the same text both ways.")
        elif one.near:
            lines.append(
                f":material/drag_handle: Prompt {number}: the same up to step {(one.at or 0) + 1}, where two tokens tie "
                "within rounding."
            )
        else:
            lines.append(f":material/close: Prompt {number}: another text from step {(one.at or 0) + 1} on.")
    st.markdown("  \n".join(lines))


def _decoded(run: Generation) -> None:
    """Draw what each row of the batch decodes to, with its pads and without, and what two limits of length would give."""
    from model_utils.experiments.batch_timing import room

    loaded, width = run.loaded, run.batch.size[1]
    rows = run.rows()[: len(run.batch.texts)]
    lengths = [len(tokens) for tokens in run.batch.tokens]
    longest = max(len(row) for row in rows)
    lines = []
    for number, (row, tokens) in enumerate(zip(rows, run.batch.tokens, strict=True)):
        drawn = [step.token_id for step in row]
        pads = [run.batch.pad_id] * (width - len(tokens))
        behind = [run.batch.pad_id] * (longest - len(drawn))
        ids = [*pads, *(token.id for token in tokens), *drawn, *behind]
        lines.append(
            {
                "row": number,
                "pads": len(pads),
                "prompt": len(tokens),
                "new": len(drawn),
                "max_length=40 leaves": room(lengths, 40),
                "decoded with the pads": loaded.tokenizer.decode(ids),
                "without (skip_special_tokens)": loaded.tokenizer.decode(ids, skip_special_tokens=True),
            }
        )
    table = pd.DataFrame(lines)
    st.markdown(
        "**`generate` gives the whole row back: pads, prompt and new tokens.** Decoded as it is, pads read as text."
    )
    for line in lines:
        st.caption(f"Row {line['row']}, with the pads and without them")
        st.code(
            f"{line['decoded with the pads']}\n\n{line['without (skip_special_tokens)']}",
            language=None,
            wrap_lines=True,
        )
    st.markdown(
        f"**`max_new_tokens={run.request.max_new_tokens}` adds so many to every row. `max_length=40` counts the row, pads "
        f"included:** this batch is {width} wide, so that {room(lengths, 40) or 'no'} new tokens would be left."
    )
    downloads.bar("decoded", numbers=lambda: table, code=None)


VIEWS = {
    "none": View(
        label="off",
        help="The prompts are the rows of one batch: is that faster than one at a time, and what do the rows hold?",
    ),
    "timing": View(
        label="time it", help="The same prompts in one batch and one after another, measured now.", draw=_timing
    ),
    "decoded": View(label="read its rows", help="What each row reads as, pads included and left out.", draw=_decoded),
}
