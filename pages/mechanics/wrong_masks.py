"""What the Mechanics page shows of fill values and of wrong ways to apply a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from pages.common import downloads, frame
from pages.common.components.scroll import scroll_frame
from pages.common.markdown import literal
from pages.mechanics import cache

if TYPE_CHECKING:
    from model_utils.mechanics.wrong_masks import Damage, Way
    from pages.mechanics.first_screen import View

# px that a picture with a column per token needs, of the token and of what stands left of it.
COLUMN, LEFT = 48, 110

WAYS: dict[Way, str] = {
    "added": "right: add −∞",
    "after": "mask after softmax",
    "times": "multiply by 0 or 1",
    "zero": "add 0, not −∞",
}


def draw_figure(figure: Any, key: str, width: int, alt: str) -> None:
    """Draw a figure of `width` px, which scrolls where the screen is narrower; `alt` says what it shows."""
    with scroll_frame(key, width):
        st.plotly_chart(figure, theme=None, key=key, config=downloads.chart_config(key.removeprefix("fig_")), alt=alt)


def wide(view: View) -> int:
    """Return the px that a picture with a column per token needs."""
    tokens = len(view.labels)
    return LEFT + tokens * (COLUMN if tokens <= 20 else 14)


def fills(view: View) -> None:
    """Draw what each fill does to a word's row and to a fully blocked row, how low is low enough, and NaN spreading."""
    import numpy as np

    from model_utils.mechanics.trace import FILLS
    from model_utils.mechanics.wrong_masks import by_fill_value
    from viz.mechanics import fill_values

    trace, name = view.trace, literal(view.names[0])
    shared: dict[str, Any] = {"fills": tuple(FILLS), "labels": view.labels, "palette": frame.palette()}
    found = by_fill_value(trace, view.query)
    rows = np.stack(list(found.values()))
    causes = {cause: cells[view.query] for cause, cells in view.causes.items()}
    hidden_row = bool(trace.empty_rows[view.query])
    draw_figure(
        fill_values.by_fill_value(rows, causes={} if hidden_row else causes, **shared),
        "fig_fates_row",
        wide(view),
        f"The row of {view.names[0]} under each fill",
    )
    same = all(np.array_equal(rows[0], row) for row in rows[1:])
    if same:
        st.markdown(
            f"**“{name}” reads something: same, same, same,** to the last bit, whichever number the mask holds."
        )
    _blocked_row(view, shared, hidden_row)
    downloads.bar("fates", numbers=lambda: _fill_values(view), code=lambda: _fills_code(view))
    _how_low(view)
    _spread(view)


def _blocked_row(view: View, shared: dict[str, Any], hidden_row: bool) -> None:
    """Draw the fates of a fully blocked row: one of the sentence's own, or the row in view as if all were blocked."""
    import numpy as np

    from model_utils.mechanics.wrong_masks import by_fill_value
    from viz.mechanics import fill_values

    if hidden_row:
        st.markdown(f"**“{literal(view.names[0])}” may read nothing at all,** and now the fill decides.")
    else:
        rows = np.stack(list(by_fill_value(view.trace, _blocked_query(view), all_blocked=True).values()))
        picture = fill_values.by_fill_value(rows, causes={}, **shared)
        draw_figure(picture, "fig_fates_blocked", wide(view), "A fully blocked row under each fill")
        whose = "A pad's own row is fully blocked" if view.trace.empty_rows.any() else "Were the whole row blocked"
        st.markdown(f"**{whose}, and now the fill decides.**")
    st.markdown(
        f"`min` swallows every score: 1/{len(view.labels)} to each column, the future included. `-10000` moves all scores "
        "alike: the mask vanishes. `-inf` leaves 0 divided by 0: NaN, not a number."
    )


def _blocked_query(view: View) -> int:
    """Return the column whose row is shown fully blocked: the first that is, else the one in view."""
    empty = view.trace.empty_rows.nonzero()[0]
    return int(empty[0]) if len(empty) and not view.trace.empty_rows[view.query] else view.query


def _fill_values(view: View) -> pd.DataFrame:
    from model_utils.mechanics.tables import fill_value_table
    from model_utils.mechanics.wrong_masks import by_fill_value

    blocked = by_fill_value(view.trace, _blocked_query(view), all_blocked=True)
    return fill_value_table(by_fill_value(view.trace, view.query), blocked, view.labels)


