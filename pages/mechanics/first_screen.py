"""The Mechanics page's first screen: one row of one head as strips, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

import pandas as pd
import streamlit as st

from pages.common import controls, downloads, frame
from pages.common.caches import cache_masks, cache_shared
from pages.common.components.plot import plot
from pages.common.controls import value
from pages.common.lesson import lesson
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.mechanics import cache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask, MaskSpec
    from model_utils.mechanics.trace import HeadRow, HeadTrace
    from model_utils.models.registry import ModelEntry
    from model_utils.tokens.batch import BatchKey, TokenBatch
    from viz.base.figure import Figure
    from viz.mechanics.row import Strips


class Place(TypedDict):
    """Where in a model and in a padded batch a head is."""

    side: str
    layer: int
    head: int


@dataclass(frozen=True, kw_only=True)
class CellSelection:
    """What the page shows: one cell of one head, on one sentence of a padded batch under the mask of `spec`.

    `query` and `key` are columns of the padded sentence.
    """

    page: frame.Page
    batch: TokenBatch
    spec: MaskSpec
    layer: int
    head: int
    query: int
    key: int

    @property
    def fill(self) -> str:
        """Return the published name of the fill that the shown head uses."""
        return str(value("fill"))

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels of the padded sentence."""
        return self.batch.labels(self.spec.sentence)

    @property
    def source(self) -> tuple[BatchKey, MaskSpec]:
        """Return what the caches take."""
        return self.page.key(self.batch.side), self.spec

    @property
    def shown(self) -> tuple[BatchKey, MaskSpec, int, int, int, int, str]:
        """Return all that figures of the cell depend on."""
        return *self.source, self.layer, self.head, self.query, self.key, self.fill

    @property
    def described(self) -> tuple[ModelEntry, tuple[str, ...], MaskSpec]:
        """Return what every piece of code of this page is made from."""
        return self.page.entry, self.batch.texts, self.spec

    @property
    def place(self) -> Place:
        """Return the padding side and the head, as code takes them."""
        return {"side": self.batch.side, "layer": self.layer, "head": self.head}

    @property
    def mask(self) -> Mask:
        """Return the mask of `spec`."""
        return cache_masks.mask(*self.source)

    @cached_property
    def trace(self) -> HeadTrace:
        """Return what the head computed."""
        return cache.head_trace(*self.source, layer=self.layer, head=self.head)

    @cached_property
    def causes(self) -> dict[str, NDArray[np.bool_]]:
        """Return the cells `[Q, K]` of each cause, each cell in the first that names it."""
        from model_utils.masks.mask import CAUSE_CODE

        return {cause: self.trace.cause == code for cause, code in CAUSE_CODE.items()}

    @cached_property
    def row(self) -> HeadRow:
        """Return the chosen row, stage by stage."""
        from model_utils.mechanics.trace import row_of

        return row_of(self.trace, self.query, self.fill)

    @property
    def names(self) -> tuple[str, str]:
        """Return the labels of the chosen query and key."""
        return self.labels[self.query], self.labels[self.key]


def _step(by: int) -> None:
    stages = list(CONTROLS["stage"].options)
    at = stages.index(value("stage")) + by
    controls.change(stage=stages[min(max(at, 0), len(stages) - 1)])


def _step_buttons(stage: str) -> None:
    """Draw the buttons that lead from one stage to the next."""
    first, *_, last = CONTROLS["stage"].options
    st.button("Back", key="stage_back", on_click=_step, args=(-1,), shortcut="PageUp", disabled=stage == first)
    st.button(
        "Next",
        key="stage_next",
        on_click=_step,
        args=(1,),
        shortcut="PageDown",
        type=lesson.button_type(),
        disabled=stage == last,
    )


def stages(selection: CellSelection) -> None:
    """Draw the row's strips up to the present stage, with the buttons that step through."""
    from viz.mechanics.strip_layout import strips_width

    with st.container(horizontal=True, vertical_alignment="center", key="stage_buttons"):
        if lesson.here() is None:  # in a lesson Back and Next are those of its steps
            _step_buttons(value("stage"))
        stage = controls.choice("stage", show_label=False)
    st.markdown(_sentence(selection, stage))
    if stage == "mask":
        _offer_earlier_row(selection)
    plot(
        _row_figure(selection, stage),
        "row",
        least=strips_width(len(selection.labels)),
        follows=True,
        opens="end" if stage == "values" else "start",  # their sum, on a phone
        alt=f"What “{selection.names[0]}” reads in layer {selection.layer}, head {selection.head}, up to the stage {stage}.",
    )
    downloads.bar("row", numbers=lambda: numbers(selection), code=lambda: code(selection))


