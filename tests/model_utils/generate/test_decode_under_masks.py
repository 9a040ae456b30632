"""Lanes under mask policies: what the cache gives is what one pass under the whole mask gives, and hidden stays hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.generate.step import Step
from model_utils.masks.mask import Mask, MaskSpec
from model_utils.models.loading import LoadedModel
from tests.tools.decoding import LONG, Watched, assert_same, grown, ids, lane_of, watched

NEW = 9
PROMPTS = ("She", LONG, "It will rain in the", "The end.<|endoftext|>My dog is")

# Each with its prompt: of 1, 15, 5 and 7 tokens.
CASES = {
    "causal": (1, MaskPolicy()),
    "window": (1, MaskPolicy(spec=MaskSpec(pattern="window", width=3))),
    "window-of-one-token-prompt": (0, MaskPolicy(spec=MaskSpec(pattern="window", width=2))),
    "sink": (2, MaskPolicy(spec=MaskSpec(pattern="sink", first=1, width=2))),
    "sink-beyond-prompt": (0, MaskPolicy(spec=MaskSpec(pattern="sink", first=3, width=1))),
    "dropped": (2, MaskPolicy(drop_after=4)),
    "dropped-at-once": (1, MaskPolicy(drop_after=0)),
    "dropped-from-one-token": (0, MaskPolicy(drop_after=1)),
    "dropped-beyond-end": (1, MaskPolicy(drop_after=NEW)),
    "hidden": (2, MaskPolicy(spec=MaskSpec(weights={1: 0, 3: 0}))),
    "hidden-start": (2, MaskPolicy(spec=MaskSpec(weights={0: 0, 1: 0}))),
    "hidden-last": (2, MaskPolicy(spec=MaskSpec(weights={4: 0}))),
    "closed-up": (1, MaskPolicy(spec=MaskSpec(weights={0: 0, 1: 0, 7: 0}, gap="close"))),
    "softened": (2, MaskPolicy(spec=MaskSpec(weights={0: 0.25, 2: 0.5}))),
    "cells": (2, MaskPolicy(spec=MaskSpec(cells=frozenset({(3, 1), (4, 3), (6, 2), (8, 5), (70, 1)})))),
    "bidirectional": (2, MaskPolicy(spec=MaskSpec(pattern="bidirectional"))),
    "prefix": (1, MaskPolicy(spec=MaskSpec(pattern="prefix", first=4))),
    "prefix-beyond-prompt": (2, MaskPolicy(spec=MaskSpec(pattern="prefix", first=50))),
    "documents": (3, MaskPolicy(spec=MaskSpec(pattern="documents"))),
    "all-at-once": (
        3,
        MaskPolicy(
            spec=MaskSpec(
                pattern="sink", first=2, width=4, weights={1: 0, 4: 0.5}, cells=frozenset({(5, 0), (8, 7)}), gap="close"
            ),
            drop_after=3,
        ),
    ),
}


@dataclass
class Run:
    """All cases in one batch of unequal prompts: the lanes, the model's passes, the steps."""

    lanes: list[Lane]
    model: Watched
    steps: list[list[Step]]

    def pads(self, b: int) -> int:
        return max(len(lane.prompt) for lane in self.lanes) - len(self.lanes[b].prompt)

    def mask(self, b: int, step: int, pads: int = 0) -> Mask:
        return self.lanes[b].policy.mask(self.lanes[b].prompt, step, pads=pads)


@pytest.fixture(scope="module")
def run(tiny: LoadedModel) -> Run:
    lanes = [
        lane_of(tiny, PROMPTS[prompt], policy, SamplingSettings(seed=1, top_k=20)) for prompt, policy in CASES.values()
    ]
    return Run(lanes, *watched(tiny, lanes, NEW))


each_case = pytest.mark.parametrize("b", range(len(CASES)), ids=list(CASES))


def afresh(tiny: LoadedModel, lane: Lane, drawn: list[int]) -> np.ndarray:
    """Return the scores `[V]` of the next token from one pass, without a cache, over one text without pads."""
    mask = lane.policy.mask(lane.prompt, len(drawn))
    with torch.inference_mode():
        out = tiny.model(
            input_ids=torch.tensor([[*lane.prompt, *drawn]]),
            attention_mask=torch.from_numpy(mask.bias()),
            position_ids=torch.from_numpy(mask.position_ids.copy()),
            use_cache=False,
            logits_to_keep=1,
        )
    return out.logits[0, -1].numpy()


@each_case
def test_every_step_equals_one_pass_from_scratch_under_the_whole_mask(tiny: LoadedModel, run: Run, b: int) -> None:
    assert len(run.steps[b]) > 4
    for step in run.steps[b]:
        expected = afresh(tiny, run.lanes[b], ids(run.steps[b])[: step.number])
        np.testing.assert_allclose(run.model.logits[step.number][b], expected, atol=1e-4, rtol=0)


