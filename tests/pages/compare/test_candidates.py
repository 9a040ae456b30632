"""The candidates of one step on the Compare page."""

from __future__ import annotations

from math import log

import pytest

from model_utils.compare.request import TextPlace
from model_utils.generate.noise import gumbel, uniforms
from tests.pages.compare.test_page import figure, lines, opened
from tests.tools.sentences import numbers

STEPS = 12


def test_the_sums_of_both_rows_are_the_largest_of_what_each_leaves_and_what_is_cut_is_said() -> None:
    at = opened(settings="t1;k50", row=1, at_step=10, plot="candidates", max_new_tokens=STEPS)
    run = at.session_state["_compare"].run
    texts = run.texts()
    found = run.first_difference(texts, TextPlace(model=0, row=1, sample=0))
    assert (found.number, found.reason) == (9, "cut")  # the step in view
    noise, shown = gumbel(uniforms(0, 0, 9, 50_257)), lines(at)
    (told,) = [line.proto.help for line in at.markdown if "draws “" in line.value]
    for row in (0, 1):
        step = texts[TextPlace(model=0, row=row, sample=0)][9]
        some, token = step.candidates, step.token_id
        sums = {
            int(one): log(before) + noise[one]
            for one, before, cut in zip(some.ids, some.before, some.cut, strict=True)
            if not cut
        }
        assert max(sums, key=lambda one: sums[one]) == token
        assert f"draws “{run.label(token)}”: rank" in shown
        said = told[told.index(f"row {row}: ") :].split(";")[0]
        assert numbers(said)[-1] == pytest.approx(abs(sums[token]), abs=0.011)
    assert f"“{run.label(found.other_id)}” is cut" in shown
    assert set(figure(at)) >= {"drawn", "kept", "cut"}
    assert figure(at)["drawn"]["customdata"][0][0] == found.token_id


def test_the_bars_hold_the_word_that_is_said_to_be_cut_however_rare_it_is() -> None:
    at = opened(settings="t1;k50", row=1, at_step=10, plot="candidates", max_new_tokens=STEPS)
    run = at.session_state["_compare"].run
    place = TextPlace(model=0, row=1, sample=0)
    found = run.first_difference(run.texts(), place)
    assert (found.number, found.reason) == (9, "cut")
    assert found.other_id not in run.texts()[place][9].candidates.ids
    (rank,) = [rank for token, rank, *_ in figure(at)["cut"]["customdata"] if token == found.other_id]
    assert rank > 50


@pytest.mark.parametrize(
    ("settings", "row", "said"),
    [("t1;t0", 1, "takes “"), ("b2;t1", 0, "no token of it is drawn"), ("t1;t1,s5", 1, "has another text")],
)
def test_what_has_no_sum_to_compare_says_why(settings: str, row: int, said: str) -> None:
    at = opened(settings=settings, row=row, at_step=3, plot="candidates")
    assert not at.exception
    assert not at.error
    assert said in lines(at)


def test_a_row_with_the_text_or_the_setting_of_one_above_says_so() -> None:
    at = opened(settings="t1;t0;k1;p1")
    heads = [line.value for line in at.markdown if line.value.startswith("**") and " · " in line.value]
    assert ["tokens as in row 1." in one for one in heads] == [False, False, True, False]
    assert ["setting as row 0." in one for one in heads] == [False, False, False, True]


def test_a_token_whose_probability_before_a_ban_rounds_to_0_is_shown_without_a_sum() -> None:
    at = opened(settings="t0.01,n1", row=0, at_step=12, plot="candidates", max_new_tokens=STEPS)
    steps = at.session_state["_compare"].run.texts()[TextPlace(model=0, row=0, sample=0)]
    gone = [step.number + 1 for step in steps if step.probability == 0]
    assert gone  # what was likely was said before, and no word may be said twice
    at.session_state["at_step"] = gone[0]
    at.run()
    assert not at.exception
    assert not at.error
    assert "below the smallest number" in lines(at)
