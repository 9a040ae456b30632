"""The examples of the Generate page fit the model that they are for, and hide the words that they speak of."""

from __future__ import annotations

import pytest

from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.beam_search.beams import beam_search
from model_utils.generate.examples import BY_NAME, EXAMPLE_CONTROLS, RABBIT, TEXT_EXAMPLES, TextExample
from model_utils.generate.filters.filter_settings import SETTINGS, SamplingSettings
from model_utils.generate.filters.full_distribution import full_distribution
from model_utils.generate.lane import Lane
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.loading import LoadedModel
from model_utils.models.next_word import next_probabilities
from model_utils.tokens.batch import encode, split_sentences
from model_utils.tokens.words import group_words
from pages.common.controls import CONTROLS
from tests.tools.decoding import grown, ids


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
        ("The fox, with and without three words", ["The", "quick", "over"]),
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


def drawn(tiny: LoadedModel, name: str, **other: float) -> list[int]:
    """Return the text of an example, with other settings where they are given."""
    preset = BY_NAME[name]
    values = {name: value for name, value in preset.controls.items() if name in SETTINGS}
    lane = Lane(
        prompt=tuple(tiny.tokenizer(preset.text)["input_ids"]), settings=SamplingSettings(**{**values, **other})
    )
    beams = BeamSettings(num_beams=int(preset.controls.get("num_beams", 1)))
    if not beams.on:
        return ids(grown(tiny, [lane], 40)[0])
    *_, (last,) = beam_search(tiny, [lane], beams, 40)
    return list(last.hypotheses[0].tokens)


def repeated(text: list[int], n: int) -> float:
    """Return the share of groups of n tokens that came before."""
    groups = [tuple(text[at : at + n]) for at in range(len(text) - n + 1)]
    return 1 - len(set(groups)) / len(groups)


def test_beams_repeat_and_the_ban_of_two_in_a_row_cures_them(tiny: LoadedModel) -> None:
    assert repeated(drawn(tiny, "Beams repeat"), 4) > 0.5
    assert repeated(drawn(tiny, "Beams, cured"), 2) == 0


def test_a_penalty_lets_pairs_come_again_and_a_ban_does_not(tiny: LoadedModel) -> None:
    assert repeated(drawn(tiny, "A penalty against repetition", repetition_penalty=1.0), 2) > 0.5
    assert repeated(drawn(tiny, "A penalty against repetition"), 2) < 0.1
    banned = drawn(tiny, "A ban against repetition")
    assert repeated(banned, 2) == 0 < repeated(banned, 1)


def test_typical_p_cuts_the_likeliest_word_and_the_nucleus_begins_with_it(tiny: LoadedModel) -> None:
    preset = BY_NAME["Typical, not likeliest"]
    prompt = tiny.tokenizer(preset.text)["input_ids"]
    values = {name: value for name, value in preset.controls.items() if name in SETTINGS}
    typical = full_distribution(tiny, prompt, SamplingSettings(**values))
    nucleus = full_distribution(tiny, prompt, SamplingSettings(top_k=0, top_p=0.5))
    likeliest = typical.before.argmax()
    assert typical.cut[likeliest] > 0
    assert nucleus.cut[likeliest] == 0


def test_the_summary_asks_as_its_paper_does(tiny: LoadedModel) -> None:
    preset = BY_NAME["A summary: TL;DR"]
    (text,) = split_sentences(preset.text)
    assert text.endswith("\nTL;DR:")
    settings = SamplingSettings(top_k=int(preset.controls["top_k"]), top_p=float(preset.controls["top_p"]))
    assert (settings.top_k, settings.off("p"), preset.controls["max_new_tokens"]) == (2, True, 100)
    assert Lane(prompt=(1,), settings=settings)
