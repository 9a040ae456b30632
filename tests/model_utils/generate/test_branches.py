"""A lane whose first tokens are taken by hand: a branch of another text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model_utils.generate.decode import decode
from model_utils.generate.explain import ending, why
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.models.loading import LoadedModel


def made(tiny: LoadedModel, lane: Lane, steps: int = 8):
    return [step for (step,) in decode(tiny, [lane], steps)]


@pytest.fixture(scope="module")
def lane(tiny: LoadedModel) -> Lane:
    return Lane(prompt=tuple(tiny.tokenizer("He shook his").input_ids), settings=SamplingSettings(seed=5))


def test_taking_what_is_drawn_changes_nothing(tiny, lane):
    plain = made(tiny, lane)
    same = made(tiny, replace(lane, taken=tuple(step.token_id for step in plain[:4])))
    assert [step.token_id for step in same] == [step.token_id for step in plain]
    assert all(step.instead_of is None for step in same)


def test_another_word_is_taken_and_the_text_goes_on_from_it_with_the_same_noise(tiny, lane):
    plain = made(tiny, lane)
    other = int(next(token for token in plain[2].candidates.ids if token != plain[2].token_id))
    branch = made(tiny, replace(lane, taken=(*(step.token_id for step in plain[:2]), other)))
    assert [step.token_id for step in branch[:3]] == [*(step.token_id for step in plain[:2]), other]
    assert branch[2].instead_of == plain[2].token_id
    assert branch[2].candidates.ids[branch[2].drawn] == other
    # Greedily it is the text whose prompt ends with the branch; the noise would hang on the number of the step.
    longer = replace(
        lane, prompt=(*lane.prompt, *(step.token_id for step in branch[:3])), settings=SamplingSettings(temperature=0.0)
    )
    greedy = made(tiny, replace(lane, settings=longer.settings, taken=tuple(step.token_id for step in branch[:3])))
    assert [step.token_id for step in greedy[3:]] == [step.token_id for step in made(tiny, longer, 5)]


def test_a_taken_end_of_text_ends_the_lane_and_a_policy_holds_in_a_branch(tiny, lane):
    (only,) = made(tiny, replace(lane, taken=(50256,)))
    assert only.stop == "end"
    dropped = replace(lane, policy=MaskPolicy(drop_after=1))
    plain = made(tiny, dropped)
    assert [s.token_id for s in made(tiny, replace(dropped, taken=(plain[0].token_id,)))] == [s.token_id for s in plain]


def test_a_branch_is_explained_as_taken_also_where_greedy_decides_and_where_it_ends(tiny, lane):
    greedy = replace(lane, settings=SamplingSettings(temperature=0.0), taken=(50256,))
    (step,) = made(tiny, greedy)
    said = why(step, greedy.settings, lambda token: tiny.tokenizer.decode([token]))
    assert said.startswith("You took “<|endoftext|>”")
    assert "greedy would have taken “ head”" in said
    assert ending(step, tiny.context) == (
        "Ended at step 1, where end-of-text was taken by hand; it fills with pads from there."
    )
