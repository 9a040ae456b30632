"""A blocked cell has one sentence with both tokens and every real cause, and a line of a table."""

from __future__ import annotations

import pytest

from model_utils.masks.explain import rule_in_words, sentence, sentences, table, why
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.tokens.batch import encode


def test_every_cause_is_named_and_the_first_leads() -> None:
    assert why("cat", "sat", ["causal", "hand"], MaskSpec()) == (
        "cat may not read sat: it comes later; it is also hidden by hand."
    )
    assert (
        why("cat", "pad", ["causal", "padding"], MaskSpec()) == "cat may not read pad: it is padding; it comes later."
    )


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (MaskSpec(pattern="window", width=3), "it lies outside the window of 3"),
        (MaskSpec(pattern="sink", width=3, first=2), "it is neither among the first 2 nor in the window of 3"),
        (MaskSpec(pattern="documents"), "it belongs to another document"),
    ],
)
def test_a_pattern_names_what_it_leaves_out(spec, words) -> None:
    assert why("a", "b", ["pattern"], spec) == f"a may not read b: {words}."


def test_what_may_be_read_has_its_sentence_too() -> None:
    assert sentence("a", "b", 1.0, [], MaskSpec()) == "a may read b."
    softened = sentence("a", "b", 0.5, [], MaskSpec())
    assert softened.startswith("a may read b")
    assert "0.5" in softened


def test_each_cell_of_a_batch_has_its_own_sentence_and_its_line_in_the_table(tiny) -> None:
    batch = encode(tiny.tokenizer, ("It will rain", "My dog"))
    spec = MaskSpec(sentence=1, cells=frozenset({(1, 0)}), weights={1: 0.25})
    mask = build_mask(spec, batch)
    found = sentences(mask, spec, batch.labels(1), number=1)
    assert found[2][1] == "“␣dog” may not read “My”: it is hidden by hand."
    assert found[2][0] == "“␣dog” may not read “pad”: it is padding."
    assert found[1][2] == "“My” may not read “␣dog”: it comes later."
    lines = table(mask, batch.labels(1), 1)
    assert len(lines) == 9
    cell = lines[(lines["query"] == 2) & (lines["key"] == 1)].iloc[0]
    assert (cell["query_token"], cell["key_token"], cell["visible"], cell["blocked_by"]) == ("␣dog", "My", 0, "hand")
    assert lines[(lines["query"] == 2) & (lines["key"] == 2)]["added"].item() == pytest.approx(-1.386294, abs=1e-5)


def test_a_rule_names_its_pattern_with_the_numbers_that_it_uses_and_what_is_hidden_by_hand(tiny) -> None:
    batch = encode(tiny.tokenizer, ("He shook his head",))
    assert rule_in_words(MaskSpec(), batch.tokens[0]) == []
    spec = MaskSpec(pattern="window", width=3, first=7, weights={1: 0.0, 2: 0.5}, cells={(3, 1)})
    window, hand, cells = rule_in_words(spec, batch.tokens[0])
    assert ("3" in window, "7" in window) == (True, False)
    assert all("“He shook his head”" in part for part in (hand, cells))
    hidden, softened = hand.split("“␣his”")
    assert "“␣shook”" in hidden
    assert "0.5" in softened
    assert cells.endswith("1")
