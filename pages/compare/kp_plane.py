"""The plane of k and p on the Compare page: what every pair would leave of one step, and which word it would draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from formatting import percent
from model_utils.compare import settings as compare_settings
from pages.common import controls, downloads, frame
from pages.common.caches import cache_shared
from pages.common.components.glossary import sentence
from pages.common.components.plot import plot
from pages.common.view import View
from pages.compare import cache
from pages.compare import texts as compare_texts

if TYPE_CHECKING:
    from model_utils.compare.kp_plane import Ranked
    from model_utils.compare.request import TextPlace
    from pages.compare.run import Comparison

SURFACES = {
    "words": View(
        label="tokens", help="The stronger the colour, the more tokens are left. A disc is one of your rows."
    ),
    "probability": View(
        label="probability", help="The stronger the colour, the more of the probability the tokens left have together."
    ),
    "entropy": View(
        label="uncertainty",
        help="The stronger the colour, the more uncertain the draw among the tokens left: its entropy, in bits.",
    ),
    "drawn": View(
        label="drawn",
        help="One area, one token: every top-k and top-p in it draws that token. Colours only tell areas apart.",
    ),
}
# The published name of the trace that each is drawn as.
TRACES = {"words": "kept_tokens", "probability": "kept_mass", "entropy": "entropy", "drawn": "drawn_word"}


def plane(comparison: Comparison, place: TextPlace, number: int) -> None:
    """Draw one step of the text in view over all k and p, with the settings as points on it."""
    from model_utils.compare import kp_plane

    request = comparison.request
    settings = request.settings(place.row)
    temperature = 1.0 if settings.greedy else settings.temperature
    model = request.models[place.model]
    ids = comparison.before(comparison.texts(), place, number)
    ranked = cache.ranked(model, ids, temperature)
    ks, ps = kp_plane.axis_k(len(ranked.ids)), kp_plane.axis_p()
    chosen = controls.choice("surface", SURFACES, show_label=False)
    sentence(SURFACES[chosen].help, "view_surface")
    name = TRACES[chosen]

    def computed() -> tuple[Any, Any, Any]:
        """Return what each pair keeps, the values of the plane, and its figure."""
        kept, logits = kp_plane.kept_tokens(ranked, ks, ps), cache.step_logits(model, ids)
        return kept, *_figure(comparison, place, number, name, ranked, logits, (ks, ps, kept), temperature)

    orders = tuple(row.settings.order for row in request.rows)  # written in two ways, one setting has two names
    key = ("surface", request, orders, place, number, name, ids, frame.palette())
    figure = cache_shared.figure(key, lambda: computed()[2])
    st.markdown(f"**{_which(comparison, place, number, temperature)}**")
    with st.container():  # empty too: what stands below it keeps its place
        _away_note(comparison, temperature)
    plot(figure, "surface", alt=f"Over all top-k and top-p: {SURFACES[chosen].label} at step {number + 1}.")
    _step_note(ranked, settings, drawn=name == "drawn_word")
    of = {"model": model, "sentence": place.prompt, "row": place.row, "step": number + 1, "temperature": temperature}
    downloads.bar(
        "surface",
        numbers=lambda: _table(ks, ps, *computed()[:2], name, of),
        code=lambda: _code(comparison, ids, place.model, temperature),
    )
    compare_texts.open_on_generate(comparison, place)


def _figure(
    comparison: Comparison,
    place: TextPlace,
    number: int,
    name: str,
    ranked: Ranked,
    logits: Any,
    grid: tuple[Any, Any, Any],
    temperature: float,
) -> tuple[Any, Any]:
    """Return the values of the plane and its figure."""
    from model_utils.compare import kp_plane
    from viz.compare.kp_plane import fig_surface, fig_words

    ks, ps, kept = grid
    points, palette = (
        _points(comparison, place, temperature, len(ranked.ids), same_noise=name == "drawn_word"),
        frame.palette(),
    )
    if name != "drawn_word":
        compute = {"kept_mass": kp_plane.kept_mass, "entropy": kp_plane.entropy}.get(name)
        values = kept if compute is None else compute(ranked, kept)
        equal = kp_plane.kept_tokens(ranked, [0], ps)[:, 0]
        return values, fig_surface(values, ks, ps, name=name, points=points, equal=equal, palette=palette)
    ranks = kp_plane.drawn_ranks(ranked, logits, temperature, comparison.noise(place, number))[kept - 1]
    words = {int(rank): comparison.label(int(ranked.ids[rank]), place.model) for rank in np.unique(ranks)}
    return ranked.ids[ranks], fig_words(ranks, words, ks, ps, points=points, palette=palette)


def _on_the_map(comparison: Comparison, row: int, temperature: float) -> bool:
    """Return whether a row draws at the temperature of the map, by k and p alone; greedy is like k = 1 on any, beams on none."""
    settings = comparison.request.settings(row)
    if comparison.request.rows[row].beams.on or settings.processors:
        return False
    if settings.greedy:
        return True
    t, k, p = (settings.full_order.index(letter) for letter in "tkp")
    ordered = k < p and (temperature == 1 or t < k)
    others = {one.letter for one in settings.on} - set("tkp")
    return settings.temperature == temperature and not others and ordered


def _points(
    comparison: Comparison, place: TextPlace, temperature: float, vocabulary: int, *, same_noise: bool
) -> list[Any]:
    """Return the rows that the map holds of; with `same_noise` only those that draw with the noise of the row in view."""
    from viz.compare.kp_plane import Point

    found = []
    for number, row in enumerate(comparison.request.rows):
        other_noise = comparison.request.settings(number).seed != comparison.request.settings(place.row).seed
        if not _on_the_map(comparison, number, temperature) or (same_noise and other_noise):
            continue
        settings = row.settings
        k, p = (1, 1.0) if settings.greedy else (settings.top_k or vocabulary, settings.top_p)
        found.append(
            Point(number=number, name=compare_settings.name(row), k=min(k, vocabulary), p=p, chosen=number == place.row)
        )
    return found


def _which(comparison: Comparison, place: TextPlace, number: int, temperature: float) -> str:
    """Return which step the map is of, at which temperature where that is not 1 or not the row's own."""
    which = compare_texts.which(comparison, place, number)
    own = comparison.request.settings(place.row).temperature
    return which if own == temperature == 1 else f"{which.removesuffix('.')}, at temperature {temperature:g}."


