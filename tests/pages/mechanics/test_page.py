"""The Mechanics page on a cold start: the model's own numbers, every control changes its part, bad input is a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from formatting import percent
from model_utils.masks.explain import rule_in_words
from model_utils.masks.mask import FILLS, MaskSpec, build_mask
from model_utils.mechanics.token_loss import word_losses
from model_utils.mechanics.trace import record, share_on, unmasked
from model_utils.mechanics.wrong_masks import nan_spread, weight_shares
from model_utils.models.registry import BUNDLED
from pages.common.markdown import literal
from tests.tools.figures import figures, trace

APP = Path(__file__).parents[3] / "app.py"
# What opens the boxes under the fill values.
BOXES_OPEN = {"how_low_box": True, "spread_box": True}
# The head that the page opens on where none is chosen: one that has something to show.
OPENING = dict(zip(("layer", "head"), BUNDLED.opening, strict=True))


pytestmark = pytest.mark.usefixtures("nothing_kept")


def opened(**values: Any) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/4_Mechanics.py")
    for name, value in values.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def traces(drawn: dict[str, Any]) -> list[str]:
    return [trace.get("name", "") for trace in drawn["data"]]


def lines(at: AppTest) -> list[str]:
    return [line.value for line in at.markdown]


def naming_every_fill(at: AppTest) -> int:
    """Return how many sentences say what each fill does."""
    return sum(all(f"`{fill}`" in line for fill in FILLS) for line in lines(at))


def test_it_opens_with_the_last_words_scores_and_the_three_matrices(tiny, mission):
    at = opened()
    mask = build_mask(MaskSpec(), mission)
    head = record(tiny, mission, mask, sentence=0, **OPENING)
    strips = figures(at)["fig_row"]
    assert "score" in traces(strips)
    assert "weight" not in traces(strips)
    assert trace(strips, "score", "y") == pytest.approx(head.scores[7])
    scores, masked = (trace(figures(at)[name], "score") for name in ("fig_scores", "fig_masked"))
    assert scores == pytest.approx(head.scores)
    assert np.isnan(masked).tolist() == head.blocked.tolist()
    weights = trace(figures(at)["fig_weights"], "weight")
    assert np.array_equal(weights[~head.blocked], head.weights[~head.blocked].astype(np.float64))


def test_the_first_stage_speaks_of_blocked_words_only_where_the_row_has_some():
    padded, alone, early = (
        " ".join(lines(opened(part="loss", **one))) for one in ({}, {"sentence": 1}, {"sentence": 1, "query": 0})
    )
    assert ["pads too" in text for text in (padded, alone, early)] == [True, False, False]
    assert ["later words too" in text for text in (padded, alone, early)] == [False, False, True]


def test_next_and_back_step_through_the_stages():
    at = opened()
    assert at.button(key="stage_back").disabled
    for stage, last in (("mask", "masked"), ("exp", "exp"), ("weight", "weight"), ("values", "output")):
        at.button(key="stage_next").click().run()
        assert at.session_state["stage"] == stage
        assert last in traces(figures(at)["fig_row"])
    assert at.button(key="stage_next").disabled
    at.button(key="stage_back").click().run()
    assert at.session_state["stage"] == "weight"


def test_the_stage_of_the_mask_offers_a_row_that_blocks_later_tokens_where_the_last_is_in_view():
    at = opened(stage="mask")
    assert "causal" not in traces(figures(at)["fig_row"])
    at.button(key="show_earlier_row").click().run()
    assert at.session_state["query"] == 2
    assert "blocked: comes later" in traces(figures(at)["fig_row"])
    for without in (at, opened(stage="exp"), opened(stage="mask", pattern="bidirectional")):
        assert "show_earlier_row" not in [button.key for button in without.button]


def test_the_chosen_row_cell_and_fill_reach_their_pictures(tiny, mission):
    at = opened(layer=3, head=1, query=2, key=1, stage="mask", fill="-10000")
    head = record(tiny, mission, build_mask(MaskSpec(), mission), sentence=0, layer=3, head=1)
    assert trace(figures(at)["fig_row"], "score", "y") == pytest.approx(head.scores[5])
    texts = [trace["text"] for trace in figures(at)["fig_row"]["data"] if trace.get("name") == "numbers"]
    assert texts[1][0] == texts[1][7] == "−10,000"
    (steps,) = [trace for trace in figures(at)["fig_cell"]["data"] if trace["name"] == "steps"]
    assert float(steps["customdata"][-1]) == pytest.approx(float(head.weights[5, 4]), rel=1e-7)
    at.segmented_control(key="rows").set_value("keys").run()
    assert trace(figures(at)["fig_scores"], "score") == pytest.approx(head.scores.T)


def test_the_hand_mask_and_the_pattern_of_the_masks_page_hold_here():
    at = opened(weights="1:0,2:0.5", pattern="window", width=3, stage="weight", query=4)
    drawn = figures(at)["fig_row"]
    assert {"hand", "pattern"} <= set(traces(drawn))
    assert "padding" in traces(drawn)


def test_the_first_screen_says_which_words_are_hidden_by_hand(mission):
    at = opened(weights="1:0")
    (rule,) = rule_in_words(MaskSpec(weights={1: 0.0}), mission.tokens[0])
    assert any(literal(rule) in line for line in lines(at))
    plain = opened()
    assert len(lines(plain)) == len(lines(at)) - 1


def test_without_the_mask_the_share_on_later_words_is_said(tiny, mission):
    at = opened(part="unmasked")
    assert list(figures(at)) == ["fig_row", "fig_unmasked", "fig_weights"]
    head = record(tiny, mission, build_mask(MaskSpec(), mission), sentence=0, **OPENING)
    later = head.causes["causal"] & ~head.causes["padding"]
    assert any(percent(share_on(unmasked(head), later, head.real)) in line for line in lines(at))


def test_fills_draw_their_pictures_and_say_how_far_nan_spreads(tiny, mission):
    at = opened(part="fills")
    assert list(figures(at)) == ["fig_row", "fig_fates_row", "fig_fates_blocked"]  # the boxes are closed
    at = opened(part="fills", **BOXES_OPEN)
    assert list(figures(at)) == ["fig_row", "fig_fates_row", "fig_fates_blocked", "fig_enough", "fig_nan"]
    found = nan_spread(tiny, mission, build_mask(MaskSpec(), mission), sentence=0)
    shares = [percent(found.rows[0].mean()), percent(found.logits.mean())]
    assert shares in [re.findall(r"[\d.]+\s%", line) for line in lines(at)]


def test_wrong_ways_draw_their_picture_with_the_share_that_leaks(tiny, mission):
    at = opened(part="wrong")
    assert list(figures(at)) == ["fig_row", "fig_wrong"]
    head = record(tiny, mission, build_mask(MaskSpec(), mission), sentence=0, **OPENING)
    titles = " ".join(note["text"] for note in figures(at)["fig_wrong"]["layout"]["annotations"])
    for application in ("times", "zero"):
        leak = weight_shares(head, application).blocked[head.first : head.last + 1].mean()
        assert percent(leak) in titles


def test_the_loss_is_drawn_with_its_means_by_what_is_left_out(tiny, mission):
    at = opened(part="loss")
    assert list(figures(at)) == ["fig_row", "fig_loss"]
    found = word_losses(tiny, mission, build_mask(MaskSpec(), mission), sentence=0)
    means = [found.mean(), found.mean("pads"), found.mean("nothing")]
    assert [metric.value.split()[0] for metric in at.metric] == [f"{mean / np.log(2):.2f}" for mean in means]
    assert [metric.delta.split()[0] for metric in at.metric] == [f"{mean:.2f}" for mean in means]
    unpadded = opened(part="loss", sentence=1)
    assert len({metric.value for metric in unpadded.metric}) == 1
    assert len(lines(unpadded)) == len(lines(at)) + 1  # that they agree, and why


def test_rows_of_words_are_the_same_under_every_fill_and_nothing_spreads_without_a_blocked_row():
    at = opened(part="fills", sentence=1, **BOXES_OPEN)
    weights = trace(figures(at)["fig_fates_row"], "weight")
    assert np.array_equal(weights[0], weights[1], equal_nan=True)
    assert np.array_equal(weights[0], weights[2], equal_nan=True)
    assert not trace(figures(at)["fig_nan"], "nan").any()
    assert not any("%" in line for line in lines(at))  # no share of NaN rows
    padded = lines(opened(part="fills", **BOXES_OPEN))
    assert len([line for line in lines(at) if line not in padded]) == 4


def test_a_word_whose_whole_row_is_hidden_is_told_so():
    at = opened(part="fills", weights="0:0", query=0, fill="-inf", stage="values", **BOXES_OPEN)
    assert list(figures(at)) == ["fig_row", "fig_fates_row", "fig_nan"]
    assert naming_every_fill(at) == 2  # under the strips and under the fills
    numbers = [trace["text"] for trace in figures(at)["fig_row"]["data"] if trace.get("name") == "numbers"]
    assert "NaN" in numbers[3]
    # With the dtype's minimum the row reads every column alike, so no column is drawn as one that gives nothing.
    at = opened(weights="0:0", query=0, fill="min", stage="exp")
    drawn = figures(at)["fig_row"]["data"]
    assert not {"hand", "causal", "padding"} & {trace.get("name") for trace in drawn}
    assert {"blocked: by hand", "blocked: comes later"} <= {trace.get("name") for trace in drawn}
    assert naming_every_fill(at) == 1
    assert naming_every_fill(opened(query=0, stage="values")) == 0


@pytest.mark.parametrize("part", ["matrices", "fills", "wrong", "loss"])
@pytest.mark.parametrize("text", ["Hello", "the cat <b>&amp;</b> " * 25])
def test_one_token_and_a_long_sentence_have_their_pictures(part: str, text: str):
    opened(text=text, part=part, stage="values", **BOXES_OPEN)


def test_a_hand_mask_that_cannot_be_read_is_one_sentence_and_the_page_goes_on():
    at = opened(weights="99:0")
    (error,) = at.error
    assert "99" in error.value
    assert "fig_row" in figures(at)
