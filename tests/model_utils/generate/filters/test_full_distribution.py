"""A step opened again: counts, ranks and draws over the whole vocabulary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from model_utils.errors import InputError
from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import CUTS, SamplingSettings
from model_utils.generate.filters.full_distribution import (
    FullDistribution,
    distribution,
    draw_many,
    filter_effects,
    full_distribution,
    rank_curve,
    stages,
)
from model_utils.generate.lane import Lane

TEXT = "He shook his head and went into the"


def small_distribution(probabilities: list[float], settings: SamplingSettings) -> FullDistribution:
    """Return a step over a few tokens with these probabilities."""
    return distribution(torch.tensor([probabilities]).log(), settings)


@pytest.fixture(scope="module")
def ids(tiny) -> list[int]:
    return tiny.tokenizer(TEXT).input_ids


def test_the_distribution_is_that_of_transformers_own_warpers(tiny, ids):
    settings = SamplingSettings(temperature=0.8, top_k=40, top_p=0.9)
    found = full_distribution(tiny, ids, settings)
    with torch.inference_mode():
        logits = tiny.model(input_ids=torch.tensor([ids])).logits[:, -1]
    warpers = LogitsProcessorList([TemperatureLogitsWarper(0.8), TopKLogitsWarper(40), TopPLogitsWarper(0.9)])
    after = warpers(torch.tensor([ids]), logits)[0].softmax(-1).numpy()
    assert found.after == pytest.approx(after, abs=1e-6)
    assert found.before.sum() == pytest.approx(1, abs=1e-4)


def test_an_opened_step_is_the_step_that_was_recorded(tiny, ids):
    settings = SamplingSettings(seed=3)
    lane = Lane(prompt=tuple(ids), settings=settings)
    drawn: list[int] = []
    for (step,) in decode(tiny, [lane], 6):
        found = full_distribution(tiny, [*ids, *drawn], settings)
        assert [(one.filter, one.kept) for one in filter_effects(found)] == [
            (one.filter, one.kept) for one in step.stages
        ]
        assert found.before[step.token_id] == pytest.approx(step.probability, rel=1e-3)
        assert found.after[step.token_id] == pytest.approx(step.probability_after, rel=1e-3)
        assert draw_many(found, number=step.number, draws=1).argmax() == step.token_id
        drawn.append(step.token_id)


@given(
    k=st.integers(0, 60_000),
    p=st.floats(0, 1),
    m=st.floats(0, 1),
    order=st.permutations("tkpm"),
    temperature=st.sampled_from([0.0, 0.3, 1.0, 2.0]),
)
def test_removed_and_kept_tokens_are_the_whole_vocabulary(k, p, m, order, temperature):
    scores = np.random.default_rng(0).normal(0, 3, 2000).astype(np.float32)
    settings = SamplingSettings(temperature=temperature, top_k=k, top_p=p, min_p=m, order="".join(order))
    found = small_distribution(np.exp(scores).tolist(), settings)
    parts = filter_effects(found)
    assert sum(part.removed for part in parts) + parts[-1].kept == 2000
    at = {stage.name: stage for stage in stages(found)}
    for stage in at.values():
        assert stage.shares.sum() + sum(stage.gone.values()) == pytest.approx(1, abs=1e-6)
    for part in parts:
        if part.state != "off":
            assert part.removed_mass == at[part.filter].gone[part.filter]
            assert part.kept_mass == pytest.approx(at[part.filter].shares.sum())
    assert parts[-1].kept == (found.after > 0).sum()
    for part in parts:
        assert (part.state == "works") == (part.removed > 0)


def test_shares_are_those_of_the_stage_at_which_a_filter_acts():
    settings = SamplingSettings(temperature=0.5, top_k=3, top_p=0.6, order="kpt")
    found = small_distribution([0.5, 0.3, 0.15, 0.05], settings)
    model, top_k, top_p, temperature = stages(found)
    assert [one.name for one in (model, top_k, top_p, temperature)] == ["", "top-k", "top-p", "temperature"]
    assert model.shares == pytest.approx([0.5, 0.3, 0.15, 0.05])
    assert top_k.gone == pytest.approx({"top-k": 0.05})
    assert top_p.gone == pytest.approx({"top-k": 0.05, "top-p": 0.15})
    assert temperature.shares == pytest.approx([25 / 34, 9 / 34, 0, 0])  # squares of 0.5 and 0.3
    assert temperature.shares == pytest.approx(found.after)
    assert [one.removed_mass for one in filter_effects(found)] == pytest.approx([0.05, 0.15])
    between = stages(small_distribution([0.5, 0.3, 0.15, 0.05], replace(settings, order="ktp")))
    # After top-k the squares of 0.5, 0.3 and 0.15 are shares of their sum, of which the first is enough for 0.6.
    assert [dict(one.gone) for one in between[:3]] == [{}, pytest.approx({"top-k": 0.05}), {}]
    assert between[3].gone == pytest.approx({"top-p": 1 - 0.25 / 0.3625}, abs=1e-6)


def test_what_a_banned_token_leaves_at_a_low_temperature_is_a_whole_too(tiny):
    prompt = tiny.tokenizer("My dog is").input_ids
    found = full_distribution(tiny, prompt, SamplingSettings(temperature=0.01, bad_words="a", top_k=0, top_p=1.0))
    assert found.before[found.cut == 0].sum() == 0  # the banned one has it all
    for shares in (found.after, stages(found)[-1].shares):
        assert shares.sum() == pytest.approx(1, abs=1e-6)
        assert shares[found.cut > 0].sum() == 0
        assert int(shares.argmax()) == int(np.where(found.cut == 0, found.scores, -np.inf).argmax())


def test_a_filter_is_off_without_effect_or_at_work():
    probabilities = [0.5, 0.3, 0.15, 0.05]
    found = filter_effects(small_distribution(probabilities, SamplingSettings(top_k=9, top_p=0.9, min_p=0.0)))
    states = {"top-k": "no_effect", "top-p": "works"}
    assert {part.filter: part.state for part in found} == states
    assert (found[1].removed, found[1].kept) == (1, 3)
    assert found[1].removed_mass == pytest.approx(0.05)
    (greedy,) = filter_effects(small_distribution(probabilities, SamplingSettings(temperature=0.0)))
    assert (greedy.filter, greedy.kept, greedy.removed) == ("greedy", 1, 3)


def test_the_rank_curve_falls_over_all_ranks_and_shows_each_cut_where_it_is(tiny, ids):
    settings = SamplingSettings(top_k=1234, top_p=0.7)
    found = full_distribution(tiny, ids, settings)
    curve = rank_curve(found)
    assert (curve.ranks[0], curve.ranks[-1]) == (1, 50257)
    assert (np.diff(curve.probabilities) <= 0).all()
    assert (np.diff(curve.mass) >= 0).all()
    assert curve.mass[-1] == pytest.approx(1, abs=1e-4)
    assert curve.ids[0] == found.before.argmax()
    nucleus = filter_effects(found)[1].kept
    cuts = {CUTS[code]: int(curve.ranks[curve.cut == code].min()) for code in np.unique(curve.cut) if code}
    assert cuts == {"top-p": nucleus + 1, "top-k": 1235}
    assert curve.ranks[curve.cut == 0].max() == nucleus
    assert len(curve.ranks) <= 300 + 4


def test_a_short_vocabulary_shows_every_rank():
    curve = rank_curve(small_distribution([0.1, 0.6, 0.3], SamplingSettings(top_k=0, top_p=1.0)))
    assert curve.ranks.tolist() == [1, 2, 3]
    assert curve.ids.tolist() == [1, 2, 0]
    assert curve.mass == pytest.approx([0.6, 0.9, 1.0])


def test_draws_follow_the_probabilities_and_never_take_what_was_cut():
    found = small_distribution([0.5, 0.3, 0.15, 0.05], SamplingSettings(top_k=3, top_p=1.0, seed=11))
    counts = draw_many(found, number=4, draws=1000)
    assert counts.sum() == 1000
    assert counts[3] == 0
    expected = 1000 * found.after[:3]
    assert float(((counts[:3] - expected) ** 2 / expected).sum()) < 13.8  # chi-square, 2 degrees, p = 0.001
    assert not np.array_equal(
        counts, draw_many(replace(found, settings=replace(found.settings, seed=12)), number=4, draws=1000)
    )


def test_too_many_draws_are_refused():
    found = small_distribution([0.5, 0.5], SamplingSettings())
    for draws in (0, 1001):
        with pytest.raises(InputError, match=rf"{draws} draws do not fit: choose 1 to 1000"):
            draw_many(found, number=0, draws=draws)
