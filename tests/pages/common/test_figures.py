"""Figures of what a page computed."""

from __future__ import annotations

from model_utils.experiments.batch_invariance import Answer
from pages.common.figures import _panel


def test_answers_that_are_the_same_read_alike_whatever_float32_leaves() -> None:
    exact, rounded = Answer(words=()), Answer(words=(), logit_difference=2e-5, total_variation=3e-6)
    alike = [_panel("batch", one, "same", "alone", logits=True).note for one in (exact, rounded)]
    assert alike[0] == alike[1]
    other = _panel(
        "batch", Answer(words=(), logit_difference=2.71, total_variation=0.14), "different", "alone", logits=True
    ).note
    assert "14\xa0%" in other
    assert "2.7" in other
    assert "alone" in other
