"""Sentences in parts: each term of the glossary at its first mention, and every character of the sentence."""

from __future__ import annotations

import pytest

from pages.common.glossary import TERMS, parts

ASKED_FOR = (
    *("token", "batch", "padding", "attention mask", "causal", "head", "score", "attention weight", "fill value"),
    *(
        "value vector",
        "induction",
        "rollout",
        "layer",
        "logit",
        "softmax",
        "entropy",
        "surprise",
        "total variation",
        "sampling",
        "temperature",
    ),
    *("top-k", "top-p", "seed", "noise", "log-probability", "greedy", "beam search"),
)


def named(sentence: str, known: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    found = parts(sentence, known)
    assert "".join(part.text for part in found) == sentence
    return [(part.text, part.term) for part in found if part.term]


def test_the_terms_are_those_of_the_pages() -> None:
    assert tuple(TERMS) == ASKED_FOR
    assert all(text.endswith(".") and 40 < len(text) < 260 for text in TERMS.values())


@pytest.mark.parametrize(
    ("sentence", "terms"),
    [
        ("Each row shows one token: tokens before it.", [("token", "token")]),
        ("Masks: an attention mask and a causal mask.", [("Masks", "attention mask"), ("causal mask", "causal")]),
        (
            "Top-k and top-p decide, temperature too.",
            [("Top-k", "top-k"), ("top-p", "top-p"), ("temperature", "temperature")],
        ),
        ("A tokenizer, a headline, an unmasked overhead, top-kp.", []),
        ("", []),
    ],
)
def test_the_first_mention_of_each_term_is_found_as_a_whole_word(sentence: str, terms: list[tuple[str, str]]) -> None:
    assert named(sentence) == terms


def test_what_stands_elsewhere_on_the_page_is_not_named_again() -> None:
    assert named("A head of a layer.", frozenset({"head"})) == [("layer", "layer")]
