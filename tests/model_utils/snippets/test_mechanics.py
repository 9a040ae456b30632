"""The code of the Mechanics page runs unedited in an empty folder and prints what the page shows."""

from __future__ import annotations

import ast

import pytest

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.mechanics.token_loss import word_losses
from model_utils.mechanics.trace import record, row_of
from model_utils.models.loading import LoadedModel
from model_utils.snippets.mechanics import loss_code, row_code
from model_utils.tokens.batch import TokenBatch
from tests.conftest import MISSION
from tests.tools.snippets import Run

HARD = MaskSpec(pattern="window", width=4, weights={1: 0.5}, cells=frozenset({(4, 2)}))


def test_the_code_prints_the_row_its_output_and_the_loss_of_the_page(
    tiny: LoadedModel, mission: TokenBatch, run_code: Run
) -> None:
    at = {"side": "left", "layer": 3, "head": 1, "query": 7}
    for spec, fill in ((MaskSpec(), "min"), (HARD, "-10000")):
        lines = iter(run_code(row_code(tiny.entry, MISSION, spec, fill=fill, **at)))  # type: ignore[arg-type]
        head = record(tiny, mission, build_mask(spec, mission), sentence=0, layer=3, head=1)
        row = row_of(head, 7, fill)
        for key in range(8):
            printed = [float(number) for number in next(lines).split()[2:]]
            shown = [row.score[key], row.masked[key], row.exp[key], row.weight[key]]
            assert printed == pytest.approx([float(number) for number in shown], rel=1e-3, abs=1e-5)
        assert ast.literal_eval(next(lines).removeprefix("output ")) == pytest.approx(row.output, abs=1e-4)
        assert float(next(lines).removeprefix("apart ")) < 1e-6
    lines = iter(run_code(loss_code(tiny.entry, MISSION, MaskSpec(), side="left")))
    found = word_losses(tiny, mission, build_mask(MaskSpec(), mission), sentence=0)
    printed = [float(next(lines).split()[-1]) for _ in range(4)]
    assert printed == pytest.approx(found.nats[found.counts], abs=1e-4)
    assert float(next(lines).removeprefix("mean ")) == pytest.approx(found.mean(), abs=1e-4)
