"""The Heads page on a cold start: one pass per text and side, every control changes its part, bad input is one sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from formatting import percent
from model_utils.errors import InputError
from model_utils.heads.difference import difference
from model_utils.heads.measures import caption, habits, measure
from model_utils.heads.search import hide_key
from model_utils.masks.explain import rule_in_words, why
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models import forward
from model_utils.models.forward import attention_maps
from model_utils.models.registry import BUNDLED
from model_utils.tokens.batch import encode
from pages.common.markdown import literal
from pages.heads import beside, first_screen, gallery
from tests.tools.figures import array, figures

APP = Path(__file__).parents[3] / "app.py"


pytestmark = pytest.mark.usefixtures("nothing_kept")


@pytest.fixture
def passes(monkeypatch) -> list[tuple[int, int]]:
    """Return a list that gets (sentences, tokens) of every forward pass."""
    seen, real = [], forward.forward

    def counted(loaded, ids, mask, **options):
        seen.append(ids[options.get("rows", slice(None))].shape)
        return real(loaded, ids, mask, **options)

    monkeypatch.setattr(forward, "forward", counted)
    return seen


def opened(**values: Any) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/3_Heads.py")
    for name, value in values.items():
        at.session_state[name] = value
    return at.run()


def drawn(at: AppTest, name: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Return z of the first trace of a figure, and the whole figure."""
    figure = figures(at)[name]
    return array(figure["data"][0]["z"]), figure


def numbers(line: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", line)


def reading(at: AppTest) -> tuple[str, list[str]]:
    """Return the sentence of the chosen row and the tokens that it quotes."""
    (line,) = [text.value for text in at.text if "“" in text.value]
    return line, re.findall("“(.*?)”", line)


def test_it_opens_on_a_telling_head_with_the_models_own_weights(tiny, mission):
    at = opened()
    assert not at.exception
    maps = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))[0]
    assert (at.session_state["layer"], at.session_state["head"]) == BUNDLED.opening
    z, figure = drawn(at, "fig_head")
    assert figure["data"][0]["name"] == "weight"
    np.testing.assert_allclose(z, np.where(maps.cause > 0, np.nan, maps.weights[BUNDLED.opening]), atol=1e-6)
    tiles, overview = drawn(at, "fig_overview")
    assert overview["data"][0]["name"] == "weight"
    assert (tiles == tiles.astype(np.uint8)).all()
    said = overview["data"][1]["hovertext"]
    assert [[text.split("<br>")[0] for text in row] for row in said] == [
        [f"layer {layer}, head {head}" for head in range(8)] for layer in range(8)
    ]


def test_changing_sentence_layer_or_head_makes_no_new_pass_and_the_side_makes_one(passes):
    at = opened()
    at.number_input(key="layer").set_value(3).run()
    at.number_input(key="head").set_value(3).run()
    at.selectbox(key="sentence").set_value(2).run()
    at.button(key="head_after").click().run()
    assert passes == [(3, 8)]
    at.segmented_control(key="side").set_value("right").run()
    assert passes == [(3, 8), (3, 8)]
    at.segmented_control(key="side").set_value("left").run()
    assert passes == [(3, 8), (3, 8)]
    assert not at.exception


def test_another_head_shows_other_weights_and_says_what_its_last_row_reads(tiny, mission):
    at = opened(layer=3, head=3, sentence=2)
    maps = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))[2]
    z, _ = drawn(at, "fig_head")
    np.testing.assert_allclose(z[5:, 5:], np.where(maps.cause > 0, np.nan, maps.weights[3, 3])[5:, 5:], atol=1e-6)
    share = maps.weights[3, 3, 7].max()
    line, quoted = reading(at)
    assert percent(share) in line
    assert quoted == ["␣is", "My"]
    at.selectbox(key="sentence").set_value(1)
    (pads,) = {one.value for one in at.caption} - {one.value for one in at.run().caption}
    assert not numbers(pads)


def test_a_button_opens_the_head_that_reads_the_token_before_most_on_this_text(tiny, mission):
    (maps, *_) = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))
    layer, head, share = habits(maps, mission.first(0), mission.last(0)).strongest("previous")
    at = opened()
    at.button(key="telling_previous").click().run()
    assert (at.session_state["layer"], at.session_state["head"]) == (layer, head)
    label = at.button(key="telling_previous").label
    assert numbers(label)[:2] == [str(layer), str(head)]
    assert percent(share) in label