def _step_note(ranked: Ranked, settings: Any, *, drawn: bool) -> None:
    """Draw which k is which p on this map, and what is held fixed."""
    from model_utils.compare import kp_plane

    k, p = settings.top_k or 50, settings.top_p if 0 < settings.top_p < 1 else 0.9
    as_k, as_p = kp_plane.equal_k(ranked, p), kp_plane.equal_p(ranked, k)
    text = (
        f"**At this step top-p {p:g} alone leaves {as_k:,} tokens; top-k {k:,} alone leaves {percent(as_p)} of the "
        "probability.**"
    )
    if drawn:
        text += (
            " The random numbers are the same all over this map: a border is where a filter cuts the token drawn before, or "
            "leaves one with a larger number."
        )
    st.markdown(text)
    st.caption("One step, one temperature; no other filter, penalty or ban is on.")


def _away_note(comparison: Comparison, temperature: float) -> None:
    """Draw which rows the map does not hold of, where there are any."""
    rows = range(len(comparison.request.rows))
    away = [str(row) for row in rows if not _on_the_map(comparison, row, temperature)]
    if away:
        searched = any(row.beams.on for row in comparison.request.rows)
        what = f"another temperature, filter, penalty, ban{', beam search' if searched else ''} or order"
        st.caption(
            f"Not on this map: row {', '.join(away)}, since {what} makes another. Click a token there for its own."
        )


def _table(ks: Any, ps: Any, kept: Any, values: Any, name: str, of: dict[str, Any]) -> pd.DataFrame:
    """Return the plane as lines, one per pair; each begins with what it is a plane `of`."""
    p, k = np.broadcast_arrays(ps[:, None], ks[None, :])
    columns = {"top_k": k.ravel(), "top_p": p.ravel(), "kept_tokens": kept.ravel()}
    return pd.DataFrame(of | columns | {"token_id" if name == "drawn_word" else name: np.asarray(values).ravel()})


def _code(comparison: Comparison, ids: tuple[int, ...], model: int, temperature: float) -> str:
    from model_utils.snippets.compare import surface_code

    return surface_code(comparison.loaded[model].entry, ids, temperature)
