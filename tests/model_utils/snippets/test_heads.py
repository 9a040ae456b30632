"""The code of measures, finds and means, run unedited in an empty folder: the numbers of the page."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.heads.measures import MEASURES, measure
from model_utils.heads.rollout import layer_mean, overall_mean, rollout
from model_utils.heads.search import find_heads, value_sizes
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import attention_maps
from model_utils.models.loading import LoadedModel
from model_utils.snippets.heads import heads_code, many_code
from model_utils.tokens.batch import encode
from tests.tools.snippets import Run

TEXTS = ("My dog is", "The white rabbit saw the white rabbit and the")
SPECS = (MaskSpec(sentence=1), MaskSpec(sentence=1, weights={2: 0.0}, pattern="bidirectional"))
PARTS = ("measures", "find", "together")


@pytest.fixture(scope="module")
def printed(tiny: LoadedModel, run_code: Run) -> list[list[str]]:
    """Return what the code of every part prints under each rule."""
    return [
        run_code(many_code(tiny.entry, TEXTS, spec, side="left", part=part, query=-1, key=1, layer=3))
        for spec in SPECS
        for part in PARTS
    ]


@pytest.mark.parametrize("place", range(len(SPECS)))
def test_measures_equal_those_of_the_table(tiny: LoadedModel, printed: list[list[str]], place: int) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    maps = attention_maps(tiny, batch, build_mask(SPECS[place], batch))[1]
    found = measure(maps, batch.input_ids[1], batch.first(1), batch.last(1))
    assert found is not None
    lines = printed[3 * place]
    assert len(lines) == 64
    for line in lines:
        layer, head, *values = line.split()
        told = {name: float(value) for name, value in (value.split("=") for value in values)}
        for name in MEASURES:
            expected = float(getattr(found, name)[int(layer), int(head)])
            assert told[name] == pytest.approx(expected, abs=2e-4), (name, layer, head)


@pytest.mark.parametrize("place", range(len(SPECS)))
def test_finds_equal_the_ranking(tiny: LoadedModel, printed: list[list[str]], place: int) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    mask = build_mask(SPECS[place], batch)
    maps = attention_maps(tiny, batch, mask)[1]
    table = find_heads(maps, value_sizes(tiny, batch, mask, 1), batch.last(1), batch.first(1) + 1)
    lines = printed[3 * place + 1]
    assert len(lines) == 64
    for line, row in zip(lines, table.itertuples(), strict=True):
        weight, contribution = (float(part.split("=")[1]) for part in line.split()[2:])
        assert weight == pytest.approx(row.weight, abs=1e-5)
        assert contribution == pytest.approx(row.contribution, abs=1e-3)


@pytest.mark.parametrize("place", range(len(SPECS)))
def test_means_and_rollout_equal_those_of_the_picture(tiny: LoadedModel, printed: list[list[str]], place: int) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    maps = attention_maps(tiny, batch, build_mask(SPECS[place], batch))[1]
    lines, T = printed[3 * place + 2], batch.size[1]
    for start, expected in enumerate((layer_mean(maps, 3), overall_mean(maps), rollout(maps)[3])):
        rows = lines[start * (T + 1) + 1 : (start + 1) * (T + 1)]
        shown = np.array([[float(cell) for cell in row.split()] for row in rows])
        np.testing.assert_allclose(shown[batch.first(1) :], expected[batch.first(1) :], atol=2e-5)


def test_the_code_prints_the_weights_of_the_picture_in_an_empty_folder(tiny, mission, run_code):
    """The lines run unedited and agree with what the page draws, nan where blocked."""
    lines = run_code(heads_code(tiny.entry, mission.texts, side="left", sentence=2, layer=3, head=3))
    printed = np.array([[float(cell) for cell in line.split()] for line in lines])
    maps = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))[2]
    expected = np.where(maps.cause > 0, np.nan, maps.weights[3, 3])
    np.testing.assert_allclose(printed, expected, atol=2e-6)
