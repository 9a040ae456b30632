"""The Compare page, run without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from model_utils.compare import kp_plane
from model_utils.compare.request import TextPlace
from model_utils.compare.settings import SettingsRow, name, parse, write
from model_utils.compare.text_metrics import ENOUGH, FEWEST, TEXT_METRICS
from model_utils.errors import InputError
from model_utils.generate import explain
from model_utils.generate.beam_search.beam_settings import BEAM_SETTINGS, BeamSettings
from model_utils.generate.filters.apply_filters import warp
from model_utils.generate.filters.filter_settings import FILTERS, SETTINGS, SamplingSettings
from model_utils.limits import MAX_PINNED
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import split_sentences
from pages.common.markdown import literal
from pages.compare.state import Pinned
from pages.compare.views import VIEWS
from tests.tools.decoding import ALL_ON
from tests.tools.figures import array, figures
from tests.tools.sentences import numbers, quoting
from viz.compare.sweep import SIGNS

OFF = {one.field: one.off for one in FILTERS}
ROOT = Path(__file__).resolve().parents[3]


def opened(**values: object) -> AppTest:
    """Return the page after its first texts have been made, with the map of row 0 and the box of its settings open."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/6_Compare.py")
    boxes = {"settings_shown": True, "edited_more_filters": True}
    for control, value in {"max_new_tokens": 3, "plot": "map", "row": 0, **boxes, **values}.items():
        at.session_state[control] = value
    return finished(at.run())


def finished(at: AppTest) -> AppTest:
    """Return the page once the comparison under way has ended."""
    assert at.session_state["_compare"].run.job.wait(60)
    return at.run()


def drawn(at: AppTest) -> list[list[int]]:
    return [[step.token_id for step in steps] for steps in at.session_state["_compare"].run.texts().values()]


def figure(at: AppTest) -> dict[str, dict[str, object]]:
    spec = next(iter(figures(at).values()))
    return {trace["name"]: trace for trace in spec["data"]}


def lines(at: AppTest) -> str:
    return " ".join(line.value for line in at.markdown)


def test_the_first_visit_opens_the_choice_at_the_first_difference() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/6_Compare.py")
    at.session_state["settings"] = "t1;t1;t0"
    at = finished(at.run())
    place, number = TextPlace(model=0, row=2, sample=0), 0
    texts = at.session_state["_compare"].run.texts()
    while texts[place][number].token_id == texts[replace(place, row=0)][number].token_id:
        number += 1
    assert list(figures(at)) == ["fig_choice"]
    assert [2, number + 1] in [numbers(line.value) for line in at.markdown]
    at.session_state["row"] = 0
    assert [0, 1] in [numbers(line.value) for line in at.run().markdown]


