"""The steps from a 2-D to a 4-D mask hold the shapes and numbers that the model gets."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.masks.broadcasting import broadcast_steps, number
from model_utils.masks.mask import FILL_MIN, MaskSpec, build_mask


def test_the_missions_batch_goes_from_two_dimensions_to_four(mission) -> None:
    found = broadcast_steps(build_mask(MaskSpec(), mission))
    assert [step.shape for step in found] == [
        "[3, 8]",
        "[3, 1, 1, 8]",
        "[3, 1, 8, 8]",
        "[3, 1, 8, 8]",
        "[3, 1, 1, 8]",
    ]
    given, wide, allowed, added, old = (step.values for step in found)
    assert given.tolist() == mission.attention_mask.tolist()
    assert (wide[:, 0, 0] == given).all()
    assert old[0, 0, 0].tolist() == [-10_000] * 3 + [0] * 5
    assert not np.signbit(old[old == 0]).any()
    assert allowed[0, 0, 5].tolist() == [0, 0, 0, 1, 1, 1, 0, 0]
    assert added[0, 0, 5].tolist() == [FILL_MIN] * 3 + [0] * 3 + [FILL_MIN] * 2


def test_the_first_step_holds_what_is_hidden_by_hand_and_leaves_out_a_padding_mask_that_is_off(mission) -> None:
    spec = MaskSpec(weights={2: 0.0, 3: 0.5}, cells={(4, 1)})
    hidden = broadcast_steps(build_mask(spec, mission))
    assert hidden[0].values[0].tolist() == [0, 0, 0, 1, 1, 0, 1, 1]
    assert hidden[2].values[0, 0, -1].tolist() == [0, 0, 0, 1, 0, 0, 1, 1]
    unpadded = broadcast_steps(build_mask(MaskSpec(padding=False), mission))
    assert (unpadded[0].values == 1).all()


@pytest.mark.parametrize(("fill", "value"), [("min", FILL_MIN), ("-10000", -10_000), ("-inf", -np.inf)])
def test_the_last_step_writes_the_chosen_fill_value(mission, fill, value) -> None:
    mask = build_mask(MaskSpec(weights={1: 0.5}), mission)
    added = broadcast_steps(mask, fill=fill)[3].values
    assert set(np.unique(added[0]).tolist()) == {value, float(np.log(np.float32(0.5))), 0.0}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "1"), (FILL_MIN, "-3.4e38"), (-10_000.0, "-10000"), (-np.inf, "-∞"), (-0.6931, "-0.69")],
)
def test_additive_numbers_read_as_the_lectures_write_them(value, text) -> None:
    assert number(value) == text