def test_the_map_frames_the_heads_of_the_links_in_a_hall_as_well():
    usual, hall = (len(drawn(opened(present=on), "fig_overview")[1]["layout"]["shapes"]) for on in ("off", "on"))
    assert usual == hall > 1


def test_the_steps_go_on_to_the_next_layer_and_round():
    at = opened(layer=7, head=7)
    at.button(key="head_after").click().run()
    assert (at.session_state["layer"], at.session_state["head"]) == (0, 0)
    at.button(key="head_before").click().run()
    assert (at.session_state["layer"], at.session_state["head"]) == (7, 7)


def test_a_batch_too_large_for_one_pass_goes_sentence_by_sentence_and_says_both_numbers(passes, monkeypatch):
    monkeypatch.setattr("pages.heads.cache.SMALL_ATTENTION_MB", 0)
    monkeypatch.setattr("pages.heads.cache.MAX_ATTENTION_MB", 0.03)
    monkeypatch.setattr("pages.heads.first_screen.MAX_ATTENTION_MB", 0.03)
    at = opened(sentence=1)
    assert passes == [(1, 8)]
    assert ["3", "0", "0.03"] in [numbers(caption.value) for caption in at.caption]
    at.number_input(key="layer").set_value(2).run()
    assert passes == [(1, 8)]
    at.selectbox(key="sentence").set_value(0).run()
    assert passes == [(1, 8), (1, 8)]


@pytest.mark.parametrize(
    "text", ["a", "He shook his ", "<script>alert(1)</script> & <b>x</b>", "👋🏽 你好 مرحبا", "a\\nb"]
)
def test_odd_sentences_are_drawn(text):
    at = opened(text=text)
    assert not at.exception
    assert not at.error
    _, figure = drawn(at, "fig_head")
    assert not any("<script" in label or "<b>x" in label for label in figure["layout"]["xaxis"]["ticktext"])


def test_one_token_has_no_habits_to_offer():
    at = opened(text="a")
    assert not any((button.key or "").startswith("telling") for button in at.button)


@pytest.mark.parametrize(("text", "bounds"), [("", []), ("word " * 300, ["301", "256"])])
def test_text_out_of_bounds_is_one_sentence(text, bounds):
    at = opened(text=text)
    assert not at.exception
    (error,) = at.error
    assert numbers(error.value) == bounds
    assert not figures(at)


def test_a_sentence_that_is_not_there_falls_back_and_is_said():
    at = opened(sentence=9)
    assert at.session_state["sentence"] == 0
    (note,) = at.info
    assert "9" in numbers(note.value)


def test_the_longest_text_of_the_model_is_drawn(tiny):
    at = opened(text=" a" * 256, layer=5)
    z, _ = drawn(at, "fig_head")
    assert z.shape == (256, 256)
    batch = encode(tiny.tokenizer, (" a" * 256,))
    maps = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))[0]
    np.testing.assert_allclose(z[255], maps.weights[5, 0, 255], atol=1e-6)


KEY = "The tall wizard gave the boy a silver key. The next day the tall wizard gave the boy a silver"


def buttons(at: AppTest, name: str) -> list[str]:
    return [button.label for button in at.button if (button.key or "").startswith(name)]


def test_the_open_head_says_what_it_does_on_this_text(tiny):
    at = opened(text=KEY, layer=4, head=6)
    batch = encode(tiny.tokenizer, (KEY,))
    (maps,) = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))
    found = measure(maps, batch.input_ids[0], batch.first(0), batch.last(0))
    assert caption(found, 4, 6) in [line.value for line in at.text]


def test_all_heads_stand_in_a_table_of_measures(tiny):
    at = opened(closer="measures")
    assert not at.exception
    (table,) = at.dataframe
    assert len(table.value) == 64
    assert "leak" not in table.value  # under a causal mask
    assert table.value.previous.between(1, 100).any()
    assert not {"same", "induction"} & set(table.value)  # nothing comes again
    (table,) = opened(text=KEY, closer="measures").dataframe
    assert {"same", "induction"} <= set(table.value)
    (table,) = opened(closer="measures", pattern="bidirectional").dataframe
    assert table.value.leak.max() > 1


