"""Parts of the Tokens page that run the model: the next words, and whether they depend on the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.limits import MAX_ATTENTION_MB, OPERATIONS_PER_SECOND, UNASKED_OPERATIONS, attention_megabytes
from pages.common import figures, frame
from pages.common.caches import cache, cache_shared
from pages.common.components.plot import plot
from pages.common.hall import present

if TYPE_CHECKING:
    from model_utils.experiments.batch_invariance import Independence
    from model_utils.tokens.batch import BatchKey, TokenBatch
    from viz.tokens.answers import PanelRow

# Next words of each answer in a hall, where two answers stand below each other.
WORDS_IN_HALL = 3


_WAYS = (
    "No mask: nothing hides the pads, positions are the columns. Mask only: pads are hidden, positions are still the columns. "
    "Mask and positions: positions count from the first word."
)


def next_words(key: BatchKey, batch: TokenBatch) -> None:
    """Draw what the model says comes next in every row, and what it says in the last column where that is a pad."""
    found = _gather(
        "next",
        key,
        batch,
        batch.size[0] * batch.size[1],
        lambda rows: cache.batch_readings(key, rows.start, rows.stop),
    )
    both = figures.reads_pads(batch)
    rows = figures.next_word_rows(batch, found, words=WORDS_IN_HALL if both and present.on() else None)
    _draw("next", rows, (key, len(found)), "The likeliest next words of every row.")
    if both:
        _explain()


def independence(key: BatchKey, batch: TokenBatch) -> None:
    """Draw each sentence's answer alone beside its answers in the batch, ticked or crossed, in three ways."""
    real = sum(len(row) for row in batch.tokens)
    found: list[Independence] = _gather(
        "independence",
        key,
        batch,
        3 * batch.size[0] * batch.size[1] + real,
        lambda rows: cache.batch_independence(key, rows.start, rows.stop),
    )
    rows = figures.independence_rows(batch, found)
    if found:
        _judge(batch, found)
    explained = bool(rows) and not present.on()  # in a hall the picture needs the room
    if explained:
        st.caption(_WAYS)
    _draw(
        "independence",
        rows,
        (key, len(found)),
        "The five likeliest next words of every sentence, alone and in the batch in three ways.",
    )
    if explained:
        _explain(" Logits: the scores of which softmax makes probabilities.")


def _judge(batch: TokenBatch, found: list[Independence]) -> None:
    """Write what the ticks and crosses say."""
    from model_utils.experiments.batch_invariance import MASK_AND_POSITIONS

    if not all(one.in_batch[MASK_AND_POSITIONS].same for one in found):
        st.error("✗ Even with mask and positions the answers change in the batch: the positions sent are not right.")
    elif (batch.attention_mask == 1).all():
        st.markdown("No row holds a pad, so nothing can go wrong: add a sentence of another length.")
    elif batch.side == "right":
        st.markdown(
            "On the right no real token ever reads a pad, and positions are counted from the first word anyway, so nothing "
            "changes; only a prediction in the last column, at a pad, is wrong."
        )
    else:
        st.markdown(
            "With mask **and** positions every answer is that of the sentence alone; the other two may go wrong."
        )


def _explain(more: str = "") -> None:
    """Write what the marks of the panels mean, and their numbers."""
    st.caption(
        "✓: the same answer, but for rounding. ✗: another one; the percentage is the share of the probability that moved to "
        f"other words.{more}"
    )


def _gather(
    name: str, key: BatchKey, batch: TokenBatch, tokens: int, run: Callable[[range], tuple[Any, ...]]
) -> list[Any]:
    """Return the results of all rows, or of those finished so far: long work is asked for, shows its way, and stops.

    `tokens` is how many tokens the model will read, `run` returns the results of a range of rows.
    """
    from model_utils.experiments.batch_invariance import operations, passes

    loaded = cache.loaded_model(key.model)
    done = st.session_state.setdefault(f"_done_{name}", {})
    if done.get("key") != key:
        done.update(key=key, results=[])
    ranges, cost = passes(loaded, batch), operations(loaded, tokens)
    _say_split(loaded, batch, len(ranges))
    if cost > UNASKED_OPERATIONS and len(done["results"]) < batch.size[0]:
        asked = st.session_state.get(f"_asked_{name}") == key
        label = "Stop" if asked else f"Measure (about {cost / OPERATIONS_PER_SECOND:.0f} s)"
        st.button(label, key=f"_ask_{name}", on_click=_ask, args=(name, None if asked else key))
        if not asked:
            return list(done["results"])
    _run(ranges, done["results"], run)
    return list(done["results"])


def _say_split(loaded: Any, batch: TokenBatch, passes: int) -> None:
    if passes > 1:
        size = attention_megabytes(loaded.layers, loaded.heads, batch.size[1], batch.size[0])
        st.caption(
            f"The batch’s attention weights take {size:,.0f} MB, and {MAX_ATTENTION_MB} MB are the most for one pass:"
            " its padded rows go through the model one by one."
        )


def _run(ranges: tuple[range, ...], results: list[Any], run: Callable[[range], tuple[Any, ...]]) -> None:
    """Put into `results` what is missing, with a progress line where it takes several passes.

    Each range in its own place: a run of the page that this one overtook may still be at work on the same.
    """
    todo = [rows for rows in ranges if rows.start >= len(results)]
    bar = st.progress(0.0, f"Row 1 of {len(ranges)} …") if len(todo) > 1 else None
    for rows in todo:
        results[rows.start : rows.stop] = run(rows)
        if bar is not None:
            bar.progress(rows.stop / len(ranges), f"Row {rows.stop} of {len(ranges)}")
    if bar is not None:
        bar.empty()


def _ask(name: str, key: BatchKey | None) -> None:
    st.session_state[f"_asked_{name}"] = key


def _draw(name: str, rows: list[PanelRow], shown: tuple[BatchKey, int], alt: str) -> None:
    """Draw the panels, where there are any yet: those of `shown`, a batch and how many of its rows."""
    from viz.tokens.answers import answers_figure, width

    if not rows:
        return
    palette = frame.palette()
    figure = cache_shared.figure((name, *shown, palette), lambda: answers_figure(rows, palette=palette))
    plot(figure, name, least=width(rows), alt=alt)
