"""The Masks page on a cold start: what a click, a list, an example and a link change, and what bad input says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from model_utils.masks.examples import EXAMPLES, FOX
from pages.common import cache
from pages.masks import cache as masks_cache

APP = Path(__file__).parents[3] / "app.py"
KEY = "The tall wizard gave the boy a silver"


@pytest.fixture(autouse=True)
def bundled(tiny, monkeypatch) -> Iterator[None]:
    """Give the pages the model that the tests have already loaded."""
    for module in (cache, masks_cache):
        monkeypatch.setattr(module, "loaded_model", lambda _model: tiny)
    yield
    st.cache_resource.clear()


def opened(look: str = "word-list", **values: Any) -> AppTest:
    """Return the page, opened at a part that costs nothing unless another is asked for."""
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/2_Masks.py")
    for name, value in {"look": look, **values}.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> list[dict[str, Any]]:
    """Return the tokens of the clickable strip."""
    strips = [json.loads(part.proto.json) for part in at.get("bidi_component") if "mask_strip" in part.proto.id]
    return strips[0]["tokens"]


def bars(at: AppTest) -> list[str]:
    return [trace["name"] for trace in figure(at, "fig_next")["data"]]


def figure(at: AppTest, name: str) -> dict[str, Any]:
    (chart,) = [chart for chart in at.get("plotly_chart") if chart.proto.id.endswith(name)]
    return json.loads(chart.proto.spec)


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def said(at: AppTest) -> str:
    return "\n".join(part.value for part in [*at.markdown, *at.caption, *at.warning, *at.error])


def test_it_opens_with_every_word_shown_and_invites_a_click() -> None:
    at = opened()
    assert "**Click a word to hide it.**" in said(at)
    assert bars(at) == ["now"]
    assert metrics(at)["of the model’s chances moved"] == "0 %"
    assert "✓ Nothing is hidden, so both are the same" in said(at)
    assert at.button(key="mask_undo").disabled
    assert at.button(key="mask_clear").disabled


def test_a_hidden_word_moves_the_bars_and_a_softened_one_shows_its_weight() -> None:
    at = opened(text="He shook his", weights="0:0.5,1:0")
    assert bars(at) == ["before", "now"]
    assert "Hiding or softening “He”, “shook” moved" in said(at)
    assert "≠ A hole" in said(at)
    shown = words(at)
    assert [(word["text"], word["state"], word["note"]) for word in shown] == [
        ("He", "plain", "0.5"),
        ("shook", "hidden", ""),
        ("his", "plain", ""),
        ("?", "blank", ""),
    ]
    assert "50%" in shown[0]["background"]


def test_clear_shows_all_and_undo_brings_the_mask_back() -> None:
    at = opened(text="He shook his", weights="1:0")
    at.button(key="mask_clear").click().run()
    assert at.session_state["weights"] == ""
    at.button(key="mask_undo").click().run()
    assert at.session_state["weights"] == "1:0"


def test_another_sentence_clears_the_hand_mask_and_undo_returns_to_it() -> None:
    at = opened(weights="1:0")
    at.number_input(key="sentence").set_value(2).run()
    assert (at.session_state["sentence"], at.session_state["weights"]) == (2, "")
    at.button(key="mask_undo").click().run()
    assert (at.session_state["sentence"], at.session_state["weights"]) == (0, "1:0")


def test_a_typed_mask_can_be_undone() -> None:
    at = opened()
    at.text_input(key="weights").set_value("2:0").run()
    assert bars(at) == ["before", "now"]
    at.button(key="mask_undo").click().run()
    assert at.session_state["weights"] == ""


def test_the_slider_softens_the_chosen_word_with_all_its_pieces() -> None:
    at = opened(text="The unbelievability of it")
    at.selectbox(key="mask_soft_word").set_value(1).run()
    at.slider(key="mask_soft_weight").set_value(0.25).run()
    pairs = at.session_state["weights"].split(",")
    assert len(pairs) > 1
    assert {pair.split(":")[1] for pair in pairs} == {"0.25"}
    assert len(words(at)) == 5


def test_pieces_can_be_hidden_one_by_one() -> None:
    at = opened(text="The unbelievability of it", weights="1:0")
    whole = len(words(at))
    assert words(at)[1]["state"] == "plain"  # one piece hidden is not the word hidden
    at.toggle(key="mask_pieces").set_value(True).run()
    assert len(words(at)) > whole
    assert words(at)[1]["state"] == "hidden"


@pytest.mark.parametrize(
    ("weights", "line"),
    [
        ("nonsense", "no pair of token and weight"),
        ("9:0", "names token 9, but the sentence has tokens 0 to 2"),
        ("1:7", "weights go from 0"),
    ],
)
def test_a_hand_mask_that_cannot_be_read_is_one_sentence_and_the_page_goes_on(weights: str, line: str) -> None:
    at = opened(text="He shook his", weights=weights)
    assert len(at.error) == 1
    assert line.replace(":", "\\:") in at.error[0].value or line in at.error[0].value
    assert bars(at) == ["now"]
    at.text_input(key="weights").set_value("1:0").run()
    assert not at.error


def test_a_mask_that_hides_everything_is_said_and_draws_no_bars() -> None:
    at = opened(text="He shook his", weights="0:0,1:0,2:0")
    assert "Everything that the last word may read is hidden" in at.warning[0].value
    assert not [chart for chart in at.get("plotly_chart") if chart.proto.id.endswith("fig_next")]


@pytest.mark.parametrize("number", [1, 4])
def test_examples_take_one_click_and_undo_brings_the_text_back(number: int) -> None:
    at = opened(weights="0:0")
    at.button(key=f"mask_examples_{number}").click().run()
    assert not at.exception
    assert at.session_state["text"] == EXAMPLES[number].text
    assert at.session_state["weights"]
    at.button(key="mask_undo").click().run()
    assert at.session_state["text"].startswith("It will rain")
    assert at.session_state["weights"] == "0:0"


def test_typed_mask_is_noticed_and_hidden_or_kept() -> None:
    at = opened(text="[MASK] [MASK] brown fox jumps")
    assert "GPT-2 has no `[MASK]` token: typed, it is 4 tokens" in said(at)
    at.button(key="typed_hide").click().run()
    assert at.session_state["weights"] == ",".join(f"{token}:0" for token in range(8))
    assert "no `[MASK]` token" not in said(at)
    at.button(key="mask_undo").click().run()
    at.button(key="typed_keep").click().run()
    assert "no `[MASK]` token" not in said(at)


def test_a_list_says_what_it_met_and_becomes_a_mask() -> None:
    at = opened(text=f"{KEY}\nThe wizard", mask_list="WIZARD, boy, dragon")
    assert "2 words met:** “wizard”, “boy”" in said(at)
    assert "Not in this sentence: dragon." in said(at)
    assert "Also met in sentence 1: 1." in said(at)
    at.button(key="mask_list_keep").click().run()
    assert [word["text"] for word in words(at) if word["state"] == "plain"] == ["wizard", "boy"]
    at.button(key="mask_list_hide").click().run()
    assert at.session_state["weights"] == "2:0,5:0"
    at.button(key="mask_list_names").click().run()
    assert "The list meets nothing here" in said(at)
    assert at.button(key="mask_list_hide").disabled


def test_half_a_word_draws_the_four_rows_and_three_columns() -> None:
    at = opened(look="mask-value", text=KEY)
    drawn = figure(at, "fig_half")["data"][0]
    assert drawn["name"] == "weight"
    shares = {label: value for label, value in metrics(at).items() if "→" in value and "bits" not in value}
    assert len(shares) == 3
    before, after = shares["2-D mask, transformers today"].split(" → ")
    assert before == after
    assert shares["Old formula, (1 − m) · min"].endswith("→ 0")
    assert "that is exactly what the model computed" in said(at)
    at.slider(key="mask_half").set_value(0.0).run()
    assert "At 0 all three agree" in said(at)


def test_attention_says_and_hiding_does_with_their_correlation() -> None:
    at = opened(look="effect", text=KEY)
    assert metrics(at)["Correlation"]
    assert figure(at, "fig_sweep")["data"][0]["name"] == "words"
    alone = opened(look="effect", text="Once")
    assert "One word alone" in said(alone)
    long = opened(look="effect", text=" ".join(["one"] * 129))
    assert "129 tokens" in long.error[0].value
    assert bars(long) == ["now"]


def test_claims_are_answered_when_asked() -> None:
    at = opened(look="claims", text=FOX)
    assert "**No.**" not in said(at)
    for name in ("emphasis", "half", "track"):
        at.button(key=f"mask_try_{name}").click().run()
    assert not at.exception
    assert said(at).count("**No.**") == 3


def test_hidden_parts_do_not_compute(monkeypatch) -> None:
    def never(*_args, **_options):
        raise AssertionError("a part that is not open was computed")

    for name in ("attention_vs_ablation", "ablation_curves", "soft_mask_runs", "emphasis", "half", "track"):
        monkeypatch.setattr(masks_cache, name, never)
    opened(look="word-list", text=KEY)


def test_hiding_more_and_more_is_two_lines_that_start_at_nothing() -> None:
    at = opened(look="hide-more", text=KEY)
    drawn = figure(at, "fig_more")["data"]
    assert [trace["meta"] for trace in drawn] == ["change", "bits"] * 2
    assert "Hiding one word moves" in said(at)
    alone = opened(look="hide-more", text="Once")
    assert "nothing is left to read" in said(alone)
    long = opened(look="hide-more", text=" ".join(["one"] * 129))
    assert "129 tokens" in long.error[0].value
