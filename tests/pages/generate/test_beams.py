"""A beam search on the Generate page: its tree tells `generate`'s text, texts are ranked anew, a penalty is tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from model_utils.models.loading import LoadedModel
from pages.generate.beam_views import ends
from tests.tools.figures import figures, settings

ROOT = Path(__file__).resolve().parents[3]
ONCE = "Once upon a time there was a"


def opened(**values: object) -> AppTest:
    """Return the page after its search has ended."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    for name, value in {"max_new_tokens": 5, "num_beams": 3, "text": ONCE, **values}.items():
        at.session_state[name] = value
    return finished(at.run())


def finished(at: AppTest) -> AppTest:
    """Return the page once the search under way has ended."""
    assert at.session_state["_generate"].run.job.wait(60)
    at.run()
    assert not at.exception
    return at


def run(at: AppTest) -> Any:
    return at.session_state["_generate"].run


def generated(tiny: LoadedModel, new: int, **arguments: Any) -> list[int]:
    ids = tiny.tokenizer(ONCE, return_tensors="pt")["input_ids"]
    out = tiny.model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=new, pad_token_id=50256, **arguments
    )
    found: list[int] = out[0, ids.shape[1] :].tolist()
    return found


def nodes(at: AppTest) -> dict[tuple[int, int], list[Any]]:
    """Return what the picture holds of what went on or is finished, by column and row."""
    traces = {trace["name"]: trace for trace in figures(at)["fig_beam_tree"]["data"]}
    return {(line[0], line[1]): line for kind in ("kept", "finished") for line in traces[kind]["customdata"]}


def path(found: dict[tuple[int, int], list[Any]], place: tuple[int, int]) -> list[int]:
    line = found[place]
    return [*(path(found, (place[0] - 1, line[2])) if line[2] >= 0 else []), *line[3]]


def test_the_picture_holds_every_kept_path_and_its_best_is_what_generate_returns(tiny: LoadedModel) -> None:
    at = opened(num_beams=4, max_new_tokens=8, no_repeat_ngram_size=2)
    found = nodes(at)
    steps = run(at).rows()[0]
    for step in steps[:-1]:
        assert [path(found, (step.number, slot)) for slot in range(4)] == [list(text) for text in step.texts]
    ended = {tuple(path(found, place)): line for place, line in found.items() if line[5] is not None}
    best = max(ended, key=lambda text: ended[text][5])
    assert list(best) == generated(tiny, 8, num_beams=4, no_repeat_ngram_size=2)
    assert run(at).new_tokens() == [best]


def test_steps_go_back_and_forth_and_the_tree_with_them() -> None:
    at = opened()
    assert at.session_state["step"] == 5
    columns = {place[0] for place in nodes(at)}
    at.button(key="back").click().run()
    assert not at.exception
    assert {place[0] for place in nodes(at)} == columns - {4}
    at.button(key="next").click().run()
    assert {place[0] for place in nodes(at)} == columns


def test_a_whole_tree_is_first_seen_at_its_first_branches_a_part_of_it_at_the_step_in_view() -> None:
    at = opened()
    assert settings(at, "beam_tree")["opens"] == "start"
    at.button(key="back").click().run()
    assert settings(at, "beam_tree")["opens"] == "end"


def test_a_click_opens_a_text_and_another_step_keeps_it_open() -> None:
    at = opened()
    at.session_state["_generate"].opened = (1, 0)
    at.run()
    wanted = run(at).rows()[0][1].texts[0]
    said = "".join(run(at).label(token).replace("␣", " ") for token in wanted)
    assert any(line.value.startswith(ONCE + said) for line in at.text)
    shapes = figures(at)["fig_beam_tree"]["layout"]["shapes"]
    assert [shape["y0"] < 0 < shape["y1"] for shape in shapes] == [True]


def test_the_choice_of_how_stands_for_the_number_of_beams() -> None:
    at = opened(num_beams=1, max_new_tokens=2)
    assert not hasattr(run(at).rows()[0][0], "texts")
    at.segmented_control(key="how").set_value("beam search").run()
    assert at.session_state["num_beams"] == 4
    at.button(key="generate").click().run()
    finished(at)
    assert len(run(at).rows()[0][0].texts) == 4
    at.segmented_control(key="how").set_value("sampling").run()
    at.button(key="generate").click().run()
    assert len(finished(at).session_state["_generate"].run.rows()[0]) == 2
    assert at.session_state["num_beams"] == 1