def test_the_map_shows_the_plane_of_the_first_word(tiny: LoadedModel) -> None:
    at = opened()
    assert not at.exception
    assert not at.error
    assert [len(row) for row in drawn(at)] == [3, 3, 3, 3]
    shown = array(figure(at)["kept_tokens"]["z"])
    ids = tiny.tokenizer("It will rain in the", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        logits = tiny.model(ids).logits[:, -1]
    ks, ps = kp_plane.axis_k(50_257), kp_plane.axis_p()
    assert shown.shape == (len(ps), len(ks))
    for p, k in ((0, 10), (44, 20), (49, 30), (30, len(ks) - 1)):
        settings = SamplingSettings(top_k=int(ks[k]), top_p=float(ps[p]), min_p=0.0)
        assert abs(int(shown[p, k]) - int((warp(logits, settings).cut == 0).sum())) <= 1


def test_every_filter_has_its_row_its_column_and_a_part_in_its_name() -> None:
    rows = [SettingsRow(settings=SamplingSettings(**OFF | {one.field: ALL_ON[one.field]})) for one in FILTERS]
    at = opened(settings=write(rows), max_new_tokens=1)
    assert not at.exception
    assert not at.error
    names = lines(at)
    assert all(one.named(row.settings) in names for one, row in zip(FILTERS, rows, strict=True))
    table = at.dataframe[0].value
    assert sorted(table.columns) == sorted([*SETTINGS, *(one.field for one in BEAM_SETTINGS)])
    assert table.columns.tolist()[:3] == [one.field for one in FILTERS if one.main]
    for number, one in enumerate(FILTERS):
        assert table.loc[number, one.field] == str(ALL_ON[one.field])
    columns = json.loads(at.dataframe[0].proto.columns)
    assert [columns[one.field]["label"] for one in FILTERS] == [one.name for one in FILTERS]


def test_an_order_may_name_some_filters() -> None:
    at = opened(settings="t1,opt;t1", max_new_tokens=1)
    assert at.session_state["_compare"].run.request.rows[0].settings == SamplingSettings(**OFF, order="pkt")
    assert at.dataframe[0].value["order"].tolist() == ["pt", "tkpm"]


@pytest.mark.parametrize(
    ("surface", "trace"), [("probability", "kept_mass"), ("entropy", "entropy"), ("drawn", "drawn_word")]
)
def test_each_surface_has_its_trace_and_every_row_its_point(surface: str, trace: str) -> None:
    traces = figure(opened(surface=surface, max_new_tokens=1))
    assert traces[trace]["type"] == "heatmap"
    points = ",".join(text.removeprefix("<b>").removesuffix("</b>") for text in traces["settings"]["text"])
    assert sorted(points.split(",")) == ["0", "1", "2", "3"]


def test_a_row_at_another_temperature_is_named_as_on_another_map() -> None:
    at = opened(settings="t1;t0.7,p0.9", max_new_tokens=1)
    heading = name(at.session_state["_compare"].run.request.rows[1])
    assert figure(at)["settings"]["text"] == ["<b>0</b>"]
    assert [numbers(line.value) for line in at.caption].count([1]) == 1
    assert all(heading in line for line in quoting(at.markdown, 0.7))
    at = opened(settings="t1;t0.7,p0.9", max_new_tokens=1, row=1)
    assert figure(at)["settings"]["text"] == ["<b>1</b>"]
    (of_the_map,) = [line for line in quoting(at.markdown, 0.7) if heading not in line]
    assert numbers(of_the_map) == [1, 1, 0.7]  # row, step, temperature


def test_rows_share_their_noise_unless_they_have_their_own() -> None:
    same = drawn(opened(settings="t1;t1;t1", max_new_tokens=8))
    assert same[0] == same[1] == same[2]
    own = drawn(opened(settings="t1;t1;t1", max_new_tokens=8, noise="own"))
    assert own[0] == same[0]
    assert own[1] != own[0]
    assert own[2] not in own[:2]
    seeded = drawn(opened(settings="t1;t1,s1;t1", max_new_tokens=8))
    assert seeded[1] == own[1]
    assert seeded[2] == same[0]


def test_a_first_difference_names_the_filter_that_made_it() -> None:
    at = opened(settings="t1;k2", max_new_tokens=20)
    run, place = at.session_state["_compare"].run, TextPlace(model=0, row=1, sample=0)
    found = run.first_difference(run.texts(), place)
    assert (found.reason, found.by) == ("cut", "top-k")
    title = name(run.request.rows[1])
    (line,) = [
        line.value for line in at.markdown if literal(run.label(found.other_id)) in line.value and title in line.value
    ]
    assert literal(run.label(found.token_id)) in line
    assert found.number + 1 in numbers(line)
    assert literal(explain.filter_name("top-k", run.request.settings(1))) in line.replace(title, "", 1)


def columns(at: AppTest) -> list[str]:
    return list(at.dataframe[0].proto.column_order)


def test_the_table_shows_the_columns_that_are_used_or_all() -> None:
    first = ["temperature", "top_k", "top_p", "num_beams"]
    at = opened(max_new_tokens=1, settings="t1;k5")
    assert columns(at) == first
    at.session_state["settings"] = "t1;m0.1"
    assert "min_p" in columns(at.run())
    at.session_state["settings"] = "t1;b2"
    assert {one.field for one in BEAM_SETTINGS} <= set(columns(at.run()))
    at.toggle(key="all_columns").set_value(True).run()
    assert {*SETTINGS, "seed"} <= set(columns(at))
    assert at.session_state["settings"] == "t1;b2"


def test_measures_name_every_setting_and_never_call_anything_quality() -> None:
    at = opened(plot="metrics", samples=2)
    assert len(quoting(at.markdown, 2, FEWEST)) == 1  # too few samples for an interval
    spec = next(iter(figures(at).values()))
    means = [trace for trace in spec["data"] if trace["name"] == "mean"]
    titles = [trace["meta"] for trace in means]
    assert titles == [one.title for one in TEXT_METRICS if one.title in titles or one.title not in lines(at)]
    assert [one.name for one in TEXT_METRICS][:2] == ["entropy", "kept"]
    assert not any("quality" in one.title or "quality" in one.name for one in TEXT_METRICS)
    assert next(iter(means[1]["x"])) == 50_257
    assert list(means[1]["x"])[3] == 1
    assert not any(any(trace["error_x"]["array"]) for trace in means)
    at = opened(plot="metrics", samples=FEWEST)
    assert len(quoting(at.markdown, 95, FEWEST)) == 1  # the intervals, and over how many samples
    means = [trace for trace in next(iter(figures(at).values()))["data"] if trace["name"] == "mean"]
    assert any(means[0]["error_x"]["array"])


def test_a_sweep_is_decided_by_eight_samples_and_undecided_by_fewer() -> None:
    at = opened(plot="sweep", samples=8, settings="k1;k5;k50;t1")
    titles = [note["text"] for note in next(iter(figures(at).values()))["layout"]["annotations"]]
    assert SIGNS["grows"] in titles[0]
    assert TEXT_METRICS[0].title in titles[0]
    assert not quoting(at.main.caption, ENOUGH)
    at = opened(plot="sweep", samples=3, settings="k1;k5;k50;t1")
    titles = [note["text"] for note in next(iter(figures(at).values()))["layout"]["annotations"]]
    assert all(SIGNS["undecided"] in title or SIGNS["stays"] in title for title in titles)
    assert len(quoting(at.main.caption, ENOUGH, 3)) == 1


def test_at_one_step_everything_grows_with_k_and_with_p() -> None:
    at = opened(plot="sweep")
    # Three measures, with k and with p, and with the temperature the uncertainty alone.
    assert lines(at).count("**grows**") == 7
    assert lines(at).count("**stays**") == 2
    keys = {button.key for button in at.button}
    assert keys >= {"climb_k1;k2;k5;k20;k100;k1000;t1", "climb_p0;p0.2;p0.4;p0.6;p0.8;p0.95;t1"}


def test_other_controls_keep_the_texts_and_a_note_names_what_they_were_made_with() -> None:
    at = opened()
    before = drawn(at)
    at.number_input(key="seed").set_value(5)
    at.run()
    assert drawn(at) == before
    assert at.session_state["_compare"].run.request.seed == 0
    assert [numbers(info.value) for info in at.info] == [[0]]
    at.button(key="compare").click()
    finished(at.run())
    assert not at.info
    assert drawn(at) != before


@pytest.mark.parametrize(
    ("control", "value", "read", "quoted"),
    [
        ("settings", "q1", parse, ("0", "'q1'")),
        ("settings", "t1;t1,otx", parse, ("1", "'tx'")),
        ("settings", "k1;" * 13, parse, ("13", "12")),
        ("text", "", split_sentences, ()),
    ],
)
def test_bad_input_is_one_sentence(
    control: str, value: str, read: Callable[[str], object], quoted: tuple[str, ...]
) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/6_Compare.py")
    at.session_state[control] = value
    at.run()
    assert not at.exception
    with pytest.raises(InputError) as refused:
        read(value)
    assert {line.value for line in at.error} == {literal(str(refused.value))}
    assert all(part in str(refused.value) for part in quoted)


def test_a_row_that_cannot_be_read_leaves_the_others_and_their_texts() -> None:
    at = opened(settings="t1;k0.5x;k50", max_new_tokens=2)
    assert [literal("'k0.5x'") in line.value for line in at.error] == [True]
    assert at.session_state["settings"] == "t1;k0.5x;k50"  # to be put right where it stands
    assert at.session_state["_compare"].run.request.rows == parse("t1;k50")
    at.button(key="add_t0").click().run()
    assert at.session_state["settings"] == "t1;k50;t0"
    assert not at.error


def test_texts_that_stay_while_nothing_can_be_made_say_whose_they_are() -> None:
    at = opened(settings="k50", max_new_tokens=2)
    at.text_input(key="settings").set_value("q1").run()
    assert len(at.error) == 1
    (said,) = at.info
    assert name(parse("k50")[0]) in said.value


def test_a_row_whose_top_p_sees_other_scores_is_not_on_the_map() -> None:
    at = opened(settings="t0.7,p0.9;t0.7,p0.9,okptm", max_new_tokens=1)
    assert [numbers(line.value) for line in at.caption].count([1]) == 1
    assert figure(at)["settings"]["text"] == ["<b>0</b>"]


def test_rows_with_other_noise_have_no_place_on_the_map_of_drawn_words() -> None:
    at = opened(settings="t1;k50;p0.9,s3", surface="drawn", max_new_tokens=1)
    points = "".join(figure(at)["settings"]["text"])
    assert "1" in points
    assert "2" not in points


def test_a_set_of_rows_replaces_all_and_starts_its_comparison_once() -> None:
    at = opened(row=3)
    before = at.session_state["_compare"].run
    at.button(key="set_t0.3;t0.5;t0.7;t1;t1.3;t1.7").click().run()
    made = at.session_state["_compare"].run
    assert made is not before
    assert (len(made.request.rows), made.request.samples) == (6, 8)
    assert at.session_state["row"] == 0
    finished(at)
    assert at.session_state["_compare"].run is made
    assert not at.info


def test_a_sweep_is_started_from_the_view_that_needs_one() -> None:
    at = opened(plot="sweep", max_new_tokens=1)
    at.button(key="climb_p0;p0.2;p0.4;p0.6;p0.8;p0.95;t1").click().run()
    made = at.session_state["_compare"].run
    assert (len(made.request.rows), made.request.samples) == (7, 8)
    finished(at)
    assert at.session_state["_compare"].run is made
    assert list(figures(at)) == ["fig_ladder"]


def test_a_sentence_or_second_model_that_is_not_there_falls_back() -> None:
    at = opened(sentence=15, against="nothing")
    request = at.session_state["_compare"].run.request
    assert request.texts == ("It will rain in the",)
    assert len(request.models) == 1


def test_beams_stand_beside_draws_with_one_text_whatever_the_samples_and_equal_generate(tiny: LoadedModel) -> None:
    at = opened(settings="t1;b3;b4,n2,d0.5,ftrue", samples=2, sample=1, max_new_tokens=9)
    assert not at.exception
    run = at.session_state["_compare"].run
    texts = run.texts()
    assert [(place.row, place.sample) for place in texts] == [(0, 0), (0, 1), (1, 0), (2, 0)]
    ids = tiny.tokenizer("It will rain in the", return_tensors="pt")["input_ids"]
    options = [{"num_beams": 3}, {"num_beams": 4, "no_repeat_ngram_size": 2, "length_penalty": 0.5}]
    for (place, tokens), option in zip(list(texts.items())[2:], options, strict=True):
        early = {"early_stopping": place.row == 2, "max_new_tokens": 9, "pad_token_id": 50256}
        out = tiny.model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, **option, **early)
        assert [step.token_id for step in tokens] == out[0, ids.shape[1] :].tolist()
        found = run.first_difference(texts, place)
        assert found is None or found.reason == "search"
    shown = lines(at)
    assert all(name(row) in shown for row in run.request.rows)
    assert figure(at)["settings"]["text"] == ["<b>0</b>"]  # no beam search has a place on the map
    for view in ("metrics", "steps", "sweep"):
        at.session_state["plot"] = view
        at.run()
        assert not at.exception
        assert not at.error