@each_case
def test_what_is_blocked_has_weight_zero_at_every_step_and_what_is_visible_does_not(run: Run, b: int) -> None:
    pads = run.pads(b)
    for step in run.steps[b]:
        mask = run.mask(b, step.number, pads)
        weights = run.model.attentions[step.number][:, b]  # (L, H, Q, K)
        rows = slice(-weights.shape[2], None)
        readers = ~mask.blocked_rows[0, rows]
        found, visible = weights[:, :, readers].numpy(), mask.visible[0, rows][readers] > 0
        assert (found[:, :, ~visible] == 0).all()
        assert (found[:, :, visible] > 0).mean() > 0.99  # some are too small for float32
        np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)


def test_one_pass_a_step_serves_all_lanes_with_a_mask_that_gains_a_row_and_a_column(run: Run) -> None:
    B, T = len(CASES), len(run.lanes[1].prompt)
    assert len(run.model.given) == NEW
    for step, given in enumerate(run.model.given):
        Q = T if step == 0 else 1
        assert given["input_ids"].shape == given["position_ids"].shape == (B, Q)
        assert given["attention_mask"].shape == (B, 1, Q, T + step)


@each_case
def test_the_mask_and_positions_that_the_model_is_given_are_those_that_a_page_can_draw(run: Run, b: int) -> None:
    for step in run.steps[b]:
        mask, given = run.mask(b, step.number, run.pads(b)), run.model.given[step.number]
        Q = given["input_ids"].shape[1]
        np.testing.assert_array_equal(given["attention_mask"][b], mask.bias()[0, :, -Q:])
        np.testing.assert_array_equal(given["position_ids"][b], mask.position_ids[0, -Q:])


@each_case
def test_a_text_is_the_same_alone_as_among_other_policies(tiny: LoadedModel, run: Run, b: int) -> None:
    assert_same(grown(tiny, [run.lanes[b]], NEW)[0], run.steps[b])


def test_the_order_of_the_lanes_changes_nothing(tiny: LoadedModel, run: Run) -> None:
    for one, other in zip(reversed(grown(tiny, run.lanes[::-1], NEW)), run.steps, strict=True):
        assert_same(one, other)


def test_causal_lanes_alone_are_given_the_mask_of_two_dimensions_that_generate_uses(tiny: LoadedModel) -> None:
    model, _ = watched(tiny, [lane_of(tiny, text, MaskPolicy()) for text in PROMPTS], 3)
    assert [given["attention_mask"].shape for given in model.given] == [(4, 15), (4, 16), (4, 17)]
    assert model.given[0]["attention_mask"].sum(-1).tolist() == [1, 15, 5, 7]


def generated(tiny: LoadedModel, lane: Lane, mask: list[int]) -> list[int]:
    """Return what transformers' own `generate` adds, greedily, under a mask in two dimensions."""
    out = tiny.model.generate(
        input_ids=torch.tensor([lane.prompt]),
        attention_mask=torch.tensor([mask]),
        max_new_tokens=NEW,
        do_sample=False,
        pad_token_id=50256,
    )
    return out[0, len(lane.prompt) :].tolist()


def test_greedy_causal_text_beside_other_policies_equals_generate(tiny: LoadedModel) -> None:
    plain = [lane_of(tiny, text, MaskPolicy()) for text in PROMPTS]
    other = lane_of(tiny, LONG, MaskPolicy(spec=MaskSpec(pattern="window", width=2)))
    for lane, row in zip(plain, grown(tiny, [*plain, other], NEW), strict=False):
        assert ids(row) == generated(tiny, lane, [1] * len(lane.prompt))[: len(row)]


@pytest.mark.parametrize("hidden", [(0,), (1, 2), (0, 1, 6)])
def test_hidden_words_with_the_gap_closed_up_equal_generate_with_zeros_in_its_mask(
    tiny: LoadedModel, hidden: tuple[int, ...]
) -> None:
    spec = MaskSpec(weights=dict.fromkeys(hidden, 0.0), gap="close")
    lane = lane_of(tiny, LONG, MaskPolicy(spec=spec))
    expected = generated(tiny, lane, [int(token not in hidden) for token in range(len(lane.prompt))])
    assert ids(grown(tiny, [lane, lane_of(tiny, LONG + LONG, MaskPolicy())], NEW)[0]) == expected


def test_a_softened_word_has_its_weight_multiplied_before_the_row_is_divided_by_its_sum(tiny: LoadedModel) -> None:
    """In the first layer, where the scores are those of the whole text (FACTS: "What does mean it")."""
    prompt = PROMPTS[2]
    soft = MaskPolicy(spec=MaskSpec(weights={1: 0.25}))
    model, _ = watched(tiny, [lane_of(tiny, prompt, soft), lane_of(tiny, prompt, MaskPolicy())], 1)
    mine, whole = model.attentions[0][0].numpy()  # each (H, Q, K)
    scaled = whole * np.array([1, 0.25, 1, 1, 1], dtype=np.float32)
    np.testing.assert_allclose(mine, scaled / scaled.sum(-1, keepdims=True), atol=1e-6)
