"""The settings text round-trips and names what is wrong with it; a first difference says where and why two texts part."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.compare.settings import Row, check_samples, first_difference, name, parse, write
from model_utils.errors import InputError
from model_utils.generate.filters import SamplingSettings
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


def test_a_row_names_what_is_on_and_all_else_is_off() -> None:
    greedy, pure, all_on = parse("t0; t1 ;t0.7,k50,p0.9,m.05,optkm,s7")
    assert greedy.settings.greedy
    assert pure.settings == SamplingSettings(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
    assert all_on.seeded(3) == SamplingSettings(temperature=0.7, top_k=50, top_p=0.9, min_p=0.05, order="ptkm", seed=7)
    assert pure.seeded(3).seed == 3


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            Row,
            settings=st.builds(
                SamplingSettings,
                temperature=st.one_of(st.just(0.0), st.floats(0.01, 100.0)),
                top_k=st.integers(0, 60_000),
                top_p=st.floats(0.0, 1.0).map(lambda p: round(p, 9)),
                min_p=st.floats(0.0, 1.0).map(lambda p: round(p, 9)),
                order=st.permutations("tkpm").map("".join),
            ),
            seed=st.one_of(st.none(), st.integers(0, 2**31 - 1)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_written_is_read_back(rows: list[Row]) -> None:
    assert list(parse(write(rows))) == rows


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("", "no setting"),
        (" ; ;", "no setting"),
        ("t1;q5", "Setting 1 holds 'q5'"),
        ("k", "Setting 0 holds 'k'"),
        ("k5,k6", "names top-k twice"),
        ("s1,s1", "names seed twice"),
        ("p1.5", "Setting 0: Top-p 1.5"),
        ("t0.001", "Setting 0: Temperature 0.001"),
        ("otkp", "Setting 0: Order 'tkp'"),
        ("s99999999999999999999", "Setting 0: Seed"),
        ("k99999999999999999999", "more than any vocabulary"),
        ("k1;" * 13, "13 settings do not fit"),
        ("<script>", "Setting 0 holds '<script>'"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_way_out(bad: str, named: str) -> None:
    with pytest.raises(InputError, match=named):
        parse(bad)


@pytest.mark.parametrize("samples", [0, 9])
def test_samples_have_a_bound(samples: int) -> None:
    with pytest.raises(InputError, match="1 to 8"):
        check_samples(samples)


def test_names_are_what_a_reader_would_say() -> None:
    line = "t0;t1;k50;t0.7,p0.9;m0.1;k5,optkm;t0,s4"
    assert [name(row) for row in parse(line)] == [
        "greedy",
        "pure sampling",
        "top-k 50",
        "top-p 0.9, T 0.7",
        "min-p 0.1",
        "top-k 5, order ptkm",
        "greedy, seed 4",
    ]


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