def test_lines_over_the_steps_are_ringed_at_the_first_differences() -> None:
    at = opened(settings="t1;k50;p0.9;t0", plot="steps", max_new_tokens=20)
    run = at.session_state["_compare"].run
    found = [run.first_difference(run.texts(), TextPlace(model=0, row=row, sample=0)) for row in range(4)]
    assert found[0] is None
    assert found[3] is not None
    for trace in (one for one in figures(at)["fig_compare_steps"]["data"] if one["name"] in ("kept", "bits")):
        ringed = [number for number, size in enumerate(trace["marker"]["size"]) if size]
        assert ringed == ([] if found[trace["meta"]] is None else [found[trace["meta"]].number])


def test_a_row_of_beams_in_view_opens_every_view_and_generate(tiny: LoadedModel) -> None:
    at = opened(settings="b3,n2;p0.9", row=0, at_step=2)
    for view in VIEWS:
        at.session_state["plot"] = view
        at.run()
        assert not at.exception
        assert not at.error
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    at.query_params["take"] = "b3,n2"
    at.session_state["max_new_tokens"] = 2
    at.run()
    request = at.session_state["_generate"].run.request
    assert request.beams == BeamSettings(num_beams=3)
    assert request.settings.no_repeat_ngram_size == 2
    assert "top_k" not in at.session_state  # filters stay as they are
    at.query_params["take"] = "k7"
    at.run()
    assert (at.session_state["num_beams"], at.session_state["top_k"]) == (1, 7)


