"""The code beside the Mechanics page's faults runs unedited in an empty folder and prints what the page shows."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.mechanics.trace import HeadTrace, record, share_on, unmasked
from model_utils.mechanics.wrong_masks import (
    APPLICATIONS,
    FILL_RANGE,
    blocked_share_by_fill,
    by_fill_value,
    nan_spread,
    weight_shares,
)
from model_utils.models.loading import LoadedModel
from model_utils.snippets.wrong_masks import applications_code, fills_code, without_code
from model_utils.tokens.batch import TokenBatch, encode
from tests.conftest import MISSION
from tests.tools.snippets import Run

# Pads on the right and not masked; a window, a softened word and a hidden one; the first sentence has three pads.
SPECS = {
    "left": MaskSpec(sentence=2, weights={1: 0.5}),
    "right": MaskSpec(sentence=2, pattern="window", width=2, weights={0: 0.0}, padding=False),
}
LAYER, HEAD = 2, 3


@pytest.fixture(scope="module")
def printed(tiny: LoadedModel, run_code: Run) -> dict[tuple[str, str], list[str]]:
    """Return the lines that each piece of code prints, by side and name."""
    found = {}
    at = {"layer": LAYER, "head": HEAD}
    for side, spec in SPECS.items():
        shared = {"side": side, **at}
        pieces = {
            "without": without_code(tiny.entry, MISSION, spec, **shared),  # type: ignore[arg-type]
            "applications": applications_code(tiny.entry, MISSION, spec, **shared),  # type: ignore[arg-type]
            "fills": fills_code(tiny.entry, MISSION, spec, query=6, blocked_query=1, **shared),  # type: ignore[arg-type]
        }
        found |= {(side, name): run_code(code) for name, code in pieces.items()}
    return found


def numbers(line: str) -> list[float]:
    """Return the list of numbers that a line ends with."""
    return [float(number) for number in line[line.index("[") + 1 : line.index("]")].split(",") if number.strip()]


@pytest.fixture(params=SPECS)
def case(request: pytest.FixtureRequest, tiny: LoadedModel) -> tuple[str, TokenBatch, HeadTrace]:
    batch = encode(tiny.tokenizer, MISSION, side=request.param)
    mask = build_mask(SPECS[request.param], batch)
    return request.param, batch, record(tiny, batch, mask, sentence=2, layer=LAYER, head=HEAD)


def test_without_the_mask(case, printed) -> None:
    side, batch, head = case
    lines = iter(printed[side, "without"])
    free = unmasked(head)
    for row in range(batch.first(2), batch.first(2) + len(batch.tokens[2])):
        assert numbers(next(lines)) == pytest.approx(free[row].tolist(), abs=2e-6)
        assert numbers(next(lines)) == pytest.approx(head.weights[row].tolist(), abs=2e-6)
    later = head.causes["causal"] & ~head.causes["padding"]
    assert float(next(lines).split()[1]) == pytest.approx(share_on(free, later, head.real), abs=1e-5)


def test_the_wrong_ways(case, printed) -> None:
    side, batch, head = case
    lines = iter(printed[side, "applications"])
    for application in APPLICATIONS:
        found = weight_shares(head, application)
        for row in range(batch.first(2), batch.first(2) + len(batch.tokens[2])):
            words = next(lines).split()
            assert words[:3] == [application, "row", str(row)]
            assert [float(words[4]), float(words[6])] == pytest.approx([found.total[row], found.blocked[row]], abs=2e-6)


def test_the_fills_and_the_spread_of_nan(case, printed, tiny) -> None:
    side, batch, head = case
    lines = iter(printed[side, "fills"])
    read, blocked = by_fill_value(head, 6), by_fill_value(head, 1, all_blocked=True)
    for fill in read:
        assert numbers(next(lines)) == pytest.approx(read[fill].tolist(), abs=2e-6, nan_ok=True)
        assert numbers(next(lines)) == pytest.approx(blocked[fill].tolist(), abs=2e-6, nan_ok=True)
    for fill, share in zip(FILL_RANGE, blocked_share_by_fill(head, 6), strict=True):
        assert [float(number) for number in next(lines).split()[1:]] == pytest.approx([fill, share], abs=2e-6)
    found = nan_spread(tiny, batch, build_mask(SPECS[side], batch), sentence=2)
    for rows in (*found.rows, found.logits):
        assert numbers(next(lines)) == np.flatnonzero(rows).tolist()
    assert found.rows.any()
