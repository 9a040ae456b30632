"""The code that the Generate page gives away, run unedited in an empty folder: same texts, same probabilities."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.step import Candidates
from model_utils.models.loading import LoadedModel
from model_utils.snippets.generate import generate_code
from model_utils.tokens.batch import TokenBatch

NEW, SENTENCE, STEP = 14, 1, 3


SETTINGS = (
    SamplingSettings(temperature=0.0),
    SamplingSettings(
        temperature=0.0, repetition_penalty=1.2, no_repeat_ngram_size=1, bad_words="people", min_new_tokens=9
    ),
    SamplingSettings(temperature=0.8, repetition_penalty=1.2, top_k=30, top_p=0.9, min_p=0.01, order="ktmp", seed=3),
)
CUT = "----"


def test_the_code_gives_the_same_texts_and_the_same_chances(
    tiny: LoadedModel, mission: TokenBatch, tmp_path: Path
) -> None:
    """Greedy, greedy with processors and sampled, in one process: importing transformers takes longest."""
    for number, settings in enumerate(SETTINGS):
        code = generate_code(tiny.entry, mission.texts, settings, steps=NEW, sentence=SENTENCE, step=STEP)
        (tmp_path / f"code{number}.py").write_text(code, encoding="utf-8")
    both = f"import runpy\nfor i in range({len(SETTINGS)}):\n    runpy.run_path(f'code{{i}}.py'); print({CUT!r})"
    done = subprocess.run(
        [sys.executable, "-c", both], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True
    )
    for settings, printed in zip(SETTINGS, done.stdout.split(CUT), strict=False):
        assert_equal(printed.strip().splitlines(), *made(tiny, mission, settings))


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