def _offer_earlier_row(selection: CellSelection) -> None:
    """Draw, where the row in view is the last, the button that shows one that blocks later tokens; nothing elsewhere."""
    earlier = _earlier_row(selection)
    if earlier is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="earlier_row"):
        last, label = (literal(selection.labels[column].replace("␣", "")) for column in (selection.query, earlier))
        st.caption(f"“{last}” comes last, so there are no later tokens to block.", width="content")
        st.button(
            f"Show the row of “{label}”",
            key="show_earlier_row",
            on_click=controls.change,
            kwargs={"query": earlier - selection.trace.first},
        )


def _earlier_row(selection: CellSelection) -> int | None:
    """Return the column of a token amid the sentence whose row blocks later ones, where the row in view is the last."""
    trace = selection.trace
    middle = (trace.first + trace.last) // 2
    blocks_later = bool((selection.causes["causal"][middle] & trace.real).any())
    return middle if blocks_later and selection.query == trace.last else None


def _row_figure(selection: CellSelection, stage: str) -> Figure:
    from viz.mechanics.row import strips

    palette = frame.palette()
    return cache_shared.figure(
        ("row", *selection.shown, stage, palette), lambda: strips(_strips(selection), stage=stage, palette=palette)
    )


def _strips(selection: CellSelection) -> Strips:
    from viz.mechanics.row import Strips

    row = selection.row
    return Strips(
        labels=selection.labels,
        causes={cause: cells[selection.query] for cause, cells in selection.causes.items()},
        score=row.score,
        masked=row.masked,
        exp=row.exp,
        weight=row.weight,
        mixed=row.mixed,
        output=row.output,
        largest=row.largest,
        total=row.total,
        divisor=selection.trace.divisor_name,
    )


def _empty(selection: CellSelection) -> bool:
    """Return whether the row may read nothing at all."""
    return bool(selection.trace.empty_rows[selection.query])


def _sentence(selection: CellSelection, stage: str) -> str:
    """Return the sentence of a stage: what it does."""
    from model_utils.masks.mask import FILLS
    from viz.base.text import signed

    word, fill = literal(selection.names[0].replace("␣", "")), f"`{selection.fill}` ({signed(FILLS[selection.fill])})"
    heaviest = literal(selection.labels[int(selection.row.weight.argmax())].replace("␣", ""))
    if _empty(selection) and stage != "score":
        return (
            f"**“{word}” may read nothing at all, so the fill decides:** beside `min` no score counts and each column gets the "
            "same, `-10000` cancels out as if there were no mask, `-inf` leaves 0 divided by 0."
        )
    too_small = "is" if selection.fill == "-inf" else "is too small for float32 and becomes"
    zero = f"; that of {fill} {too_small} exactly 0" if _blocked_too(selection) else ""
    return {
        "score": f"**How well does each word answer what “{word}” asks for?** Every pair gets a score{_blocked_too(selection)}. "
        f"q is the query of “{word}”, the token that reads; k is the key of the token in a column. Each is "
        f"{selection.trace.width} numbers.",
        "mask": f"**The mask adds 0 to what may be read and {fill} to what may not.** It only takes tokens away: how the "
        "others share the weight is up to their scores.",
        "exp": f"**exp turns every number into one above 0{zero}.** The largest is taken off first so that "
        "nothing overflows; the division cancels it.",
        "weight": f"**Divided by their sum, the numbers add up to 1.** {_shared_out(selection)}"
        f"Most goes to “{heaviest}”.",
        "values": f"**Each word's value times its weight, added up: {selection.trace.width} numbers, this head's output for "
        f"“{word}”.** Coloured above 0, grey below. The length of the sum is not the sum of the lengths.",
    }[stage]


def _shared_out(selection: CellSelection) -> str:
    """Return what becomes of the weight of blocked keys, as a sentence; empty in a row that blocks none."""
    blocked = selection.trace.blocked[selection.query].any()
    return "What blocked tokens would have got, the others share. " if blocked else ""


def _blocked_too(selection: CellSelection) -> str:
    """Return which blocked keys have a score as well, as the end of a sentence; empty in a row that blocks none."""
    names = {"causal": "later words", "pattern": "words outside the pattern", "padding": "pads", "hand": "hidden words"}
    found = [name for cause, name in names.items() if selection.causes[cause][selection.query].any()]
    return f", {' and '.join(found)} too: the mask comes after" if found else ""


def code(selection: CellSelection) -> str:
    """Return the lines that reproduce the chosen row."""
    from model_utils.snippets.mechanics import row_code

    return row_code(*selection.described, **selection.place, query=selection.query, fill=selection.fill)


def numbers(selection: CellSelection) -> pd.DataFrame:
    """Return the chosen row, one line per key: every stage, and why a blocked key is blocked."""
    from model_utils.masks.mask import CAUSES

    row = selection.row
    return pd.DataFrame(
        {
            "key": range(len(selection.labels)),
            "key_token": selection.labels,
            "score": row.score,
            "mask": row.bias,
            "masked": row.masked,
            "exp": row.exp,
            "weight": row.weight,
            "blocked_by": [("", *CAUSES)[code] for code in selection.trace.cause[selection.query]],
        }
    )