def test_the_row_of_the_reading_token_is_framed_in_every_view():
    for view in ("none", "search"):
        at = opened(closer=view, layer=3, head=3, query=2)
        _, figure = drawn(at, "fig_head")
        (frame,) = [shape for shape in figure["layout"]["shapes"] if shape.get("name") == "chosen"]
        assert (frame["y0"], frame["y1"]) == (4.5, 5.5)  # behind three pads
        at.selectbox(key="query").set_value(0).run()
        _, figure = drawn(at, "fig_head")
        (frame,) = [shape for shape in figure["layout"]["shapes"] if shape.get("name") == "chosen"]
        assert (frame["y0"], frame["y1"]) == (2.5, 3.5)


def test_a_long_sentence_is_cut_between_words():
    words = [f"word{number}" for number in range(40)]
    shown = first_screen._shown(" ".join(words))
    assert len(shown) <= first_screen.LONGEST_TEXT
    assert set(shown.replace("…", " ").split()) <= set(words)
    assert shown.startswith("word0 ")
    assert shown.endswith(" word39")
    assert len(first_screen._shown("雨" * 200)) <= first_screen.LONGEST_TEXT


def test_heads_are_found_by_a_cell_and_a_click_opens_the_first(tiny):
    at = opened(text=KEY, closer="search", query=17, key=8)
    names = buttons(at, "found_weight")
    assert len(names) == len(buttons(at, "found_contribution")) == 5
    batch = encode(tiny.tokenizer, (KEY,))
    (maps,) = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))
    weights = maps.weights[:, :, batch.first(0) + 17, batch.first(0) + 8]
    layer, head = np.unravel_index(weights.argmax(), weights.shape)
    assert numbers(names[0])[:2] == [str(layer), str(head)]
    at.button(key="found_weight_0").click()
    at.run()
    assert (at.number_input(key="layer").value, at.number_input(key="head").value) == (layer, head)


def test_a_later_word_cannot_be_found_and_hiding_one_is_told_for_both_rows(tiny):
    at = opened(closer="search", query=1, key=3)
    later = why("“␣will”", "“␣in”", ("causal",), MaskSpec())
    assert any(line.value.startswith(later) for line in at.markdown)
    assert "found_weight_0" not in [button.key for button in at.button]
    at = opened(text="It will rain in the", closer="search", pattern="window", width=2, key=0)
    outside = why("“␣the”", "“It”", ("pattern",), MaskSpec(pattern="window", width=2))
    assert any(line.value.startswith(outside) for line in at.markdown)
    assert "found_weight_0" not in [button.key for button in at.button]
    at = opened(text="He shook his", closer="search", query=1, key=0)
    done = hide_key(tiny, encode(tiny.tokenizer, ("He shook his",)), MaskSpec(), 1, 0)
    (line,) = [line.value for line in at.markdown if line.value.count("%") == 2]
    assert re.findall(r"[\d.]+\s%", line) == [percent(done.at_query), percent(done.at_end)]
    at = opened(text="He shook his", closer="search", query=2, key=0)  # the row of the next word: said once
    assert [line.value.count("%") for line in at.markdown if "whole model" in line.value] == [1]


@pytest.mark.parametrize("kind", ["layer", "all", "rollout"])
def test_many_heads_become_one_matrix_whose_rows_add_up(kind):
    at = opened(closer="averages", mean=kind, text="It will rain in the")
    z, _ = drawn(at, "fig_together")
    assert np.nansum(z, axis=1) == pytest.approx(np.ones(5), abs=1e-4)
    assert np.isnan(z[0, 1])


def test_an_average_is_of_the_layer_that_is_open():
    assert opened(closer="averages", layer=3).number_input(key="mean_layer").value == 3


def test_one_token_has_nothing_to_measure():
    for part in ("measures", "search", "averages"):
        at = opened(text="Hello", closer=part)
        assert not at.exception
        assert not at.error


TWO = "He shook his head\nMy dog is here"


