"""The code that the Compare page gives away, run unedited in an empty folder: same texts, same plane."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from model_utils.compare import kp_plane
from model_utils.compare.settings import name, parse
from model_utils.compare.sweep import find_sweep
from model_utils.compare.tables import Text, as_data, measures_frame, steps_frame
from model_utils.compare.text_metrics import TEXT_METRICS
from model_utils.generate.full_distribution import next_logits
from model_utils.generate.lane import Lane
from model_utils.models.loading import LoadedModel
from model_utils.snippets.compare import compare_code, surface_code
from tests.tools.decoding import grown, ids

PROMPT, NEW, SAMPLES = "He shook his", 9, 2
ROWS = parse("t1;t0.7,k40,p0.9,m0.01,optkm;t0;k3,s5")
PLACE = (1544, 14682, 465)


@pytest.fixture(scope="module")
def texts(tiny: LoadedModel) -> list[Text]:
    """Return every text of a small comparison."""
    lanes = [Lane(prompt=PLACE, settings=row.seeded(2), sample=sample) for row in ROWS for sample in range(SAMPLES)]
    return [
        Text(
            model="tiny-gpt2",
            row=number // SAMPLES,
            name=name(ROWS[number // SAMPLES]),
            settings=lanes[number].settings,
            sample=number % SAMPLES,
            steps=steps,
            labels=[str(step.token_id) for step in steps],
        )
        for number, steps in enumerate(grown(tiny, lanes, NEW))
    ]


def test_the_code_gives_the_same_texts_and_the_same_plane(tiny: LoadedModel, texts: list[Text], tmp_path: Path) -> None:
    rows = [(name(row), row.seeded(2)) for row in ROWS]
    (tmp_path / "texts.py").write_text(compare_code(tiny.entry, PROMPT, rows, samples=SAMPLES, steps=NEW), "utf-8")
    (tmp_path / "plane.py").write_text(surface_code(tiny.entry, PLACE, 0.7), "utf-8")
    both = "import runpy; runpy.run_path('texts.py'); print('----'); runpy.run_path('plane.py')"
    done = subprocess.run(
        [sys.executable, "-c", both], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True
    )
    written, plane = (part.strip().splitlines() for part in done.stdout.split("----"))
    assert len(written) == len(texts)
    for line, text in zip(written, texts, strict=True):
        assert line.startswith(f"{text.name} {text.sample} ")
        assert ast.literal_eval(line[line.index("[") : line.index("]") + 1]) == ids(text.steps)

    ranked = kp_plane.rank(next_logits(tiny, PLACE), 0.7)
    assert len(plane) == 20
    for line in plane:
        k, p, kept, mass, bits = (float(part) for part in line.split())
        found = kp_plane.kept_tokens(ranked, [int(k)], [p])
        assert abs(found[0, 0] - kept) <= 1
        if found[0, 0] == kept:
            assert kp_plane.kept_mass(ranked, found)[0, 0] == pytest.approx(mass, abs=1e-4)
            assert kp_plane.entropy(ranked, found)[0, 0] == pytest.approx(bits, abs=1e-3)


def test_tables_and_data_hold_every_step_of_every_text(texts: list[Text]) -> None:
    frame = steps_frame(texts)
    assert len(frame) == sum(len(text.steps) for text in texts)
    one = frame[(frame["row"] == 1) & (frame["sample"] == 1)]
    assert one["token_id"].tolist() == ids(texts[3].steps)
    assert set(one["settings"]) == {texts[3].name}

    class Asked:
        models, text, max_new_tokens = ("tiny-gpt2",), PROMPT, NEW

    data = as_data(texts, Asked)
    assert [[token["id"] for token in text["tokens"]] for text in data["texts"]] == [ids(text.steps) for text in texts]
    assert data["texts"][2]["settings"]["top_k"] == 40


def test_measures_are_told_per_setting_with_their_spread(texts: list[Text]) -> None:
    frame = measures_frame(texts)
    assert len(frame) == len(ROWS) * len(TEXT_METRICS)
    greedy = frame[(frame["row"] == 2) & (frame["measure"] == "kept")].iloc[0]
    assert (greedy["mean"], greedy["samples"]) == (1.0, SAMPLES)
    length = frame[(frame["row"] == 0) & (frame["measure"] == "length")].iloc[0]
    assert length["mean"] == sum(len(text.steps) for text in texts[:2]) / 2


def test_rows_that_differ_in_one_setting_are_a_ladder_in_its_order() -> None:
    found = find_sweep(parse("t1;k2;k50"))
    assert found is not None
    assert (found.title, found.order, found.ticks) == ("k", (1, 2, 0), ("2", "50", "off"))
    found = find_sweep(parse("t1,k5;t0.5,k5;t2,k5"))
    assert found is not None
    assert (found.title, found.ticks) == ("the temperature", ("0.5", "1", "2"))
    for line in ("k2;k50", "k2;k50;p0.9", "k2;k50;k50", "k2;k5,s1;k9", "k2;k5;k9,optkm"):
        assert find_sweep(parse(line)) is None
