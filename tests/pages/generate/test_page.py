"""The Generate page, run without a browser."""

from __future__ import annotations

import gc
import json
import threading
from itertools import pairwise
from pathlib import Path
from types import GeneratorType

import numpy as np
import pytest
from streamlit.runtime.caching import clear_session_resource_cache
from streamlit.testing.v1 import AppTest

from formatting import percent
from model_utils.errors import InputError
from model_utils.generate import explain
from model_utils.generate.examples import TEXT_EXAMPLES
from model_utils.generate.filters.filter_settings import BY_NAME, FILTERS, SamplingSettings
from model_utils.generate.filters.full_distribution import full_distribution
from model_utils.generate.step import Step
from model_utils.job_queue import JobQueue, Needs
from model_utils.masks.explain import rule_in_words
from model_utils.tokens.batch import split_sentences
from pages.common.caches import cache
from pages.common.markdown import literal
from pages.common.runs.decode_job import decode_job
from pages.generate import run as generate_run
from pages.generate.run import Generation, step_lines, steps_frame
from tests.tools.decoding import ALL_ON
from tests.tools.figures import figures
from tests.tools.sentences import numbers, quoting
from viz.base.theme import LIGHT
from viz.generate.candidates import probability_colour

ROOT = Path(__file__).resolve().parents[3]


