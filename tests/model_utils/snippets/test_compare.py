"""The code that the Compare page gives away, run unedited in an empty folder: same texts, same plane."""

from __future__ import annotations

import ast

import pytest

from model_utils.compare import kp_plane
from model_utils.compare.settings import name, parse
from model_utils.generate.beam_search.beams import beam_search
from model_utils.generate.filters.full_distribution import next_logits
from model_utils.generate.lane import Lane
from model_utils.models.loading import LoadedModel
from model_utils.snippets.compare import compare_code, surface_code
from tests.tools.decoding import grown, ids
from tests.tools.snippets import Run

PROMPTS, NEW, SAMPLES = ("He shook his", "It was"), 9, 2
ROWS = parse("t1;t0.7,k40,p0.9,m0.01,optkm;t0;k3,s5;t0,n1,wthe+a,r1.1,l9")
BEAMS = parse("b3;b4,n1,wthe+a,d0.5,fnever")
PLACE = (1544, 14682, 465)


def test_the_code_gives_the_same_texts(tiny: LoadedModel, run_code: Run) -> None:
    rows = [(name(row), row.seeded(2), row.beams if row.beams.on else None) for row in (*ROWS, *BEAMS)]
    written = run_code(compare_code(tiny.entry, PROMPTS, rows, samples=SAMPLES, steps=NEW))
    assert len(written) == len(PROMPTS) * (len(ROWS) * SAMPLES + len(BEAMS))
    for number, prompt in enumerate(PROMPTS):
        ids_of = tuple(tiny.tokenizer(prompt)["input_ids"])
        expected = [(sample, row) for row in ROWS for sample in range(SAMPLES)]
        lanes = [Lane(prompt=ids_of, settings=row.seeded(2), sample=sample) for sample, row in expected]
        texts = [tuple(ids(steps)) for steps in grown(tiny, lanes, NEW)]
        for row in BEAMS:
            *_, (last,) = beam_search(tiny, [Lane(prompt=ids_of, settings=row.settings)], row.beams, NEW)
            texts.append(last.leading)
        for (sample, row), text in zip([*expected, *((0, row) for row in BEAMS)], texts, strict=True):
            line = written.pop(0)
            assert line.startswith(f"{number} {name(row)} {sample} ")
            assert tuple(ast.literal_eval(line[line.index("[") : line.index("]") + 1])) == text


def test_the_code_gives_the_same_plane(tiny: LoadedModel, run_code: Run) -> None:
    plane = run_code(surface_code(tiny.entry, PLACE, 0.7))
    ranked = kp_plane.rank(next_logits(tiny, PLACE), 0.7)
    assert len(plane) == 20
    for line in plane:
        k, p, kept, mass, bits = (float(part) for part in line.split())
        found = kp_plane.kept_tokens(ranked, [int(k)], [p])
        assert abs(found[0, 0] - kept) <= 1
        if found[0, 0] == kept:
            assert kp_plane.kept_mass(ranked, found)[0, 0] == pytest.approx(mass, abs=1e-4)
            assert kp_plane.entropy(ranked, found)[0, 0] == pytest.approx(bits, abs=1e-3)
