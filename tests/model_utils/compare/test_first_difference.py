"""A first difference says where and why two texts part."""

from __future__ import annotations

from model_utils.compare.first_difference import first_difference
from model_utils.compare.settings import parse
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
        assert pure[n].rank > 3  # with the same dice a word that both keep would be drawn by both
        found.append((parted.reason, parted.by))
        back = first_difference(pure, narrow)
        assert back is not None
        assert (back.number, back.reason, back.by) == (n, "admitted", "top-k")
    assert found
    assert set(found) == {("cut", "top-k")}


def test_the_cut_of_a_rare_word_is_told_from_its_rank(tiny: LoadedModel) -> None:
    """Among 40 seeds some draw a word that a narrow step keeps no note of."""
    far = 0
    for seed in range(40):
        pure, narrow = texts(tiny, "t1;p0.3", seed=seed, new=1, prompt=NOTHING)
        parted = first_difference(narrow, pure)
        if parted is not None and parted.other_id not in narrow[0].candidates.ids:
            far += 1
            assert (parted.reason, parted.by) == ("cut", "top-p")
    assert far > 0


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
    assert other.reason == "dice"
    model = first_difference(greedy, pure, same_model=False)
    assert model is not None
    assert model.reason == "model"
