"""The code that the Generate page gives away, run unedited in an empty folder: same texts, same probabilities."""

from __future__ import annotations

import ast

import pytest

from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.step import Candidates
from model_utils.models.loading import LoadedModel
from model_utils.snippets.generate import generate_code
from model_utils.tokens.batch import TokenBatch
from tests.tools.snippets import Run

NEW, SENTENCE, STEP = 14, 1, 3

SETTINGS = (
    SamplingSettings(temperature=0.0),
    SamplingSettings(
        temperature=0.0, repetition_penalty=1.2, no_repeat_ngram_size=1, bad_words="people", min_new_tokens=9
    ),
    SamplingSettings(temperature=0.8, repetition_penalty=1.2, top_k=30, top_p=0.9, min_p=0.01, order="ktmp", seed=3),
)


@pytest.mark.parametrize("settings", SETTINGS, ids=["greedy", "processors", "sampled"])
def test_the_code_gives_the_same_texts_and_the_same_chances(
    tiny: LoadedModel, mission: TokenBatch, run_code: Run, settings: SamplingSettings
) -> None:
    code = generate_code(tiny.entry, mission.texts, settings, steps=NEW, sentence=SENTENCE, step=STEP)
    assert_equal(run_code(code), *made(tiny, mission, settings))


def made(tiny: LoadedModel, mission: TokenBatch, settings: SamplingSettings) -> tuple[list[list[int]], Candidates]:
    """Return the texts that the engine makes, and the candidates of the step in the picture."""
    lanes = [Lane(prompt=tuple(token.id for token in row), settings=settings) for row in mission.tokens]
    steps = [step for steps in decode(tiny, lanes, NEW) for step in steps]
    rows = [[step.token_id for step in steps if step.lane == b] for b in range(len(lanes))]
    return rows, next(step.candidates for step in steps if (step.lane, step.number) == (SENTENCE, STEP))


def assert_equal(printed: list[str], rows: list[list[int]], picture: Candidates) -> None:
    assert [ast.literal_eval(line[: line.index("]") + 1]) for line in printed[:3]] == rows
    for line in printed[3:13]:
        token, (before, after) = int(line.split()[0]), (float(part) for part in line.rsplit(" ", 3)[1::2])
        place = picture.at(token)
        assert (before, after) == pytest.approx((picture.before[place], picture.after[place]), abs=1e-4)


def test_the_call_that_stands_in_a_comment_draws_by_the_same_settings(
    tiny: LoadedModel, mission: TokenBatch, run_code: Run
) -> None:
    """With one token left at every step there is nothing to draw, so that its words are those of the page."""
    settings = SamplingSettings(temperature=0.8, top_k=1, top_p=0.9, min_p=0.01)
    code = generate_code(tiny.entry, mission.texts, settings, steps=NEW, sentence=SENTENCE, step=STEP)
    comment = code[code.index("# out = ") : code.index("# )") + 3]
    call = comment.replace("# ", "") + "\nshort = out[:, ids.shape[1] :].tolist()"
    printed = run_code(code.replace(comment, call) + "for row in short:\n    print(row)\n")
    rows, _ = made(tiny, mission, settings)
    assert [ast.literal_eval(line)[: len(row)] for line, row in zip(printed[-len(rows) :], rows, strict=True)] == rows


@pytest.mark.parametrize(
    "settings",
    [
        SamplingSettings(temperature=0.5, order="kpt"),
        SamplingSettings(repetition_penalty=1.2),
    ],
    ids=["order", "processor"],
)
def test_no_call_is_offered_that_would_do_otherwise(
    tiny: LoadedModel, mission: TokenBatch, settings: SamplingSettings
) -> None:
    code = generate_code(tiny.entry, mission.texts, settings, steps=NEW, sentence=SENTENCE, step=STEP)
    assert "model.generate(" not in code
