"""The examples hide the words that their captions name."""

from __future__ import annotations

import pytest

from model_utils.masks.examples import BY_NAME, EXAMPLES, MaskExample
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import tokenize
from model_utils.tokens.words import group_words


def by_word(tiny: LoadedModel, example: MaskExample) -> list[tuple[str, float]]:
    words = group_words(example.text, tokenize(tiny.tokenizer, example.text))
    weights = example.token_weights(words)
    return [(word.label, weights[word.tokens[0]]) for word in words]


def test_the_fox_hides_the_words_under_mask(tiny: LoadedModel) -> None:
    words = by_word(tiny, BY_NAME["The fox, three words hidden"])
    shown = " ".join("[MASK]" if weight == 0 else text for text, weight in words)
    assert shown == "[MASK] [MASK] brown fox jumps [MASK] the lazy dog ."


def test_weights_go_to_words_in_their_places(tiny: LoadedModel) -> None:
    weights = dict(by_word(tiny, BY_NAME["quick 1, jumps 0.5, from lazy on 0"]))
    assert weights == {
        **dict.fromkeys(["The", "quick", "brown", "fox", "over", "the"], 1.0),
        "jumps": 0.5,
        **dict.fromkeys(["lazy", "dog", "."], 0.0),
    }
    relative = dict(by_word(tiny, BY_NAME["quick 1, all else 0.5"]))
    assert relative.pop("quick") == 1
    assert set(relative.values()) == {0.5}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Names only", ["Alice", "Tom", "Mary", "Henry"]),
        ("Feelings only", ["happy", "afraid", "sad"]),
    ],
)
def test_lists_keep_their_words_and_hide_the_rest(tiny: LoadedModel, name: str, kept: list[str]) -> None:
    assert [text for text, weight in by_word(tiny, BY_NAME[name]) if weight == 1] == kept


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_masks_something_and_leaves_something(tiny: LoadedModel, example: MaskExample) -> None:
    weights = [weight for _, weight in by_word(tiny, example)]
    assert min(weights) < 1
    assert max(weights) > 0
