"""The Generate page, run without a browser."""

from __future__ import annotations

import gc
import json
import re
from pathlib import Path
from types import GeneratorType

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model_utils.generate.filter_settings import SamplingSettings
from model_utils.generate.full_distribution import full_distribution

ROOT = Path(__file__).resolve().parents[3]


def opened(**values: object) -> AppTest:
    """Return the page after its first text has been made."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    for name, value in {"max_new_tokens": 3, **values}.items():
        at.session_state[name] = value
    return finished(at.run())


def finished(at: AppTest) -> AppTest:
    """Return the page once the generation under way has ended."""
    assert at.session_state["_generate"].run.job.wait(60)
    return at.run()


def texts(at: AppTest) -> list[list[int]]:
    return [[step.token_id for step in row] for row in at.session_state["_generate"].run.rows()]


def traces(at: AppTest) -> dict[str, dict[str, object]]:
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    return {trace["name"]: trace for trace in figure["data"]}


def said(at: AppTest) -> str:
    return " ".join(line.value for line in at.text)


def test_the_first_visit_shows_texts_and_the_candidates_of_the_first_step() -> None:
    at = opened()
    assert not at.exception
    assert not at.error
    assert [len(row) for row in texts(at)] == [3, 3, 3]
    assert {"drawn", "kept", "cut"} <= set(traces(at))
    assert "was the likeliest" in said(at)
    assert "50,257 words → 50 after top-k" in said(at)


def test_another_setting_keeps_the_text_and_says_what_it_was_made_with() -> None:
    at = opened()
    before = texts(at)
    at.slider(key="top_k").set_value(7)
    at.slider(key="temperature").set_value(0.5)
    at.run()
    assert texts(at) == before
    assert "made with temperature 1, top-k 50" in at.info[0].value
    at.button(key="generate").click()
    finished(at.run())
    assert not at.info
    assert "7 after top-k" in said(at)


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
    at.number_input(key="sentence").set_value(2).run()
    drawn = at.session_state["_generate"].run.rows()[2][1].token_id
    assert traces(at)["drawn"]["customdata"][0][0] == drawn


def test_temperature_zero_is_said_to_be_greedy() -> None:
    assert "filters and dice have no effect" in said(opened(temperature=0.0))


def test_a_step_after_the_end_of_a_text_says_why_there_is_none() -> None:
    """Greedily, nothing comes after the end of a fairy tale."""
    end = "So they were married, and they lived happily together until they died."
    at = opened(text=end, temperature=0.0, max_new_tokens=14)
    at.slider(key="step").set_value(14).run()
    assert "drew end-of-text and fills with pads" in at.info[0].value


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
    assert "reads 256" in at.error[0].value


def test_empty_text_is_told_and_the_last_text_stays() -> None:
    at = opened()
    at.text_area(key="text").set_value("  ").run()
    assert not at.exception
    assert "no sentence yet" in at.error[0].value
    assert at.get("plotly_chart")


def figure(at: AppTest, name: str) -> dict[str, object]:
    (chart,) = [chart for chart in at.get("plotly_chart") if chart.proto.id.endswith(name)]
    return json.loads(chart.proto.spec)


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
    assert [chart.proto.id.rsplit("-", 1)[-1] for chart in at.get("plotly_chart")] == ["fig_candidates"]
    assert at.button(key="stop").disabled


def test_the_picture_comes_after_the_first_words() -> None:
    at = opened(max_new_tokens=1)
    at.number_input(key="max_new_tokens").set_value(200)
    at.button(key="generate").click().run()
    state = at.session_state["_generate"]
    assert not at.get("plotly_chart")
    assert state.words_shown is state.run.job
    at.run()
    assert len(at.get("plotly_chart")) == 1
    state.run.job.cancel()


def test_every_view_of_a_step_is_drawn_alone_and_counts_the_whole_vocabulary() -> None:
    at = opened(view="waterfall", step=2)
    assert [chart.proto.id.rsplit("-", 1)[-1] for chart in at.get("plotly_chart")] == ["fig_waterfall"]
    (line,) = [line.value for line in at.markdown if "tokens =" in line.value]
    removed, left = [int(part.replace(",", "")) for part in re.findall(r"([\d,]+) cut by", line)], line.split("+ ")[-1]
    assert sum(removed) + int(left.split()[0]) == 50257
    names = [trace.get("name") for trace in figure(at, "fig_waterfall")["data"]]
    assert {"rest", "cut by top-k", "cut by top-p"} <= set(names)
    for view, name in (("ranks", "fig_ranks"), ("dice", "fig_dice"), ("steps", "fig_over_steps")):
        at.session_state["view"] = view
        at.run()
        assert not at.exception
        assert [chart.proto.id.rsplit("-", 1)[-1] for chart in at.get("plotly_chart")] == [name]


def test_the_dice_are_thrown_200_times_and_count_the_text_s_own_draw() -> None:
    at = opened(view="draws")
    counts = figure(at, "fig_dice")["data"][0]["x"]
    further = [int(number) for line in at.markdown for number in re.findall(r"(\d+) draws fell", line.value)]
    assert sum(counts) + sum(further) == 200


def test_min_p_and_the_order_of_the_filters_change_what_is_drawn_from() -> None:
    at = opened(min_p=0.2, order="mtkp")
    assert "after min-p" in said(at)
    assert "(asleep: it cuts none here)" in said(at)
    settings = at.session_state["_generate"].run.request.settings
    assert (settings.min_p, settings.order) == (0.2, "mtkp")
    at.text_input(key="order").set_value("tkpm")
    at.run()
    assert "min-p 0.2, order mtkp, seed 0" in at.info[0].value


def test_greedy_has_one_stage_in_every_view() -> None:
    for view in ("waterfall", "ranks", "dice", "steps"):
        at = opened(temperature=0.0, view=view)
        assert not at.exception
        assert not at.error


def test_a_text_under_a_mask_says_so_and_shows_the_mask_as_it_has_grown() -> None:
    at = opened(pattern="window", width=2, weights="1:0", view="mask", step=3)
    assert "pattern window, width 2; hidden or softened by hand in sentence 0: “␣will”" in at.info[0].value
    policies = [at.session_state["_generate"].run.policy(row) for row in range(3)]
    assert [policy.spec.pairs for policy in policies] == [((1, 0.0),), (), ()]
    (heatmap,) = [trace for trace in figure(at, "fig_grown")["data"] if trace["type"] == "heatmap"]
    assert len(heatmap["x"] if "x" in heatmap else heatmap["z"]) >= 7  # five words and two drawn tokens
    assert "Step 3 reads 2 of 7 tokens" in at.markdown[-1].value


def test_an_opened_step_under_a_mask_is_the_step_that_was_drawn() -> None:
    at = opened(pattern="sink", width=2, first=1, drop_after=1, view="waterfall", step=3, max_new_tokens=4)
    run = at.session_state["_generate"].run
    step = run.rows()[0][2]
    (line,) = [line.value for line in at.markdown if "tokens =" in line.value]
    assert f"+ {step.stages[-1].kept:,} left" in line


def test_dropping_the_prompt_changes_the_text_and_zero_means_never() -> None:
    plain, dropped = opened(max_new_tokens=6), opened(max_new_tokens=6, drop_after=1)
    assert [row[0] for row in texts(plain)] == [row[0] for row in texts(dropped)]
    assert texts(plain) != texts(dropped)
    assert plain.session_state["_generate"].run.request.policy.drop_after is None
    assert "the prompt dropped after 1 new tokens" in dropped.info[0].value


def test_a_width_that_no_pattern_uses_does_not_ask_for_another_text() -> None:
    at = opened()
    at.session_state["width"] = 9
    at.run()
    assert not at.info


def test_another_row_in_view_does_not_move_the_hand_mask_to_it() -> None:
    at = opened(weights="1:0")
    at.number_input(key="sentence").set_value(1)
    at.run()
    at.run()
    assert at.session_state["weights"] == ""
    assert "hidden or softened by hand in sentence 0" in " ".join(info.value for info in at.info)
    assert "made with" in " ".join(info.value for info in at.info)


def test_a_hand_mask_that_cannot_be_read_is_one_sentence_and_the_text_stays() -> None:
    at = opened()
    at.session_state["weights"] = "99:0"
    at.run()
    assert len(at.error) == 1
    assert [len(row) for row in texts(at)] == [3, 3, 3]


def branched(at: AppTest, place: int = 2) -> AppTest:
    """Return the page after a branch to another candidate of the step in view has been made."""
    choice = next(box for box in at.selectbox if box.label.startswith("What if"))
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
    assert at.number_input(key="sentence").value == 3
    assert "You took" in said(at)
    assert any("branch of 0 at step 3" in line.value for line in at.caption)
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
    assert not any("Press Generate" in info.value for info in at.info)


def test_a_new_text_begins_without_branches() -> None:
    at = branched(opened(max_new_tokens=3))
    at.button(key="generate").click()
    finished(at.run())
    assert len(texts(at)) == 3
    assert not at.exception


def test_a_finished_text_lets_go_of_its_keys_and_values() -> None:
    at = opened(max_new_tokens=2)
    gc.collect()
    held = [one for one in gc.get_objects() if isinstance(one, GeneratorType) and one.__name__ == "_decode"]
    assert all(one.gi_frame is None for one in held)
    assert at.session_state["_generate"].run.job.done


def test_a_policy_in_a_link_holds_where_the_sentence_in_view_is_not_there() -> None:
    at = opened(pattern="window", width=2, drop_after=1, sentence=7)
    policy = at.session_state["_generate"].run.request.policy
    assert (policy.spec.pattern, policy.spec.width, policy.drop_after) == ("window", 2, 1)


def test_a_stopped_branch_does_not_call_the_text_before_it_stopped() -> None:
    at = branched(opened(max_new_tokens=3))
    run = at.session_state["_generate"].run
    run.job._stop.set()
    at.run()
    lines = [line.value for line in at.caption if "Stopped after" in line.value]
    assert lines == ["Stopped after 3 of 3 tokens."]
    assert not run.job_of(0).cancelled


def test_what_the_page_says_of_half_the_chances_is_exact(tiny) -> None:
    at = opened(text="The", view="ranks", max_new_tokens=1)
    distribution = full_distribution(tiny, tiny.tokenizer("The").input_ids, SamplingSettings())
    ordered = np.sort(distribution.before.astype(float))[::-1]
    exact = int(np.searchsorted(np.cumsum(ordered), 0.5 * ordered.sum())) + 1
    (line,) = [line.value for line in at.markdown if "half of the chances" in line.value]
    assert f"{exact:,} words have half" in line


def test_an_example_sets_everything_and_begins() -> None:
    at = opened(temperature=0.3, drop_after=2)
    before = texts(at)
    at.button(key="text_examples_3").click()
    finished(at.run())
    assert not at.exception
    run = at.session_state["_generate"].run
    assert len(run.batch.texts) == 2
    assert run.request.settings.greedy
    assert run.request.policy.drop_after is None
    assert run.policy(1).spec.pairs == ((2, 0.0),)
    assert run.policy(0).plain
    assert texts(at) != before
    assert "rabbit" in " ".join(line.value for line in at.markdown)


def test_play_goes_through_the_steps_and_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened()
    at.button(key="play").click()
    at.run()
    assert at.button(key="play").label == "Pause"
    assert at.session_state["step"] == 1
    for step in (2, 3):
        at.session_state["_generate"].played_at = 0.0
        at.run()
        assert at.session_state["step"] == step
    at.session_state["_generate"].played_at = 0.0
    at.run()  # the last step was shown: it ends
    assert at.button(key="play").label == "Play"
    at.button(key="play").click()
    at.run()
    assert at.session_state["step"] == 1  # from the beginning
    at.button(key="play").click()
    at.run()
    assert at.button(key="play").label == "Play"


def test_the_batch_is_measured_against_one_by_one_and_read_row_by_row() -> None:
    at = opened(batch="timing")
    at.button(key="measure_ways").click()
    at.run()
    assert at.session_state["_generate"].timing[1].wait(60)
    at.run()
    assert not at.exception
    assert len(at.session_state["_generate"].timing[1].events) == 5
    lines = " ".join(line.value for line in at.markdown)
    assert lines.count("the same text both ways") == 3
    at = opened(batch="decoded")
    shown = [code.value for code in at.code]
    assert shown[2].startswith("<|endoftext|>" * 5 + "My dog is")
    assert "\n\nMy dog is" in shown[2]


def test_a_single_sentence_is_no_batch_to_measure() -> None:
    at = opened(batch="timing", text="My dog is")
    at.button(key="measure_ways").click()
    at.run()
    assert at.session_state["_generate"].timing[1].wait(60)
    at.run()
    assert "at least two" in at.error[0].value