def test_every_sentence_stands_under_every_row_and_one_cell_opens() -> None:
    at = opened(prompts="all", settings="t1;b2", samples=2, sentence=1, row=1)
    assert not at.exception
    run = at.session_state["_compare"].run
    assert len(run.request.texts) == 3
    assert len(run.texts()) == 3 * 3
    alone = opened(settings="t1;b2", samples=2, sentence=1).session_state["_compare"].run.texts()
    assert [[step.token_id for step in text] for place, text in run.texts().items() if place.prompt == 1] == [
        [step.token_id for step in text] for text in alone.values()
    ]
    table = at.dataframe[1].value
    assert table.shape == (3, 2)
    label = run.label(
        next(text for place, text in run.texts().items() if (place.prompt, place.row) == (2, 1))[0].token_id
    )
    assert table.iloc[2, 1].startswith(label.replace("␣", " ").strip())
    at.session_state["plot"] = "metrics"
    at.run()
    samples = [trace for trace in next(iter(figures(at).values()))["data"] if trace["name"] == "samples"]
    (found,) = [trace for trace in samples if trace["meta"] == TEXT_METRICS[2].title]
    assert len(array(found["x"])) == 2 * 3  # of each row a dot for each prompt
    assert len(quoting(at.markdown, 3, FEWEST)) == 1


