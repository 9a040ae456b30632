"""One step of the Compare page: the candidates of the setting in view, and by which random number each setting draws."""

from __future__ import annotations

from functools import partial
from math import log
from typing import TYPE_CHECKING

import streamlit as st

from formatting import percent
from model_utils.compare import settings as compare_settings
from model_utils.generate import explain, tables
from model_utils.generate.beam_search.beam_text import BeamToken
from pages.common import downloads, figures, frame
from pages.common.caches import cache_shared
from pages.common.components.plot import plot
from pages.common.markdown import literal
from pages.compare import texts as compare_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_utils.compare.request import TextPlace
    from model_utils.generate.step import Step
    from pages.compare.run import Comparison, Texts

LISTED = 8  # candidates in the figure


def draw(comparison: Comparison, place: TextPlace, number: int) -> None:
    """Draw what was drawn at one step, here and in the text that this one is compared with, and the candidates as bars."""
    texts, palette = comparison.texts(), frame.palette()
    if not texts[place]:
        st.info("No token is drawn yet.")
        return
    step = texts[place][number]
    st.markdown(f"**{compare_texts.which(comparison, place, number)}**")
    if isinstance(step, BeamToken):
        st.markdown("A beam search chooses whole texts: no token of it is drawn.")
        return
    places, other = _same_past(comparison, texts, place, number), _other_word(comparison, texts, place, number)
    st.markdown(
        "  \n".join(_lines(comparison, texts, place, number, places)),
        help=_why_it_wins(comparison, {one: texts[one][number] for one in places}),
    )
    before, settings = comparison.before(texts, place, number), comparison.request.settings(place.row)
    label = partial(comparison.label, model=place.model)
    figure = cache_shared.figure(
        (
            "compared step",
            comparison.request.models[place.model],
            before,
            settings,
            place.sample,
            step.token_id,
            other,
            palette,
        ),
        lambda: figures.candidates(step, settings, before, label, LISTED, palette, other),
    )
    plot(figure, "choice", alt=f"The candidates of row {place.row} at step {number + 1} as bars, likeliest first.")
    st.text(explain.funnel(step, settings, comparison.loaded[place.model].entry.vocabulary))
    downloads.bar("choice", numbers=lambda: tables.candidates_table(step, label, other), code=None)
    compare_texts.open_on_generate(comparison, place)


def _other_word(comparison: Comparison, texts: Texts, place: TextPlace, number: int) -> tuple[int, ...]:
    """Return the token of the text that this one is compared with where they part at this step, alone; else none."""
    found = comparison.first_difference(texts, place)
    return (found.other_id,) if found and found.number == number else ()


def _same_past(comparison: Comparison, texts: Texts, place: TextPlace, number: int) -> list[TextPlace]:
    """Return the text in view, behind the one that it is compared with where that one draws from the same past."""
    other, found = comparison.compared_with(place), comparison.first_difference(texts, place)
    if other is None or (found and found.number < number) or len(texts[other]) <= number:
        return [place]
    return [other, place]


def _lines(
    comparison: Comparison, texts: Texts, place: TextPlace, number: int, places: Sequence[TextPlace]
) -> list[str]:
    """Return what the text in view draws, below what the one that it is compared with draws from the same past."""
    lines = [_line(comparison, one, texts[one][number]) for one in places]
    other, found = comparison.compared_with(place), comparison.first_difference(texts, place)
    if other is not None and len(places) == 1:
        whose = f"row {other.row}" if other.row != place.row else "the first model"
        lines.append(f":gray[By this step {whose} has another text, with other candidates.]")
    elif found and found.reason == "cut" and found.number == number:
        lines[-1] += f"; “{literal(comparison.label(found.other_id))}” is cut"
    return lines


def _line(comparison: Comparison, place: TextPlace, step: Step | BeamToken) -> str:
    """Return which token a setting draws at a step, its rank and probability."""
    row, token = comparison.request.rows[place.row], literal(comparison.label(step.token_id, place.model))
    start = f"**{place.row} · {literal(compare_settings.name(row))}**"
    if isinstance(step, BeamToken):
        return f"{start} has “{token}”: a beam search draws nothing"
    if row.settings.greedy:
        return f"{start} takes “{token}”, the likeliest: {percent(step.probability)}"
    # What was likelier is banned, and a low temperature left this one nothing.
    before, after = percent(step.probability), percent(step.probability_after)
    share = before if before == after else f"{before} → {after} after the filters"
    share = share if step.probability else "its probability was below the smallest number"
    return f"{start} draws “{token}”: rank {step.rank:,}, {share}"


def _why_it_wins(comparison: Comparison, steps: Mapping[TextPlace, Step | BeamToken]) -> str | None:
    """Return the sums by which the drawn tokens win, and what is added; None where nothing is drawn."""
    sums = [
        f"row {place.row}: {_sum(log(step.probability), float(comparison.noise(place, step.number)[step.token_id]))}"
        for place, step in steps.items()
        if not isinstance(step, BeamToken)
        and step.probability
        and not comparison.request.rows[place.row].settings.greedy
    ]
    if not sums:
        return None
    return (
        "Of the tokens that the filters leave, the one with the largest ln p + noise is drawn. ln p: the logarithm of its "
        "probability before the filters; noise: a random number of its own at this step (Gumbel noise), the same in all rows "
        f"of one seed.\n\n{'; '.join(sums)}"
    )


def _sum(share: float, noise: float) -> str:
    """Return two numbers and their sum, which fits them as they are written."""
    share, noise = round(share, 2), round(noise, 2)
    plus = "+" if noise >= 0 else "-"
    total = f"{share:.2f} {plus} {abs(noise):.2f} = **{share + noise:.2f}**"
    return total.replace("-", "\N{MINUS SIGN}").replace(" ", "\N{NO-BREAK SPACE}")