def test_finished_texts_are_ranked_anew_and_another_penalty_is_searched(tiny: LoadedModel) -> None:
    at = opened(beam_view="finished", num_beams=4, max_new_tokens=6)
    table = at.dataframe[0].value
    assert table["score"].tolist() == sorted(table["score"], reverse=True)
    assert table["score"].tolist() == pytest.approx(table["score in the search"].tolist())
    at.slider(key="rerank").set_value(0.0).run()
    assert at.dataframe[0].value["score"].tolist() == pytest.approx(at.dataframe[0].value["sum"].tolist())
    at.button(key="search_anew").click().run()
    finished(at)
    assert run(at).request.beams.length_penalty == 0.0
    assert list(run(at).new_tokens()[0]) == generated(tiny, 6, num_beams=4, length_penalty=0.0)


def test_a_list_of_texts_shows_where_they_differ() -> None:
    assert ends([(1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 7, 8)], lambda token: f"␣{token}") == ["… 3 4 5 6", "… 3 4 5 7 8"]
    assert ends([(1, 2, 3, 4, 5)], lambda token: f"␣{token}") == ["1 2 3 4 5"]


def test_texts_that_read_alike_are_listed_by_their_tokens() -> None:
    labels = {1: "girl", 2: "g", 3: "irl", 4: "s"}
    assert ends([(1,), (2, 3), (1, 4)], labels.__getitem__) == ["girl", "g | irl", "girls"]


def test_beams_stand_beside_a_sampled_text() -> None:
    at = opened(beam_view="repeats", max_new_tokens=8)
    names = {trace["name"] for trace in figures(at)["fig_beam_repeats"]["data"]}
    assert names - {"beam", "sampled"} == {
        f"{text}: {what}" for text in ("beam", "sampled") for what in ("2-grams", "3-grams", "4-grams", "surprise")
    }


def test_a_batch_under_a_mask_is_searched_and_settings_that_have_no_effect_make_no_other_run() -> None:
    at = opened(text="He shook his\nIt was", pattern="window", width=2, sentence=1, temperature=0.3)
    assert [len(row) for row in run(at).rows()] == [5, 5]
    at.session_state["temperature"] = 1.4
    at.session_state["top_p"] = 0.5
    at.run()
    assert not at.info or not any("made with" in info.value for info in at.info)
    at.session_state["length_penalty"] = 2.0
    at.run()
    assert any("length penalty" in info.value for info in at.info)


def test_bad_words_are_named_by_their_tokens() -> None:
    at = opened(bad_words="great, son", no_repeat_ngram_size=1, text=f"{ONCE}\nIt")
    line = next(caption.value for caption in at.caption if "son" in caption.value)
    assert "great" in line
    assert any("generate" in caption.value and "pads" in caption.value for caption in at.caption)


def test_a_search_whose_memory_was_given_back_is_made_again_with_the_step_that_was_in_view() -> None:
    at = opened()
    before = run(at).new_tokens()
    at.button(key="back").click().run()
    run(at).discard()
    at.run()
    finished(at)
    assert not run(at).discarded
    assert run(at).new_tokens() == before
    assert at.session_state["step"] == 4


def test_a_stopped_search_stays_as_long_as_it_was_when_it_is_made_again() -> None:
    at = opened(max_new_tokens=5)
    at.session_state["max_new_tokens"] = 150
    at.button(key="generate").click().run()
    assert run(at).job.wait_for_event(60)
    run(at).job.cancel()
    assert run(at).job.wait(60)
    made = len(run(at).rows()[0])
    assert 0 < made < 150
    run(at).discard()
    at.run()
    finished(at)
    assert len(run(at).rows()[0]) == made


def test_what_the_browser_still_says_of_dials_that_are_gone_does_not_bring_the_beams_back() -> None:
    """A click that comes before the browser has put them away sends their values along."""
    at = opened(num_beams=4)
    gone = [at.slider(key="num_beams_dial"), at.number_input(key="num_beams_dial_box")]
    stale = [one._widget_state for one in gone]
    at.segmented_control(key="how").set_value("sampling").run()
    assert at.session_state["num_beams"] == 1
    said = at._tree.get_widget_states()
    assert not {one.id for one in stale} & {one.id for one in said.widgets}
    said.widgets.extend(stale)
    at._run(said)
    assert at.session_state["num_beams"] == 1
    assert at.segmented_control(key="how").value == "sampling"


def test_a_link_to_a_step_of_a_search_opens_that_step() -> None:
    at = opened(num_beams=2, step=2)
    assert at.session_state["step"] == 2
    assert opened(num_beams=2).session_state["step"] == 5  # the last one, where none is asked for