@pytest.mark.parametrize(
    ("values", "quoted"),
    [
        ({"settings": ";".join(f"k{k}" for k in range(1, 13)), "samples": 8, "prompts": "all"}, ("3", "288", "96")),
        ({"settings": "b4,k50"}, ("Row 0", "top-k")),
    ],
)
def test_what_does_not_fit_is_one_sentence(values: dict[str, object], quoted: tuple[str, ...]) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/6_Compare.py")
    for control, value in values.items():
        at.session_state[control] = value
    at.run()
    assert not at.exception
    (line,) = at.error
    assert all(part in line.value for part in quoted)


def test_a_row_is_set_by_the_sliders_that_generate_has() -> None:
    at = opened(settings="t1;k50,s3;b4", edit_by="sliders", row=1, max_new_tokens=1)
    assert not at.exception
    assert at.slider(key="edited_top_k").value == 50
    at.slider(key="edited_top_k").set_value(7).run()
    assert at.session_state["settings"] == "t1;k7,s3;b4"
    at.number_input(key="edited_temperature_box").set_value(0.5).run()
    assert at.session_state["settings"] == "t1;t0.5,k7,s3;b4"
    at.slider(key="edited_repetition_penalty").set_value(1.2).run()
    assert at.session_state["settings"] == "t1;r1.2,t0.5,k7,s3;b4"
    at.segmented_control(key="edited_how").set_value("beam search").run()
    assert at.session_state["settings"] == "t1;b4,r1.2;b4"
    at.slider(key="edited_length_penalty").set_value(-1.0).run()
    assert at.session_state["settings"] == "t1;b4,d-1,r1.2;b4"
    at.slider(key="edited_num_beams").set_value(6).run()
    assert at.session_state["settings"] == "t1;b6,d-1,r1.2;b4"
    at.segmented_control(key="edited_how").set_value("sampling").run()
    assert at.session_state["settings"] == "t1;r1.2;b4"
    assert "top_k" not in at.query_params  # Generate's own settings stay
    assert not at.exception


