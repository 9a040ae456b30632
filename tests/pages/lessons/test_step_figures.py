"""The figures of steps: each shows what the step's checks measure; what a page alone can show has none."""

from __future__ import annotations

import pytest

from lessons import checks
from lessons.loading import FOLDER, load
from lessons.states import PageState, parse_state
from pages.common import figures
from pages.lessons.step_figures import DRAWN, VIEW, StepFigure, step_figures, view

STEPS = [
    pytest.param(step, id=f"{name}-{step.number}")
    for name in ("masks", "sampling")
    for step in load(FOLDER / f"{name}.yaml").steps
]
PROMPT = "text=They+shook+their"


def drawn(loaded, link: str) -> list[StepFigure]:
    return step_figures(loaded, parse_state(link))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_a_view_that_is_drawn_has_sound_figures(step, tiny) -> None:
    found = step_figures(tiny, step.state)
    assert bool(found) == (view(step.state) in DRAWN)
    for one in found:
        assert one.figure.checked().data


def test_every_view_that_is_drawn_is_one_of_its_page() -> None:
    for name in DRAWN:
        page, _, value = name.partition(" ")
        assert view(PageState(page=page, parameters={VIEW[page]: value})) == name
        assert view(parse_state(f"{page}?{VIEW[page]}={value}")) == name


def test_next_words_stand_beside_those_without_the_mask(tiny) -> None:
    (words,) = drawn(tiny, f"Masks?{PROMPT}&weights=1:0")
    now, before = (checks.next_word(tiny, parse_state(f"Masks?{PROMPT}{mask}")) for mask in ("&weights=1:0", ""))
    percent = {trace.name: max(map(float, trace.x)) for trace in words.figure.data if trace.type == "bar"}
    assert percent["now"] == pytest.approx(100 * now.max())
    assert percent["before"] == pytest.approx(100 * before.max())


def test_an_effect_is_what_hiding_the_word_moves(tiny) -> None:
    (one,) = drawn(tiny, f"Masks?{PROMPT}&look=effect")
    percent = {float(y) for trace in one.figure.data for y in trace.y}
    for token in range(3):
        states = [parse_state(f"Masks?{PROMPT}"), parse_state(f"Masks?{PROMPT}&weights={token}:0")]
        moved = checks.MEASURES["moved"].run(tiny, *states)
        assert any(change == pytest.approx(100 * moved, abs=1e-3) for change in percent)


def test_a_waterfall_is_drawn_for_each_sentence(tiny) -> None:
    first, second = drawn(tiny, f"Generate?{PROMPT}%0AThe+cat&top_k=5&top_p=1&max_new_tokens=1&view=waterfall")
    assert [first.title, second.title] == ["They shook their", "The cat"]
    assert first.figure.to_json() != second.figure.to_json()


def test_draws_are_as_often_as_the_check_counts(tiny) -> None:
    link = f"Generate?{PROMPT}&top_k=0&top_p=1&max_new_tokens=1&view=draws"
    (one,) = drawn(tiny, link)
    came = checks.MEASURES["came"].run(tiny, parse_state(link), draws=str(figures.DRAWS))
    assert next(trace for trace in one.figure.data if trace.type == "bar").x[0] == came


def test_over_the_steps_all_tokens_are_left_without_a_filter(tiny) -> None:
    (one,) = drawn(tiny, f"Compare?{PROMPT}&settings=t0.5;t1.5&plot=steps&max_new_tokens=3")
    kept = [list(trace.y) for trace in one.figure.data if trace.name == "kept"]
    assert kept == [[tiny.entry.vocabulary] * 3] * 2


def test_a_sweep_has_a_point_for_each_setting_over_its_samples(tiny) -> None:
    link = f"Compare?{PROMPT}&settings=k1;k5;k50&plot=sweep&max_new_tokens=4"
    one_sample, two_samples = (drawn(tiny, f"{link}&samples={count}")[0].figure for count in (1, 2))
    assert all(len(trace.x) == 3 for trace in one_sample.data)
    assert one_sample.to_json() != two_samples.to_json()


@pytest.mark.parametrize(
    "link",
    [
        f"Generate?{PROMPT}&max_new_tokens=1&view=waterfall&weights=1:0",  # a mask, which the figures do not know
        f"Generate?{PROMPT}&max_new_tokens=1&view=mask",
        f"Compare?{PROMPT}&settings=k1;k5;k50&plot=sweep&noise=own",
        f"Compare?{PROMPT}&settings=k1;k5&plot=sweep",  # too few for a sweep
        f"Compare?{PROMPT}&settings=b2&plot=steps",  # a search with beams draws nothing
        f"Compare?{PROMPT}&plot=steps",  # the page has rows of its own
        f"Heads?{PROMPT}",
        "Tokens",
    ],
)
def test_what_a_page_alone_can_show_has_no_figure(link: str, tiny) -> None:
    assert drawn(tiny, link) == []
