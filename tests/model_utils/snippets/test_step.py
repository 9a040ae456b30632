"""The code of one step, run unedited in an empty folder: under a mask, in a branch, with every filter."""

from __future__ import annotations

import ast

import pytest

from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.filters.full_distribution import draw_many, filter_effects, full_distribution
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel
from model_utils.snippets.step import spans, step_code
from model_utils.tokens.batch import tokenize
from tests.tools.snippets import Run

TEXT = "He shook his head and said that in the middle of the night"
NEW = (339, 550)
CASES = [
    (SamplingSettings(temperature=0.8, top_k=300, top_p=0.9, min_p=0.001, seed=4), None),
    (SamplingSettings(top_k=0, top_p=0.95), MaskPolicy(spec=MaskSpec(pattern="window", width=5))),
    (SamplingSettings(), MaskPolicy(spec=MaskSpec(weights={1: 0.0, 3: 0.5}, gap="close"), drop_after=1)),
    (SamplingSettings(temperature=1.6, top_k=40, top_p=0.7, order="kpmt"), None),
    (SamplingSettings(temperature=0.0), MaskPolicy(spec=MaskSpec(pattern="bidirectional"))),
    (SamplingSettings(repetition_penalty=1.5, no_repeat_ngram_size=1, bad_words="a, the", min_new_tokens=3), None),
]


@pytest.mark.parametrize(("settings", "policy"), CASES)
def test_the_code_opens_the_same_step(
    tiny: LoadedModel, run_code: Run, settings: SamplingSettings, policy: MaskPolicy | None
) -> None:
    prompt = tuple(token.id for token in tokenize(tiny.tokenizer, TEXT))
    mask = None if policy is None else policy.mask(prompt, len(NEW))
    lines = run_code(step_code(tiny.entry, (*prompt, *NEW), settings, number=len(NEW), mask=mask))
    step = full_distribution(tiny, prompt, settings, mask, drawn=NEW)
    counts = {line.rsplit(" ", 1)[0]: int(line.split()[-1]) for line in lines[: len(lines) - 52]}
    for one in filter_effects(step):
        assert one.state == "off" or counts[one.filter] == one.kept
    for line in lines[-52:-2]:
        token, (before, after) = int(line.split()[0]), (float(part) for part in line.rsplit(" ", 3)[1::2])
        assert (before, after) == pytest.approx((step.before[token], step.after[token]), abs=1e-4)
    came = draw_many(step, number=len(NEW), draws=200)
    counted = ast.literal_eval(lines[-1].removeprefix("200 draws "))
    assert counted == {token: int(came[token]) for token in counted}
    assert sum(counted.values()) > 0


def test_spans_of_a_row() -> None:
    assert spans([True, True, False, True]) == [(0, 2), (3, 4)]
    assert spans([False, False]) == []
