"""The examples of the Generate page fit the model that they are for, and hide the words that they speak of."""

from __future__ import annotations

import pytest

from model_utils.generate.examples import BY_NAME, EXAMPLE_CONTROLS, RABBIT, TEXT_EXAMPLES, TextExample
from model_utils.generate.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.loading import LoadedModel
from model_utils.models.next_word import next_probabilities
from model_utils.tokens.batch import encode, split_sentences
from model_utils.tokens.words import group_words
from pages.common.controls import CONTROLS


@pytest.mark.parametrize("preset", TEXT_EXAMPLES, ids=lambda preset: preset.name)
def test_every_example_fits_its_bounds_and_the_bundled_context(tiny: LoadedModel, preset: TextExample) -> None:
    batch = encode(tiny.tokenizer, split_sentences(preset.text))
    new = preset.controls.get("max_new_tokens", CONTROLS["max_new_tokens"].default)
    assert batch.size[1] + int(new) <= tiny.context
    assert set(preset.controls) <= set(EXAMPLE_CONTROLS)
    assert all(CONTROLS[name].admits(value) for name, value in preset.controls.items())
    assert preset.sentence < batch.size[0]


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("The knight, with and without himself", ["brave", "knight"]),
        ("The fox, with and without [MASK]", ["The", "quick", "over"]),
        ("The rabbit, with and without him", ["rabbit"]),
    ],
)
def test_pairs_hide_in_their_second_line_the_words_that_they_name(
    tiny: LoadedModel, name: str, hidden: list[str]
) -> None:
    preset = BY_NAME[name]
    first, second = preset.text.split("\n")
    assert first == second
    assert preset.sentence == 1
    words = group_words(second, encode(tiny.tokenizer, (second,)).tokens[0])
    assert [words[place].label for place in preset.hidden] == hidden


def test_the_rabbit_is_copied_while_it_can_be_read(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, (RABBIT,))
    probabilities = [next_probabilities(tiny, batch, build_mask(MaskSpec(weights=w), batch))[0] for w in ({}, {2: 0.0})]
    rabbit = batch.tokens[0][2].id
    assert probabilities[0].argmax() == rabbit
    assert probabilities[0][rabbit] > 100 * probabilities[1][rabbit]


def test_the_summary_asks_as_its_paper_does(tiny: LoadedModel) -> None:
    preset = BY_NAME["A summary: TL;DR"]
    (text,) = split_sentences(preset.text)
    assert text.endswith("\nTL;DR:")
    settings = SamplingSettings(top_k=int(preset.controls["top_k"]), top_p=float(preset.controls["top_p"]))
    assert (settings.top_k, settings.off("p"), preset.controls["max_new_tokens"]) == (2, True, 100)
    assert Lane(prompt=(1,), settings=settings)
