"""The views below the batch on the Tokens page: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common import frame
from pages.common.lesson import cover
from pages.common.view import View, choose
from pages.tokens import answers, table

if TYPE_CHECKING:
    from model_utils.tokens.batch import BatchKey, TokenBatch
    from pages.common.frame import Page

VIEWS = {
    "next-word": View(
        label="Next word",
        help="What the model predicts after each sentence.",
        draw=answers.next_words,
    ),
    "alone": View(
        label="Alone or in the batch",
        help="Is the prediction the same alone and in the batch?",
        draw=answers.independence,
    ),
    "why-padding": View(
        label="Why padding",
        help="Why sentences of different lengths make no batch without pads.",
        draw=table.why_padding,
    ),
    "bytes": View(
        label="From bytes to tokens",
        help="How a word becomes tokens: pairs of pieces merge, in the order that GPT-2 learned.",
        draw=table.merges,
        answers=False,
    ),
}


def draw(page: Page, key: BatchKey | None, batch: TokenBatch | None) -> None:
    """Draw the view that is chosen, and nothing of the others; without a batch, only what needs none."""
    view = choose("topic", VIEWS, show_label=False)
    with frame.reader_errors():
        if view.draw is table.merges:
            page.loaded()
            table.merges(page.model)
        elif view.draw is not None and batch is not None:
            cover.view(view, key, batch)