def test_it_runs_under_the_mask_of_the_masks_page_and_without_it_on_request(tiny):
    batch = encode(tiny.tokenizer, ("He shook his head",))
    spec = MaskSpec(weights={1: 0.0})
    masked, plain = (attention_maps(tiny, batch, build_mask(rule, batch))[0] for rule in (spec, MaskSpec()))
    at = opened(text="He shook his head", weights="1:0", layer=3, head=3)
    z, _ = drawn(at, "fig_head")
    np.testing.assert_allclose(z, np.where(masked.cause > 0, np.nan, masked.weights[3, 3]), atol=1e-6)
    assert np.isnan(z[:, 1]).all()
    (rule,) = rule_in_words(spec, batch.tokens[0])
    assert any(literal(rule) in line.value for line in at.markdown)
    at.segmented_control(key="under").set_value("off").run()
    z, _ = drawn(at, "fig_head")
    np.testing.assert_allclose(z, np.where(plain.cause > 0, np.nan, plain.weights[3, 3]), atol=1e-6)
    assert not at.exception


def test_a_pattern_lifts_the_causal_mask_here_too(tiny):
    at = opened(text="He shook his head", pattern="bidirectional")
    z, _ = drawn(at, "fig_head")
    assert not np.isnan(z).any()
    np.testing.assert_allclose(z.sum(-1), 1, atol=1e-5)


def test_sixteen_sentences_are_switched_without_a_new_pass(passes):
    at = opened(text="\n".join(" word" * 60 + f" {n}" for n in range(16)))
    first = list(passes)
    assert sum(rows for rows, _ in first) == 16
    for number in (3, 15, 0):
        at.selectbox(key="sentence").set_value(number).run()
        assert not at.exception
    assert passes == first


def test_a_chosen_row_reads_as_one_sentence(tiny):
    batch = encode(tiny.tokenizer, ("He shook his head",))
    maps = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))[0]
    at = opened(text="He shook his head", layer=3, head=3, query=2)
    row = maps.weights[3, 3, 2]
    read = batch.tokens[0][int(row.argmax())].label
    line, quoted = reading(at)
    assert percent(row.max()) in line
    assert quoted == ["␣his", read]
    line, quoted = reading(opened(text="He shook his head", weights="0:0", query=0))
    assert "%" not in line
    assert quoted == ["He"]


def test_the_heads_of_a_layer_stand_side_by_side_and_those_of_a_measure_in_its_order(tiny):
    at = opened(text=KEY, closer="side-by-side", layer=2)
    _, figure = drawn(at, "fig_gallery")
    assert [note["text"] for note in figure["layout"]["annotations"]] == [f"<b>head {head}</b>" for head in range(8)]
    at = opened(text=KEY, closer="side-by-side", gallery="induction")
    _, figure = drawn(at, "fig_gallery")
    shares = [float(note["text"].split("  ")[1].removesuffix("\xa0%</b>")) for note in figure["layout"]["annotations"]]
    assert len(shares) == 12
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 30
    at = opened(text="My dog is", closer="side-by-side")
    labels = {str(option) for option in at.segmented_control(key="gallery").options}
    assert {gallery.ORDERS[name] in labels for name in ("same", "induction")} == {False}
    assert gallery.ORDERS["previous"] in labels
    at = opened(text="My dog is", closer="side-by-side", gallery="same")
    assert len(at.info) == 1
    assert "fig_gallery" not in figures(at)


def test_two_heads_stand_beside_each_other_with_their_difference(tiny):
    batch = encode(tiny.tokenizer, ("He shook his head",))
    maps = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))[0]
    at = opened(text="He shook his head", closer="compare", layer=3, head=3)
    z, _ = drawn(at, "fig_difference")
    expected = np.where(maps.cause > 0, np.nan, maps.weights[3, 3] - maps.weights[0, 1])
    np.testing.assert_allclose(z, expected, atol=1e-6)
    z, _ = drawn(opened(text="He shook his head", closer="compare", layer=0, head=1), "fig_difference")
    assert np.nanmax(np.abs(z)) > 0.1  # no head is compared with itself unasked