def opened(**values: object) -> AppTest:
    """Return the page after its first text has been made, its boxes open."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    boxes = {"more_filters": True, "text_examples": True}
    for name, value in {"max_new_tokens": 3, **boxes, **values}.items():
        at.session_state[name] = value
    return finished(at.run())


def finished(at: AppTest) -> AppTest:
    """Return the page once the generation under way has ended."""
    assert at.session_state["_generate"].run.job.wait(60)
    return at.run()


def texts(at: AppTest) -> list[list[int]]:
    return [[step.token_id for step in row] for row in at.session_state["_generate"].run.rows()]


def traces(at: AppTest) -> dict[str, dict[str, object]]:
    figure = next(iter(figures(at).values()))
    return {trace["name"]: trace for trace in figure["data"]}


def explained(at: AppTest, row: int = 0, number: int = 0) -> bool:
    """Return whether the page says of a step why its word was drawn, and how many words each filter left."""
    run = at.session_state["_generate"].run
    step, settings = run.rows()[row][number], run.request.settings
    wanted = {
        explain.why(step, settings, run.label),
        explain.funnel(step, settings, run.loaded.entry.vocabulary),
    }
    return wanted <= {line.value for line in at.text}


def left_by_filters(run: Generation, step: Step) -> list[int]:
    """Return the size of the vocabulary, and how many words each filter that is on has left of it."""
    on = [stage.kept for stage in step.stages if not BY_NAME[stage.filter].is_off(run.request.settings)]
    return [run.loaded.entry.vocabulary, *on]


def mask_in_words(run: Generation) -> list[str]:
    """Return the parts of the rule that a text reads itself under, as a page shows them."""
    spec = run.request.policy.spec
    return [literal(part) for part in rule_in_words(spec, run.batch.tokens[spec.sentence])]


def test_every_prompt_that_ends_in_a_space_is_warned_of() -> None:
    assert [len(opened(text=text).warning) for text in ("My dog is\nIt rains", "My dog is \nIt rains ")] == [0, 2]


def test_the_first_visit_shows_texts_and_the_candidates_of_the_first_step() -> None:
    at = opened()
    assert not at.exception
    assert not at.error
    assert [len(row) for row in texts(at)] == [3, 3, 3]
    assert {"drawn", "kept", "cut"} <= set(traces(at))
    assert explained(at)
    run = at.session_state["_generate"].run
    assert left_by_filters(run, run.rows()[0][0])[:2] == [50_257, 50]


def test_without_a_sentence_the_text_stays_and_a_note_says_that_it_is_of_before() -> None:
    at = opened()
    before = texts(at)
    assert not at.info
    at.session_state["text"] = ""
    at.run()
    assert texts(at) == before
    assert len(at.error) == len(at.info) == 1


def test_another_setting_keeps_the_text_and_a_note_names_what_it_was_made_with() -> None:
    at = opened()
    before = texts(at)
    at.slider(key="top_k").set_value(7)
    at.slider(key="temperature").set_value(0.5)
    at.run()
    assert texts(at) == before
    (note,) = [info.value for info in at.info]
    assert explain.describe(SamplingSettings(temperature=1.0, top_k=50)) in note
    at.button(key="generate").click()
    finished(at.run())
    assert not at.info
    assert explained(at)
    run = at.session_state["_generate"].run
    assert left_by_filters(run, run.rows()[0][0])[1] == 7


def test_the_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    at = opened(max_new_tokens=8)
    before = texts(at)
    at.button(key="generate").click()
    assert texts(finished(at.run())) == before
    at.number_input(key="seed").set_value(1)
    at.button(key="generate").click()
    assert texts(finished(at.run())) != before


def test_next_and_back_step_through_a_text_and_the_sentence_chooses_the_row() -> None:
    at = opened()
    at.button(key="next").click().run()
    at.button(key="next").click().run()
    at.button(key="next").click().run()
    assert at.slider(key="step").value == 3  # it stays at the last
    at.button(key="back").click().run()
    at.selectbox(key="sentence").set_value(2).run()
    drawn = at.session_state["_generate"].run.rows()[2][1].token_id
    assert traces(at)["drawn"]["customdata"][0][0] == drawn


def test_temperature_zero_is_called_greedy() -> None:
    at = opened(temperature=0.0)
    run = at.session_state["_generate"].run
    assert run.request.settings.greedy
    assert explained(at)
    sampled = explain.why(run.rows()[0][0], SamplingSettings(), run.label)
    assert sampled not in [line.value for line in at.text]
    idle = [at.slider(key=name).disabled for name in ("temperature", "top_k", "top_p")]
    assert idle == [False, True, True]
    assert at.number_input(key="seed").disabled


def test_a_step_after_the_end_of_a_text_says_why_there_is_none() -> None:
    """Greedily, nothing comes after the end of a fairy tale."""
    end = "So they were married, and they lived happily together until they died."
    at = opened(text=end, temperature=0.0, max_new_tokens=14)
    at.slider(key="step").set_value(14).run()
    run = at.session_state["_generate"].run
    last = run.rows()[0][-1]
    assert last.stop == "end"
    (note,) = [info.value for info in at.info]
    assert explain.ending(last, run.loaded.context) in note


def test_a_link_beyond_the_slider_widens_it() -> None:
    at = opened(top_k=5000)
    assert at.slider(key="top_k").value == 5000
    assert not at.exception


def test_one_new_token_needs_no_slider_of_steps() -> None:
    at = opened(max_new_tokens=1)
    assert not at.exception
    assert "step" not in [slider.key for slider in at.slider]
    assert "drawn" in traces(at)


def test_a_sentence_that_fills_the_model_gives_one_sentence_with_both_numbers() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    at.session_state["text"] = "the" + " the" * 255
    at.run()
    assert not at.exception
    assert [numbers(error.value) for error in at.error] == [[256, 256]]


def test_empty_text_is_an_error_and_the_last_text_stays() -> None:
    at = opened()
    at.text_area(key="text").set_value("  ").run()
    assert not at.exception
    with pytest.raises(InputError) as refused:
        split_sentences("  ")
    assert [error.value for error in at.error] == [literal(str(refused.value))]
    assert figures(at)


def figure(at: AppTest, name: str) -> dict[str, object]:
    return figures(at)[name]


def test_a_stopped_text_keeps_its_words_and_one_chart_stands_in_the_place_of_the_candidates() -> None:
    at = opened(max_new_tokens=1)
    at.number_input(key="max_new_tokens").set_value(200)
    at.button(key="generate").click().run()
    run = at.session_state["_generate"].run
    assert run.job.wait_for_event(60)
    at.run()  # the first words have been drawn: the picture comes
    at.button(key="stop").click().run()
    assert run.job.wait(60)
    at.run()
    assert not at.exception
    assert at.session_state["_generate"].run is run
    assert 1 <= len(run.rows()[0]) < 200
    assert list(figures(at)) == ["fig_candidates"]
    assert at.button(key="stop").disabled


def test_the_picture_comes_after_the_first_words() -> None:
    at = opened(max_new_tokens=1)
    at.number_input(key="max_new_tokens").set_value(200)
    at.button(key="generate").click().run()
    state = at.session_state["_generate"]
    assert not figures(at)
    assert state.words_shown is state.run.job
    at.run()
    assert len(figures(at)) == 1
    state.run.job.cancel()


def test_every_view_of_a_step_is_drawn_alone_and_counts_the_whole_vocabulary() -> None:
    at = opened(view="waterfall", step=2)
    assert list(figures(at)) == ["fig_waterfall"]
    run = at.session_state["_generate"].run
    left = left_by_filters(run, run.rows()[0][1])
    assert left[0] == 50_257
    assert len(left) == 3  # top-k and top-p are on
    assert quoting(at.markdown, left[0], *(before - after for before, after in pairwise(left)), left[-1])
    names = [trace.get("name") for trace in figure(at, "fig_waterfall")["data"]]
    assert {"rest", "cut by top-k", "cut by top-p"} <= set(names)
    for view, name in (("ranks", "fig_ranks"), ("draws", "fig_dice"), ("steps", "fig_over_steps")):
        at.session_state["view"] = view
        at.run()
        assert not at.exception
        assert list(figures(at)) == [name]


def test_a_step_is_drawn_200_times_and_the_text_s_own_draw_counts() -> None:
    at = opened(view="draws")
    counts = figure(at, "fig_dice")["data"][0]["x"]
    (line,) = quoting(at.markdown, 95)
    further = 200 - sum(counts)
    assert (further in numbers(line)) == (further != 0)


def test_min_p_and_the_order_of_the_filters_change_what_is_drawn_from() -> None:
    at = opened(min_p=0.2, order="mtkp")
    assert explained(at)
    run = at.session_state["_generate"].run
    assert run.rows()[0][0].stages[0].filter == "min-p"
    assert any(before == after for before, after in pairwise(left_by_filters(run, run.rows()[0][0])))
    settings = run.request.settings
    assert (settings.min_p, settings.order) == (0.2, "mtkp")
    at.text_input(key="order").set_value("tkpm")
    at.run()
    (note,) = [info.value for info in at.info]
    assert explain.describe(settings) in note


def test_every_filter_has_its_control_its_part_of_the_waterfall_and_its_line_of_code() -> None:
    at = opened(view="waterfall", **ALL_ON)
    assert not at.exception
    shown = {one.key: one.value for one in (*at.slider, *at.text_input)}
    assert {one.field: shown[one.field] for one in FILTERS} == ALL_ON
    run = at.session_state["_generate"].run
    assert {one.field: one.value(run.request.settings) for one in FILTERS} == ALL_ON
    names = {trace.get("name") for trace in figure(at, "fig_waterfall")["data"]}
    assert {f"cut by {one.name}" for one in FILTERS if one.cuts} <= names
    code = step_lines(run, run.rows()[0][0])
    assert all(one.call(run.request.settings) in code for one in FILTERS)
    for view in ("candidates", "ranks", "draws", "steps"):
        at.session_state["view"] = view
        at.run()
        assert not at.exception


def test_a_link_sets_every_filter_and_the_order_of_some() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    for name, value in {**ALL_ON, "order": "pt", "max_new_tokens": 1}.items():
        at.query_params[name] = str(value)
    settings = finished(at.run()).session_state["_generate"].run.request.settings
    assert settings == SamplingSettings(**ALL_ON, order="pkt")


@pytest.mark.parametrize("order", ["xyz", "tt", "t k"])
def test_an_order_that_names_no_filter_or_one_twice_is_one_sentence_and_the_text_stays(order: str) -> None:
    at = opened(max_new_tokens=1)
    before = texts(at)
    at.text_input(key="order").set_value(order).run()
    assert not at.exception
    assert [repr(order) in line.value for line in at.error] == [True]
    assert texts(at) == before


def test_greedy_has_one_stage_in_every_view() -> None:
    for view in ("waterfall", "ranks", "draws", "steps"):
        at = opened(temperature=0.0, view=view)
        assert not at.exception
        assert not at.error


def test_a_text_under_a_mask_has_a_note_and_shows_the_mask_as_it_has_grown() -> None:
    at = opened(pattern="window", width=2, weights="1:0", view="mask", step=3)
    run = at.session_state["_generate"].run
    assert (run.request.policy.spec.pattern, run.request.policy.spec.width) == ("window", 2)
    (note,) = [info.value for info in at.info]
    assert "␣will" in note
    assert len(mask_in_words(run)) == 2
    assert all(part in note for part in mask_in_words(run))
    policies = [run.policy(row) for row in range(3)]
    assert [policy.spec.pairs for policy in policies] == [((1, 0.0),), (), ()]
    (heatmap,) = [trace for trace in figure(at, "fig_grown")["data"] if trace["type"] == "heatmap"]
    assert len(heatmap["x"] if "x" in heatmap else heatmap["z"]) >= 7  # five words and two drawn tokens
    assert quoting(at.markdown, 3, 2, 7)


def test_an_opened_step_under_a_mask_is_the_step_that_was_drawn() -> None:
    at = opened(pattern="sink", width=2, first=1, drop_after=1, view="waterfall", step=3, max_new_tokens=4)
    run = at.session_state["_generate"].run
    step = run.rows()[0][2]
    left = left_by_filters(run, step)
    assert left[-1] > 1
    assert quoting(at.markdown, left[0], *(before - after for before, after in pairwise(left)), left[-1])


def test_dropping_the_prompt_changes_the_text_and_zero_means_never() -> None:
    plain, dropped = opened(max_new_tokens=6), opened(max_new_tokens=6, drop_after=1)
    assert [row[0] for row in texts(plain)] == [row[0] for row in texts(dropped)]
    assert texts(plain) != texts(dropped)
    assert plain.session_state["_generate"].run.request.policy.drop_after is None
    assert dropped.session_state["_generate"].run.request.policy.drop_after == 1
    assert not plain.info
    assert [numbers(info.value) for info in dropped.info] == [[1]]


def test_a_width_that_no_pattern_uses_does_not_ask_for_another_text() -> None:
    at = opened()
    at.session_state["width"] = 9
    at.run()
    assert not at.info


@pytest.mark.parametrize(("pattern", "used"), [("causal", set()), ("window", {"width"}), ("sink", {"width", "first"})])
def test_the_box_shows_the_numbers_that_the_pattern_uses(pattern: str, used: set[str]) -> None:
    at = opened(pattern=pattern, max_new_tokens=1)
    assert {box.key for box in at.number_input} & {"width", "first"} == used


def test_another_row_in_view_does_not_move_the_hand_mask_to_it() -> None:
    at = opened(weights="1:0")
    at.selectbox(key="sentence").set_value(1)
    at.run()
    at.run()
    assert at.session_state["weights"] == ""
    run = at.session_state["_generate"].run
    assert run.request.policy.spec.sentence == 0
    (rule,) = mask_in_words(run)
    made_with = explain.describe(run.request.settings)
    assert sorted((rule in info.value, made_with in info.value) for info in at.info) == [(False, True), (True, False)]


def test_a_hand_mask_that_cannot_be_read_is_one_sentence_and_the_text_stays() -> None:
    at = opened()
    at.session_state["weights"] = "99:0"
    at.run()
    assert len(at.error) == 1
    assert [len(row) for row in texts(at)] == [3, 3, 3]


def branched(at: AppTest, place: int = 2) -> AppTest:
    """Return the page after a branch to another candidate of the step in view has been made."""
    (choice,) = [box for box in at.selectbox if str(box.key).startswith("instead_")]
    choice.select_index(place)
    at.run()
    at.button(key="branch_off").click()
    return finished(at.run())


def test_a_branch_has_the_same_beginning_then_the_chosen_word_and_a_second_one_erases_nothing() -> None:
    at = opened(max_new_tokens=6, step=3)
    before = texts(at)
    branched(at)
    after = texts(at)
    assert after[:3] == before
    assert after[3][:2] == before[0][:2]
    assert after[3][2] != before[0][2]
    assert len(after[3]) == 6
    assert at.selectbox(key="sentence").value == 3
    run = at.session_state["_generate"].run
    assert run.rows()[3][2].instead_of == before[0][2]
    assert explained(at, row=3, number=2)
    (note,) = quoting(at.caption, 3, 0)
    assert numbers(note).count(3) == 2  # its own row, and the step
    assert literal(run.label(after[3][2])) in note
    branched(at, 4)
    assert texts(at)[:4] == after
    assert texts(at)[4][:2] == before[0][:2]
    assert not at.exception


def test_a_branch_of_a_branch_under_a_hand_mask_keeps_the_mask_of_its_sentence() -> None:
    at = opened(max_new_tokens=4, step=2, weights="1:0", sentence=0)
    branched(branched(at))
    run = at.session_state["_generate"].run
    assert [run.sentence(row) for row in range(run.count)] == [0, 1, 2, 0, 0]
    assert run.policy(4).spec.pairs == ((1, 0.0),)
    assert at.session_state["weights"] == "1:0"
    (note,) = [info.value for info in at.info]
    assert mask_in_words(run)[0] in note


def test_a_new_text_has_no_branches() -> None:
    at = branched(opened(max_new_tokens=3))
    at.button(key="generate").click()
    finished(at.run())
    assert len(texts(at)) == 3
    assert not at.exception


def test_a_finished_text_lets_go_of_its_keys_and_values() -> None:
    at = opened(max_new_tokens=2)
    gc.collect()
    # Asked for their type alone: torch has objects that warn when they are asked for their class.
    held = [one for one in gc.get_objects() if type(one) is GeneratorType and one.__name__ == "_decode"]
    assert all(one.gi_frame is None for one in held)
    assert at.session_state["_generate"].run.job.done


def test_a_policy_in_a_link_holds_where_the_sentence_in_view_is_not_there() -> None:
    at = opened(pattern="window", width=2, drop_after=1, sentence=7)
    policy = at.session_state["_generate"].run.request.policy
    assert (policy.spec.pattern, policy.spec.width, policy.drop_after) == ("window", 2, 1)


def test_a_stopped_branch_does_not_call_the_text_before_it_stopped() -> None:
    at = branched(opened(max_new_tokens=3))
    run = at.session_state["_generate"].run
    before = [line.value for line in at.caption]
    run.job._stop.set()
    at.run()
    (note,) = [line.value for line in at.caption if line.value not in before]
    assert numbers(note) == [3, 3]
    assert not run.job_of(0).cancelled


def test_the_number_of_words_that_have_half_of_the_probabilities_is_exact(tiny) -> None:
    at = opened(text="The", view="ranks", max_new_tokens=1)
    distribution = full_distribution(tiny, tiny.tokenizer("The").input_ids, SamplingSettings())
    ordered = np.sort(distribution.before.astype(float))[::-1]
    exact = int(np.searchsorted(np.cumsum(ordered), 0.5 * ordered.sum())) + 1
    assert exact > 1
    assert quoting(at.markdown, exact, 50_257)


def test_an_example_sets_everything_and_starts_its_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(temperature=0.3, drop_after=2)
    before = texts(at)
    started = []
    monkeypatch.setattr(generate_run, "decode_job", lambda *parts: started.append(parts) or decode_job(*parts))
    at.button(key="text_examples_3").click()
    finished(at.run())
    assert not at.exception
    assert len(started) == 1
    run = at.session_state["_generate"].run
    assert len(run.batch.texts) == 2
    assert run.request.settings.greedy
    assert run.request.policy.drop_after is None
    assert run.policy(1).spec.pairs == ((2, 0.0),)
    assert run.policy(0).plain
    assert texts(at) != before
    assert any(literal(TEXT_EXAMPLES[3].caption) in line.value for line in at.markdown)


def test_an_example_hides_words_of_its_own_sentence_though_a_branch_stood_in_that_row() -> None:
    at = branched(opened(text="My dog is"))
    assert at.session_state["_generate"].run.sentence(1) == 0
    at.button(key="text_examples_3").click()
    finished(at.run())
    run = at.session_state["_generate"].run
    assert [run.policy(row).plain for row in range(2)] == [True, False]
    assert at.session_state["weights"] == "2:0"


def test_play_goes_through_the_steps_and_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened()
    state, paused = at.session_state["_generate"], at.button(key="play").label
    at.button(key="play").click()
    at.run()
    assert state.playing
    assert at.button(key="play").label != paused
    assert at.session_state["step"] == 1
    for step in (2, 3):
        at.session_state["_generate"].played_at = 0.0
        at.run()
        assert at.session_state["step"] == step
    at.session_state["_generate"].played_at = 0.0
    at.run()  # the last step was shown: it ends
    assert not state.playing
    assert at.button(key="play").label == paused
    at.button(key="play").click()
    at.run()
    assert at.session_state["step"] == 1  # from the beginning
    at.button(key="play").click()
    at.run()
    assert not state.playing
    assert at.button(key="play").label == paused


def test_the_batch_is_measured_against_one_by_one_and_read_row_by_row() -> None:
    at = opened(batch="timing")
    at.button(key="measure_ways").click()
    at.run()
    assert at.session_state["_generate"].timing[1].wait(60)
    at.run()
    assert not at.exception
    assert len(at.session_state["_generate"].timing[1].events) == 5
    assert [one.equal for one in at.session_state["_generate"].timing[1].result] == [True] * 3
    assert sum(line.value.count(":material/check:") for line in at.markdown) == 3
    at = opened(batch="decoded")
    shown = [code.value for code in at.code if code.language != "python"]
    assert shown[2].startswith("<|endoftext|>" * 5 + "My dog is")
    assert "\n\nMy dog is" in shown[2]


def test_all_work_that_a_reader_has_asked_for_goes_when_the_reader_does() -> None:
    at = opened(batch="timing", max_new_tokens=4, step=2)
    branched(at)
    at.button(key="measure_ways").click().run()
    state = at.session_state["_generate"]
    jobs = [*(job for job, _ in state.run.jobs), state.timing[1]]
    assert len(jobs) == 3
    clear_session_resource_cache(
        "test session id"
    )  # as Streamlit does when the connection of AppTest's session is gone
    assert all(job.wait(60) for job in jobs)
    at.run()
    assert not at.exception
    assert all(job.discarded for job in jobs)


def test_what_is_measured_waits_in_line_as_runs_do(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(batch="timing")
    line, go = JobQueue(places=1, free=lambda: 1e6), threading.Event()
    monkeypatch.setattr(cache, "JOBS", line)
    other = line.start(lambda job: go.wait(60), Needs(operations=0, megabytes=1))
    at.button(key="measure_ways").click().run()
    job = at.session_state["_generate"].timing[1]
    assert line.ahead(job) == 1
    assert [numbers(info.value) for info in at.info] == [[1]]
    at.button(key="stop_measuring").click().run()
    assert job.wait(60)
    assert job.cancelled
    assert not at.info
    go.set()
    assert other.wait(60)


def test_a_single_sentence_is_no_batch_to_measure() -> None:
    at = opened(batch="timing", text="My dog is")
    at.button(key="measure_ways").click()
    at.run()
    assert at.session_state["_generate"].timing[1].wait(60)
    at.run()
    error = at.session_state["_generate"].timing[1].error
    assert isinstance(error, InputError)
    assert [shown.value for shown in at.error] == [literal(str(error))]


def test_a_filter_that_is_set_in_the_box_stays_there_until_the_box_closes() -> None:
    at = opened()
    at.slider(key="min_p").set_value(0.05).run()
    keys = [slider.key for slider in at.slider]
    assert keys.index("min_p") > keys.index("repetition_penalty")
    at.session_state["more_filters"] = False
    keys = [slider.key for slider in at.run().slider]
    assert "min_p" in keys
    assert "repetition_penalty" not in keys
    assert at.session_state["min_p"] == 0.05


def test_the_file_of_all_steps_says_what_each_text_was_made_with() -> None:
    at = opened(text="My dog is\nThe cat sat", temperature=0.5, seed=7, drop_after=2)
    run = at.session_state["_generate"].run
    lines = steps_frame(run, range(run.count))
    assert lines["token_id"].tolist() == [token for row in texts(at) for token in row]
    last = lines.iloc[-1]
    assert (last["model"], last["sentence"], last["prompt"], last["seed"]) == ("tiny-gpt2", 1, "The cat sat", 7)
    assert "0.5" in last["settings"]
    assert last["mask"]
    assert steps_frame(run, [0])["sentence"].tolist() == [0] * len(texts(at)[0])


def test_the_colour_and_the_hover_of_a_word_are_of_the_models_own_probability() -> None:
    at = opened(text="My dog is", temperature=0.5)
    (steps,) = at.session_state["_generate"].run.rows()
    assert steps[0].probability_raw != pytest.approx(steps[0].probability, rel=0.01)
    (strip,) = [json.loads(part.proto.bytes) for part in at.get("bidi_component") if "text_0" in part.proto.id]
    shown = strip["tokens"][-len(steps)]
    assert percent(steps[0].probability_raw) in shown["title"]
    assert shown["background"] == probability_colour(steps[0].probability_raw, LIGHT)