def test_a_row_beyond_the_usual_has_sliders_that_reach_it() -> None:
    at = opened(settings="t20,k100000", edit_by="sliders", max_new_tokens=1)
    assert not at.exception
    assert at.slider(key="edited_top_k").value == 100_000
    at.slider(key="edited_temperature").set_value(2.0).run()
    assert at.session_state["settings"] == "t2,k100000"


def pinned(at: AppTest) -> list[Pinned]:
    kept: list[Pinned] = at.session_state["_compare"].pinned
    return kept


def test_a_pinned_run_stays_beside_the_next_one_and_opens_from_its_file_without_computing() -> None:
    at = opened(plot="pinned", settings="t1;b2", max_new_tokens=4)
    at.text_input(key="pinned_name").set_value("before *x*").run()
    at.button(key="pin").click().run()
    assert not at.exception
    assert not at.error
    (kept,) = pinned(at)
    first = drawn(at)
    at.session_state["settings"] = "t0;b2"
    at.button(key="compare").click().run()
    finished(at)
    assert drawn(at) != first
    assert [[token.id for token in tokens] for tokens in kept.run.texts.values()] == first
    assert at.selectbox(key="pinned_run").options == ["before *x*"]
    same = [line.value for line in at.markdown if "the same text" in line.value]
    assert len(same) == 1  # the beam search's, which no temperature changes
    assert "· 1 ·" in same[0]

    other = opened(plot="pinned", settings="k5", max_new_tokens=1)
    run = other.session_state["_compare"].run
    other.file_uploader(key="pinned_file_0").set_value(("run.json", kept.content, "application/json")).run()
    assert not other.exception
    assert not other.error
    assert other.session_state["_compare"].run is run
    (opened_again,) = pinned(other)
    assert opened_again.run.texts == kept.run.texts
    assert opened_again.content == kept.content
    assert other.session_state["open_pinned"] is False  # the box lies over what it opened
    other.button(key="use_pinned").click().run()
    assert other.session_state["settings"] == "t1;b2"
    assert other.session_state["max_new_tokens"] == 4
    other.button(key="remove_pinned").click().run()
    assert not pinned(other)
    assert not other.exception


@pytest.mark.parametrize(
    ("spoil", "quoted"),
    [
        (lambda content: content[:-9], ()),
        (
            lambda content: content.replace(b'"id": "tiny-gpt2"', b'"id": "gpt2"').replace(
                b'"model": "tiny-gpt2"', b'"model": "gpt2"'
            ),
            ("gpt2",),
        ),
        (lambda content: re.sub(rb'"sha256": "\w', b'"sha256": "0', content), ("tiny-gpt2", "SHA-256")),
        (lambda content: re.sub(rb'"symbol": "[^"]*"', b'"symbol": "<img src=x onerror=alert(1)>"', content), ("img",)),
    ],
    ids=["damaged", "another model", "other weights", "hostile tokens"],
)
def test_a_file_that_does_not_fit_is_one_sentence(spoil: Callable[[bytes], bytes], quoted: tuple[str, ...]) -> None:
    at = opened(plot="pinned", settings="t1", max_new_tokens=2)
    at.button(key="pin").click().run()
    content = spoil(pinned(at)[0].content)
    assert content != pinned(at)[0].content
    at.file_uploader(key="pinned_file_0").set_value(("run.json", content, "application/json")).run()
    assert not at.exception
    assert len(pinned(at)) == 1
    (line,) = at.error
    assert all(part in line.value for part in quoted)


def test_pinned_runs_have_a_bound() -> None:
    at = opened(plot="pinned", settings="t1", max_new_tokens=1)
    for _ in range(MAX_PINNED + 1):
        at.button(key="pin").click().run()
    assert len(pinned(at)) == MAX_PINNED
    (line,) = at.error
    assert str(MAX_PINNED) in line.value


