"""The settings text round-trips and names what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.compare.settings import SettingsRow, make_row, name, parse, readable, write
from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_settings import EARLY_STOPPING, BeamSettings
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
    assert [make_row(row.values, row.seed) for row in rows] == rows


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("", "no setting"),
        (" ; ;", "no setting"),
        ("t1;q5", "Row 1: 'q5' is not"),
        ("k", "Row 0: 'k' is not"),
        ("t1;k-3", "Row 1: 'k-3' gives top-k a number with a sign"),
        ("q5;t1;p1.5", "Row 0: 'q5' is not.*Row 2: Top-p 1.5"),
        ("t0.7p0.9", "Row 0: 't0.7p0.9' is not"),
        ("k5,k6", "names top-k twice"),
        ("s1,s1", "names seed twice"),
        ("p1.5", "Row 0: Top-p 1.5"),
        ("t0.001", "Row 0: Temperature 0.001"),
        ("otkk", "Row 0: Order 'tkk'"),
        ("otq", "Row 0: Order 'tq'"),
        ("o", "Row 0: 'o' is not"),
        ("ot,ok", "names order twice"),
        ("s99999999999999999999", "Row 0: Seed"),
        ("k99999999999999999999", "Row 0: Top-k 99999999999999999999"),
        ("k1;" * 13, "13 settings do not fit"),
        ("b4;b1", "Row 1: 1 beam is no beam search: write b2 to b12"),
        ("b13", "Row 0: 13 beams do not fit: choose 1 to 12"),
        ("b4,k50,p0.9", "Row 0: A beam search draws nothing, so top-k, top-p would have no effect"),
        ("b4,t0", "so temperature would have no effect"),
        ("b4,s1", "so a seed would have no effect"),
        ("b4,optkm", "so the order would have no effect"),
        ("d0.6", "Row 0: A length penalty and early stopping belong to a beam search"),
        ("b4,d6", "Row 0: Length penalty 6.0 does not fit: choose -5 to 5"),
        ("b4,fmaybe", "Row 0: 'fmaybe' is not"),
        ("b4,b5", "names num-beams twice"),
        ("<script>", "Row 0: '<script>' is not"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_way_out(bad: str, named: str) -> None:
    with pytest.raises(InputError, match=named):
        parse(bad)


def test_rows_beside_one_that_cannot_be_read_are_read() -> None:
    rows, wrong = readable("t1;q5;k50")
    assert rows == parse("t1;k50")
    with pytest.raises(InputError) as refused:
        parse("t1;q5;k50")
    assert wrong == str(refused.value)
    assert readable("t1") == (parse("t1"), "")
    with pytest.raises(InputError):
        readable("q5")


@given(
    st.fixed_dictionaries(
        {"num_beams": st.integers(2, 12)},
        optional={
            "length_penalty": st.floats(-5, 5).map(lambda one: round(one, 3)),
            "early_stopping": st.sampled_from(list(EARLY_STOPPING)),
            "no_repeat_ngram_size": st.integers(0, 100),
            "repetition_penalty": st.floats(0.1, 10).map(lambda one: round(one, 3)),
            "bad_words": st.sampled_from(["", "son", "a king, b4"]),
        },
    )
)
def test_what_is_written_of_beams_is_read_back(values: dict[str, object]) -> None:
    row = make_row(values)
    assert parse(write([row])) == (row,)
    assert make_row(row.values) == row
    assert {key: row.values[key] for key in values} == values


def test_a_row_of_beams_draws_nothing_and_keeps_what_bans_words() -> None:
    plain, banned = parse("b4;b3,d-0.5,fnever,n2,wson")
    assert plain.beams == BeamSettings(num_beams=4)
    assert plain.seeded(7) == plain.settings
    assert plain.settings.greedy
    assert banned.beams == BeamSettings(num_beams=3, length_penalty=-0.5, early_stopping="never")
    assert [one.field for one in banned.settings.processors] == ["no_repeat_ngram_size", "bad_words"]
    assert [one.field for one in banned.settings.acting] == ["no_repeat_ngram_size", "bad_words"]


def test_names_are_what_a_reader_would_say() -> None:
    line = "t0;t1;k50;t0.7,p0.9;m0.1;k5,optkm;t0,s4;b4;b2,n2,d0.6,ftrue"
    assert [name(row) for row in parse(line)] == [
        "greedy",
        "no filter",
        "top-k 50",
        "temperature 0.7, top-p 0.9",
        "min-p 0.1",
        "top-k 5, order ptkm",
        "greedy, seed 4",
        "beam search, 4 beams",
        "beam search, 2 beams, no-repeat n-gram 2, length penalty 0.6, early stopping true",
    ]
