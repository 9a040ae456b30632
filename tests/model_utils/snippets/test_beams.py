"""The code of a beam search, run unedited in an empty folder: the same finished texts with the same scores."""

from __future__ import annotations

import ast

import pytest

from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.beam_search.beams import beam_search
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.models.loading import LoadedModel
from model_utils.snippets.beams import beams_code
from tests.tools.snippets import Run

TEXTS = ("Once upon a time there was a", "It")


def test_the_code_gives_the_same_texts_and_scores(tiny: LoadedModel, run_code: Run) -> None:
    chosen = SamplingSettings(temperature=0.0, no_repeat_ngram_size=1, repetition_penalty=1.1, bad_words="great, a man")
    beams = BeamSettings(num_beams=3, length_penalty=0.5, early_stopping="never")
    printed = run_code(beams_code(tiny.entry, TEXTS, chosen, beams, max_new_tokens=8))
    lanes = [Lane(prompt=tuple(tiny.tokenizer(text)["input_ids"]), settings=chosen) for text in TEXTS]
    last = {step.sentence: step for steps in beam_search(tiny, lanes, beams, 8) for step in steps}
    found = [one for sentence in range(2) for one in last[sentence].hypotheses]
    for line, one in zip(printed, found, strict=True):
        assert float(line.split()[0]) == pytest.approx(one.normalised, abs=1e-4)
        assert ast.literal_eval(line[line.index("[") : line.index("]") + 1]) == list(one.tokens)