def _fills_code(view: View) -> str:
    from model_utils.snippets.wrong_masks import fills_code

    return fills_code(*view.described, **view.place, query=view.query, blocked_query=_blocked_query(view))


def _how_low(view: View) -> None:
    """Draw how much of the row still lies on blocked cells as the fill sinks."""
    from model_utils.mechanics.wrong_masks import DEPTHS, leak_by_fill
    from viz.mechanics import fill_values

    st.subheader("How low is low enough?", anchor=False)
    if not view.trace.blocked[view.query].any() or view.trace.empty_rows[view.query]:
        st.caption("This row has nothing blocked, or nothing else: choose another word.")
        return
    leaks = leak_by_fill(view.trace, view.query)
    figure = fill_values.enough(DEPTHS, leaks.tolist(), palette=frame.palette())
    draw_figure(figure, "fig_enough", 320, "What still leaks to blocked cells as the fill sinks")
    st.markdown(
        "**−10000 is enough because exp(−10000) is exactly 0 in float32,** as is exp of anything below about −104. The "
        "formula says −∞ because only that is 0 whatever the scores."
    )
    downloads.bar(
        "how_low", numbers=lambda: pd.DataFrame({"fill": DEPTHS, "leak": leaks}), code=lambda: _fills_code(view)
    )


def _spread(view: View) -> None:
    """Draw where a real pass of the whole model with minus infinity is NaN."""
    import numpy as np

    from model_utils.mechanics.tables import spread_table
    from viz.mechanics import fill_values

    st.subheader("The whole model, really run with −∞", anchor=False)
    found = cache.spread(*view.source)  # type: ignore[arg-type]
    rows = np.vstack([found.rows, found.logits])
    names = [f"layer {layer}" for layer in range(len(found.rows))] + ["next words"]
    figure = fill_values.nan_spread(rows, names=names, labels=view.labels, palette=frame.palette())
    draw_figure(figure, "fig_nan", wide(view) + 40, "Which rows are NaN, layer by layer")
    if found.rows.any():
        st.markdown(
            f"**NaN spreads: {found.rows[0].mean():.0%} of the rows in layer 0, {rows[-1].mean():.0%} of the next-word "
            "chances.** Each row reads the NaN keys of the layer before, blocked or not: NaN plus −∞ is NaN."
        )
    else:
        st.markdown("**No row of this sentence is fully blocked, so nothing turns into NaN.**")
    downloads.bar("nan", numbers=lambda: spread_table(found, view.labels), code=lambda: _fills_code(view))


def wrong_ways(view: View) -> None:
    """Draw the right way and three wrong ones, row by row: what lies where, and what is missing."""
    from model_utils.mechanics.tables import ways_table
    from model_utils.mechanics.wrong_masks import damage
    from model_utils.snippets.wrong_masks import ways_code
    from viz.mechanics.wrong_masks import wrong_masks

    first, last = view.trace.first, view.trace.last + 1
    found = {way: damage(view.trace, way) for way in WAYS}
    panels = [
        {"allowed": one.allowed, "causal": one.later, "padding": one.pads, "hand": one.hand, "pattern": one.pattern}
        for one in found.values()
    ]
    figure = wrong_masks(
        [{part: values[first:last] for part, values in parts.items()} for parts in panels],
        titles=[(title, _damage(found[way], first, last)) for way, title in WAYS.items()],
        labels=view.labels[first:last],
        lit=view.query - first,
        palette=frame.palette(),
    )
    draw_figure(figure, "fig_wrong", 880, "Where the weight of each row lies when the mask is applied in a wrong way")
    st.markdown(
        "**Only adding −∞ before the softmax hides words and keeps every row at 1.** After it, the shares of hidden words are "
        "cut off and nobody gets them. A score multiplied by 0 is 0, and exp(0) is 1: the hidden words are back. Adding 0 "
        "changes nothing at all."
    )
    downloads.bar(
        "wrong_ways",
        numbers=lambda: ways_table(found, view.labels, slice(first, last)),
        code=lambda: ways_code(*view.described, **view.place),
    )


def _damage(found: Damage, first: int, last: int) -> str:
    """Return the damage to the rows of words in numbers."""
    leak, total = found.leaked[first:last].mean(), found.total[first:last]
    if leak > 1e-6:
        future = found.later[first:last].mean()
        return f"leaks {leak:.0%}, {future:.0%} to the future"
    low = float(total.min())
    return f"rows sum to {low:.2g} – {total.max():.2g}" if low < 0.9999 else "rows sum to 1, leak 0"