def test_pinned_runs_have_a_bound_in_mb(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(plot="pinned", settings="t1", max_new_tokens=1)
    at.button(key="pin").click().run()
    size = len(pinned(at)[0].content)
    monkeypatch.setattr("pages.compare.pinned.MAX_PINNED_MB", 1.5 * size / 1e6)
    at.button(key="pin").click().run()
    assert len(pinned(at)) == 1
    assert len(at.error) == 1


def test_a_search_whose_memory_was_given_back_is_made_again_and_gives_the_same() -> None:
    at = opened(settings="t1;b3", max_new_tokens=6)
    before = at.session_state["_compare"].run
    texts = before.drawn()
    assert all(len(text) == 6 for text in texts.values())
    before.discard()
    assert before.drawn() == texts
    finished(at.run())
    run = at.session_state["_compare"].run
    assert run is not before
    assert run.drawn() == texts
    assert not at.exception


@pytest.mark.parametrize(("values", "said"), [({}, 0), ({"weights": "1:0"}, 1), ({"pattern": "window"}, 1)])
def test_a_mask_of_masks_does_not_apply_and_the_page_says_so(values: dict[str, str], said: int) -> None:
    captions = [caption.value for caption in opened(**values).caption]
    assert sum("Masks" in caption for caption in captions) == said


def test_a_stopped_search_says_so_and_keeps_what_led() -> None:
    at = opened(settings="t1;b3", max_new_tokens=1)
    at.number_input(key="max_new_tokens").set_value(200)
    at.button(key="compare").click().run()
    at.button(key="stop").click().run()
    run = at.session_state["_compare"].run
    finished(at)
    made = [len(text) for text in run.drawn().values()]
    assert max(made) < 200
    assert len(quoting(at.caption, 200)) == 2
    assert not at.exception


def test_trends_over_beams_are_decided_by_enough_sentences() -> None:
    sentences = [
        "It was",
        "He shook his",
        "Once upon a time",
        "My dog is",
        "The king",
        "She said",
        "In the",
        "They went",
    ]
    at = opened(text="\n".join(sentences), prompts="all", settings="b4;t0;b2", plot="sweep", max_new_tokens=3)
    assert not at.exception
    assert not at.error
    assert not quoting(at.main.caption, ENOUGH)
    titles = [note["text"] for note in next(iter(figures(at).values()))["layout"]["annotations"]]
    assert len(titles) == sum(not one.of_draws for one in TEXT_METRICS)
    assert any(SIGNS["grows"] in title for title in titles)  # the log-probability: more beams find likelier texts


def test_between_greedy_rows_nothing_is_drawn_and_a_penalty_is_not_on_the_map() -> None:
    at = opened(
        text="Once upon a time, in a small house by the sea,",
        settings="t0;t0,r1.3;t0,n1;t1",
        plot="map",
        max_new_tokens=12,
    )
    run = at.session_state["_compare"].run
    places, texts = run.request.places(), run.texts()
    assert {run.first_difference(texts, place).reason for place in places[1:3]} == {"cut", "tempered"}
    said = [line.value for line in at.markdown if line.value.startswith(("**1 ·", "**2 ·"))]
    assert len(said) == 2
    assert not any("random" in line for line in said)
    assert [numbers(line.value) for line in at.caption].count([1, 2]) == 1
    assert sorted(",".join(figure(at)["settings"]["text"])) == sorted("<b>0</b>,<b>3</b>")


def test_before_its_first_word_a_text_has_no_candidates_and_the_page_waits_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = opened(max_new_tokens=1)
    run = at.session_state["_compare"].run
    monkeypatch.setattr(type(run.job), "done", property(lambda _: False))
    monkeypatch.setattr(type(run), "texts", lambda self: {place: [] for place in self.request.places()})
    said = []
    for view in ("steps", "candidates"):
        at.session_state["plot"] = view
        said.append([line.value for line in at.run().info])
    assert said[0] == said[1] != []


def test_measures_that_are_one_in_all_texts_are_named_and_not_drawn() -> None:
    at = opened(settings="t1;t0", plot="metrics", max_new_tokens=6)
    drawn_ = {trace["meta"] for trace in next(iter(figures(at).values()))["data"]}
    titles = {one.name: one.title for one in TEXT_METRICS}
    assert titles["entropy"] in drawn_
    assert not {titles["length"], titles["ended"]} & drawn_
    assert f"{titles['length']}, {titles['ended']}" in lines(at)