def test_the_mean_difference_counts_the_rows_that_every_average_counts():
    at = opened(text="He shook his head", closer="compare", layer=0, head=1)
    z, _ = drawn(at, "fig_difference")
    moved = percent(float(np.nansum(np.abs(z[2:])) / 2 / len(z[2:])))
    assert [text.value for text in at.markdown if f" {moved} of a row" in text.value]


def test_the_mask_makes_its_own_difference(tiny):
    batch = encode(tiny.tokenizer, ("He shook his head",))
    masked, plain = (
        attention_maps(tiny, batch, build_mask(rule, batch))[0] for rule in (MaskSpec(weights={1: 0.0}), MaskSpec())
    )
    at = opened(text="He shook his head", weights="1:0", closer="compare", beside="mask", layer=3, head=3)
    z, _ = drawn(at, "fig_difference")
    expected = np.where(masked.cause > 0, 0, masked.weights[3, 3]) - plain.weights[3, 3]
    np.testing.assert_allclose(z[3], expected[3], atol=1e-6)
    at = opened(text="He shook his head", closer="compare", beside="mask")
    assert len(at.info) == 1
    assert not {"fig_beside_one", "fig_difference"} & set(figures(at))


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        (TWO, ["fig_difference", "fig_beside_one", "fig_beside_other"]),
        ("He shook his head\nMy", ["fig_beside_one", "fig_beside_other"]),
        ("My dog", []),
    ],
)
def test_two_sentences_are_subtracted_where_they_are_equally_long(text, drawn):
    at = opened(text=text, closer="compare", beside="sentence")
    assert not at.exception
    assert [name for name in figures(at) if name.startswith(("fig_beside", "fig_difference"))] == drawn
    assert len(at.info) == ("fig_difference" not in drawn)
    if len(drawn) == 2:
        with pytest.raises(InputError) as caught:
            difference(np.zeros((4, 4)), np.zeros((1, 1)))
        assert str(caught.value) in at.info[0].value


def test_the_first_column_goes_from_the_picture_and_the_weights_stay(tiny):
    batch = encode(tiny.tokenizer, ("He shook his head",))
    maps = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))[0]
    at = opened(text="He shook his head", closer="first-token", layer=4, head=6)
    z, figure = drawn(at, "fig_sink")
    assert np.isnan(z[:, 0]).all()
    np.testing.assert_allclose(z[3, 1:], maps.weights[4, 6, 3, 1:], atol=1e-6)
    assert figure["data"][0]["zmax"] == pytest.approx(np.nanmax(z))
    share = maps.weights[4, 6, 2:, 0].mean()
    assert any(percent(share) in line.value for line in at.markdown)
    at = opened(text="a", closer="first-token")
    assert not at.exception


@pytest.mark.parametrize("closer", ["side-by-side", "lines", "compare", "first-token", "measures"])
@pytest.mark.parametrize("text", ["a", "👋🏽 <b>x</b>", " a" * 200])
def test_every_part_takes_odd_and_long_text(closer, text):
    at = opened(text=text, closer=closer)
    assert not at.exception
    assert not at.error


def test_the_open_head_is_drawn_on_every_sentence_of_the_padded_batch(tiny, mission):
    at = opened(closer="batch", layer=3, head=3)
    maps = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))
    for number, one in enumerate(maps):
        z, _ = drawn(at, f"fig_sentence_{number}")
        np.testing.assert_allclose(z, np.where(one.cause > 0, np.nan, one.weights[3, 3]), atol=1e-6)
    hidden = opened(closer="batch", layer=3, head=3, weights="1:0", sentence=2)
    np.testing.assert_array_equal(drawn(hidden, "fig_sentence_0")[0], drawn(at, "fig_sentence_0")[0])
    assert not np.array_equal(drawn(hidden, "fig_sentence_2")[0], drawn(at, "fig_sentence_2")[0], equal_nan=True)


def test_the_words_of_the_other_sentence_are_named_where_they_differ() -> None:
    one, other = ["The", "␣cat", "␣sat", "␣on", "␣mat"], ["The", "␣cat", "␣sat", "␣on", "␣hat"]
    assert "“␣hat” for “␣mat”" in beside._other_words(one, other)
    assert beside._other_words(one, one) == ""
    assert "2 more" in beside._other_words(one, ["A", "B", "C", "D", "E"])
