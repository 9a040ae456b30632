"""What the Mechanics page shows of fill values and of wrong ways to apply a mask."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from formatting import percent
from pages.common import downloads, figures, frame
from pages.common.components.plot import plot
from pages.common.markdown import literal
from pages.mechanics import cache

if TYPE_CHECKING:
    from pages.mechanics.first_screen import CellSelection

# px that a picture with a column per token needs, of the token and of what stands left of it.
COLUMN, LEFT = 48, 110


def wide(selection: CellSelection) -> int:
    """Return the px that a picture with a column per token needs."""
    from viz.base.axes import FEW
    from viz.base.geometry import breadth
    from viz.base.text import shorten

    tokens = len(selection.labels)
    upright = selection.labels if tokens <= FEW else ()  # each beside the next
    words = [breadth(shorten(label, 9), 17) for label in upright]
    column = max([COLUMN, *(round((one + other) / 2) for one, other in pairwise(words))])
    return LEFT + tokens * (column if tokens <= 20 else 14)


def fills(selection: CellSelection) -> None:
    """Draw what each fill does to a word's row and to a fully blocked row; what follows from it lies in two boxes, closed."""
    import numpy as np

    from model_utils.masks.mask import FILLS
    from model_utils.mechanics.wrong_masks import by_fill_value
    from viz.mechanics import fill_values

    trace, name = selection.trace, literal(selection.names[0])
    shared: dict[str, Any] = {"fills": tuple(FILLS), "labels": selection.labels, "palette": frame.palette()}
    found = by_fill_value(trace, selection.query)
    rows = np.stack(list(found.values()))
    causes = {cause: cells[selection.query] for cause, cells in selection.causes.items()}
    hidden_row = bool(trace.empty_rows[selection.query])
    plot(
        fill_values.by_fill_value(rows, causes={} if hidden_row else causes, **shared),
        "fates_row",
        least=wide(selection),
        alt=f"The row of {selection.names[0]} under each fill",
    )
    same = all(np.array_equal(rows[0], row) for row in rows[1:])
    if same:
        st.markdown(
            f"**“{name}” reads something, so its row is the same under all three fills,** to the last bit of each weight."
        )
    _blocked_row(selection, shared, hidden_row)
    downloads.bar("fates", numbers=lambda: _fill_values(selection), code=lambda: _fills_code(selection))
    boxes = {
        "how_low": ("How low is low enough?", _how_low),
        "spread": ("The whole model, really run with −∞", _spread),
    }
    for name, (title, draw) in boxes.items():
        with st.expander(title, key=f"{name}_box", on_change="rerun") as box:
            if box.open:
                draw(selection)


def _blocked_row(selection: CellSelection, shared: dict[str, Any], hidden_row: bool) -> None:
    """Draw a fully blocked row under each fill: one of the sentence's own, or the row in view as if all were blocked."""
    import numpy as np

    from model_utils.mechanics.wrong_masks import by_fill_value
    from viz.mechanics import fill_values

    if hidden_row:
        st.markdown(f"**“{literal(selection.names[0])}” may read nothing at all,** and now the fill decides.")
    else:
        pad, own = (
            "A pad's own row is fully blocked: the fill decides.",
            "If the whole row were blocked, the fill would decide.",
        )
        st.markdown(f"**{pad if selection.trace.empty_rows.any() else own}**")
        rows = np.stack(list(by_fill_value(selection.trace, _blocked_query(selection), all_blocked=True).values()))
        picture = fill_values.by_fill_value(rows, causes={}, **shared)
        plot(picture, "fates_blocked", least=wide(selection), alt="A fully blocked row under each fill")
    st.markdown(
        f"Against `min` no score counts: 1/{len(selection.labels)} to each column, later ones too. `-10000` moves all scores "
        "alike: the mask vanishes. `-inf` leaves 0 divided by 0: NaN, not a number."
    )


def _blocked_query(selection: CellSelection) -> int:
    """Return the column whose row is shown fully blocked: the first that is, else the one in view."""
    empty = selection.trace.empty_rows.nonzero()[0]
    return int(empty[0]) if len(empty) and not selection.trace.empty_rows[selection.query] else selection.query


