"""A first difference says where and why two texts part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_utils.compare.first_difference import first_difference
from model_utils.compare.settings import parse
from model_utils.generate.filters.filter_settings import CUTS
from model_utils.generate.filters.full_distribution import full_distribution
from model_utils.generate.lane import Lane
from model_utils.generate.step import Step
from model_utils.models.loading import LoadedModel
from tests.tools.decoding import grown

PROMPT = (1544, 14682, 465)  # He shook his
NOTHING = (50256,)  # nearly any word may begin a text


def texts(
    tiny: LoadedModel, line: str, *, seed: int = 0, new: int = 12, prompt: tuple[int, ...] = PROMPT
) -> list[list[Step]]:
    lanes = [Lane(prompt=prompt, settings=row.seeded(seed)) for row in parse(line)]
    return grown(tiny, lanes, new)


def test_equal_settings_never_part(tiny: LoadedModel) -> None:
    one, other = texts(tiny, "p0.9;p0.9")
    assert first_difference(one, other) is None


def test_a_fork_is_the_first_step_that_differs_and_a_cut_word_names_its_filter(tiny: LoadedModel) -> None:
    found = []
    for seed in range(6):
        pure, narrow = texts(tiny, "t1;k3", seed=seed)
        parted = first_difference(narrow, pure)
        if parted is None:
            continue
        n = parted.number
        assert [a.token_id for a in narrow[:n]] == [b.token_id for b in pure[:n]]
        assert (parted.token_id, parted.other_id) == (narrow[n].token_id, pure[n].token_id)
        assert parted.token_id != parted.other_id
        assert pure[n].rank > 3  # with the same noise a word that both keep would be drawn by both
        found.append((parted.reason, parted.by))
        back = first_difference(pure, narrow)
        assert back is not None
        assert (back.number, back.reason, back.by) == (n, "admitted", "top-k")
    assert found
    assert set(found) == {("cut", "top-k")}


def test_what_cut_a_rare_token_is_recorded_and_true(tiny: LoadedModel) -> None:
    """Among 40 seeds some draw a token that is no candidate of a narrow step."""
    cut = full_distribution(tiny, NOTHING, parse("p0.3")[0].seeded(0)).cut
    far = 0
    for seed in range(40):
        pure, narrow = texts(tiny, "t1;p0.3", seed=seed, new=1, prompt=NOTHING)
        parted = first_difference(narrow, pure)
        if parted is not None and parted.other_id not in narrow[0].candidates.ids:
            far += 1
            assert (parted.reason, parted.by) == ("cut", CUTS[cut[parted.other_id]])
            assert parted.by == "top-p"
    assert far > 0


def test_a_filter_may_cut_the_likeliest_and_keep_rarer_ones(tiny: LoadedModel) -> None:
    """What cut a token is read from the record, whatever the ranks: here of steps whose records are changed by hand."""
    one, other = (steps[0] for steps in texts(tiny, "k5;k5", new=1))
    rare, likely = int(one.candidates.ids[40]), int(one.candidates.ids[0])
    cut = np.zeros_like(one.candidates.cut)
    cut[0] = CUTS.index("min-p")
    kept_all = replace(one.candidates, cut=np.zeros_like(cut))
    drew_rare = replace(one, token_id=rare, candidates=replace(one.candidates, cut=cut))
    drew_likely = replace(other, token_id=likely, candidates=kept_all)
    found = first_difference([drew_rare], [drew_likely])
    assert found is not None
    assert (found.reason, found.by) == ("cut", "min-p")
    unseen = replace(drew_likely, token_id=max(set(range(1000)) - set(one.candidates.ids.tolist())))
    with pytest.raises(KeyError):
        first_difference([drew_rare], [unseen])
    kept = replace(kept_all.only([likely]), ids=np.array([unseen.token_id], np.int32))
    recorded = replace(drew_rare, far=unseen.candidates.only([]).joined(kept))
    found = first_difference([recorded], [unseen])
    assert found is not None
    assert found.reason == "tempered"


def test_other_reasons_are_named_too(tiny: LoadedModel) -> None:
    greedy, pure, hot = texts(tiny, "t0;t1;t3")
    assert [found.reason for found in (first_difference(greedy, pure), first_difference(pure, greedy)) if found] == [
        "greedy",
        "greedy",
    ]
    parted = first_difference(hot, pure)
    assert parted is not None
    assert parted.reason == "tempered"
    other = first_difference(texts(tiny, "t1", seed=1)[0], pure, same_noise=False)
    assert other is not None
    assert other.reason == "noise"
    model = first_difference(greedy, pure, same_model=False)
    assert model is not None
    assert model.reason == "model"


def test_of_two_greedy_texts_the_processor_that_sets_them_apart_is_named(tiny: LoadedModel) -> None:
    prompt = tuple(tiny.tokenizer("She was a little girl, and she")["input_ids"])
    plain, ban, penalty = texts(tiny, "t0;t0,n2;t0,r1.3", prompt=prompt)
    parted = first_difference(ban, plain)
    assert parted is not None
    assert (parted.reason, parted.by) == ("cut", "no-repeat n-gram")
    back = first_difference(plain, ban)
    assert back is not None
    assert (back.reason, back.by) == ("admitted", "no-repeat n-gram")
    parted = first_difference(penalty, plain)
    assert parted is not None
    assert parted.reason == "tempered"
