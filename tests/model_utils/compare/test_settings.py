"""The settings text round-trips and names what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.compare.settings import SettingsRow, check_samples, name, parse, write
from model_utils.errors import InputError
from model_utils.generate.filters.filter_settings import SamplingSettings


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
            SettingsRow,
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
def test_what_is_written_is_read_back(rows: list[SettingsRow]) -> None:
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
        ("otkk", "Setting 0: Order 'tkk'"),
        ("otq", "Setting 0: Order 'tq'"),
        ("o", "Setting 0 holds 'o'"),
        ("ot,ok", "names order twice"),
        ("s99999999999999999999", "Setting 0: Seed"),
        ("k99999999999999999999", "Setting 0: Top-k 99999999999999999999"),
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