def _fill_values(selection: CellSelection) -> pd.DataFrame:
    from model_utils.mechanics.wrong_masks import by_fill_value, fill_value_table

    blocked = by_fill_value(selection.trace, _blocked_query(selection), all_blocked=True)
    return fill_value_table(by_fill_value(selection.trace, selection.query), blocked, selection.labels)


def _fills_code(selection: CellSelection) -> str:
    from model_utils.snippets.wrong_masks import fills_code

    return fills_code(
        *selection.described, **selection.place, query=selection.query, blocked_query=_blocked_query(selection)
    )


def _how_low(selection: CellSelection) -> None:
    """Draw how much of the row still lies on blocked cells as the fill sinks."""
    from model_utils.mechanics.wrong_masks import FILL_RANGE, blocked_share_by_fill
    from viz.mechanics import fill_values

    if not selection.trace.blocked[selection.query].any() or selection.trace.empty_rows[selection.query]:
        st.caption("This row has nothing blocked, or nothing else: choose another word.")
        return
    shares = blocked_share_by_fill(selection.trace, selection.query)
    figure = fill_values.enough(FILL_RANGE, shares.tolist(), palette=frame.palette())
    plot(figure, "enough", least=320, alt="What blocked cells still get as the fill sinks")
    st.markdown(
        "**−10000 is enough because exp(−10000) is exactly 0 in float32.** The "
        "formula says −∞ because only that is 0 whatever the scores."
    )
    downloads.bar(
        "how_low",
        numbers=lambda: pd.DataFrame({"fill": FILL_RANGE, "leak": shares}),
        code=lambda: _fills_code(selection),
    )


def _spread(selection: CellSelection) -> None:
    """Draw where a real pass of the whole model with minus infinity is NaN."""
    import numpy as np

    from model_utils.mechanics.wrong_masks import nan_table
    from viz.mechanics import fill_values

    found = cache.nan_spread(*selection.source)
    rows = np.vstack([found.rows, found.logits])
    names = [f"layer {layer}" for layer in range(len(found.rows))] + ["next words"]
    figure = fill_values.nan_spread(rows, names=names, labels=selection.labels, palette=frame.palette())
    plot(figure, "nan", least=wide(selection) + 40, alt="Which rows are NaN, layer by layer")
    if found.rows.any():
        st.markdown(
            f"**NaN spreads: {percent(found.rows[0].mean())} of the rows in layer 0, {percent(rows[-1].mean())} of the next-word "
            "probabilities.** Each row reads the NaN keys of the layer before, blocked or not: NaN plus −∞ is NaN."
        )
    else:
        st.markdown("**No row of this sentence is fully blocked, so nothing turns into NaN.**")
    downloads.bar("nan", numbers=lambda: nan_table(found, selection.labels), code=lambda: _fills_code(selection))


def wrong_ways(selection: CellSelection) -> None:
    """Draw the right way and three wrong ones, row by row: what lies where, and what is missing."""
    from model_utils.mechanics.wrong_masks import APPLICATIONS, weight_shares, weight_shares_table
    from model_utils.snippets.wrong_masks import applications_code

    rows = slice(selection.trace.first, selection.trace.last + 1)
    found = {application: weight_shares(selection.trace, application) for application in APPLICATIONS}
    figure = figures.wrong_ways(found, selection.labels, rows=rows, query=selection.query, palette=frame.palette())
    plot(
        figure,
        "wrong",
        least=figures.WRONG_WAYS_WIDTH,
        alt="Where the weight of each row lies when the mask is applied in a wrong way",
    )
    st.markdown(_told(selection, rows))
    downloads.bar(
        "wrong_ways",
        numbers=lambda: weight_shares_table(found, selection.labels, rows),
        code=lambda: applications_code(*selection.described, **selection.place),
    )


def _told(selection: CellSelection, rows: slice) -> str:
    """Return what the picture of the four ways shows, as Markdown."""
    if not selection.trace.blocked[rows].any():
        return (
            "**Nothing is blocked in this sentence, so the four ways agree:** they differ where a word may not be read."
        )
    return (
        "**Only adding a very low number before the softmax hides words and keeps every row at 1.** After it, the shares of "
        "hidden words are cut off and nobody gets them. A score multiplied by 0 is 0, so a hidden word has a score of 0, "
        "not a very low one. Adding 0 blocks nothing, not even pads. What blocked tokens get is a mean over all rows."
    )
