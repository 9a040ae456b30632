"""The matrices of the Masks page without a browser: layers, single cells, stages, patterns, reach, the dial."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from formatting import percent
from model_utils.masks.explain import why
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.masks.patterns import PATTERNS
from model_utils.tokens.batch import BatchKey, encode
from pages.masks import cache as masks_cache
from tests.tools.figures import figures, trace

TEXTS = ("It will rain in the", "They opened the door and saw a")


pytestmark = pytest.mark.usefixtures("nothing_kept")


def _page() -> None:
    import streamlit as st

    from pages.common import controls, frame, mask_state
    from pages.masks.views import VIEWS

    controls.restore()
    page = frame.Page(entry=frame.cache.registry()["tiny-gpt2"], text=st.session_state["text"])
    with frame.reader_errors():
        batch = mask_state.choose_sentence(page)
        spec = mask_state.mask_spec(batch)
        VIEWS[st.session_state["_view"]].draw(page, spec, batch)


def opened(view: str, **values: Any) -> AppTest:
    at = AppTest.from_function(_page, default_timeout=120)
    for name, value in {"model": "tiny-gpt2", "text": "\n".join(TEXTS), "_view": view, **values}.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def test_the_layers_combine_to_what_the_model_runs_with(tiny) -> None:
    at = opened("why-blocked", weights="1:0.5,2:0", cells="4-0", pattern="window", width=3)
    batch = encode(tiny.tokenizer, TEXTS)
    spec = MaskSpec(pattern="window", width=3, weights={1: 0.5, 2: 0.0}, cells=frozenset({(4, 0)}))
    expected = build_mask(spec, batch).visible[0]
    combined = trace(figures(at)["fig_combined"], "visible")
    np.testing.assert_array_equal(np.nan_to_num(combined), expected)
    assert (np.isnan(combined) == (expected == 0)).all()
    layers = [trace(figures(at)[name], "visible") for name in ("fig_causal", "fig_pattern", "fig_padding", "fig_hand")]
    np.testing.assert_allclose(np.prod([np.nan_to_num(one) for one in layers], axis=0), expected)


def test_the_chosen_cell_is_told_with_every_cause() -> None:
    at = opened("why-blocked", weights="3:0", query=1, key=3)
    line = why("“␣will”", "“␣in”", ("causal", "hand"), MaskSpec(weights={3: 0.0}))
    assert line in [text.value for text in at.text]


def test_a_cell_is_blocked_and_shown_again_by_button_and_the_rows_that_move_are_counted() -> None:
    at = opened("why-blocked", query=3, key=1)
    offer = at.button(key="toggle_cell").label
    at.button(key="toggle_cell").click().run()
    assert at.session_state["cells"] == "3-1"
    assert np.isnan(trace(figures(at)["fig_combined"], "visible")[2 + 3, 2 + 1])
    (strip,) = [json.loads(part.proto.bytes) for part in at.get("bidi_component") if "moved_rows" in part.proto.id]
    assert [token["note"] != percent(0) for token in strip["tokens"]] == [False, False, False, True, True]
    assert ["2", "5"] in [re.findall(r"\d+", caption.value) for caption in at.caption]
    assert at.button(key="toggle_cell").label != offer
    at.button(key="toggle_cell").click().run()
    assert at.session_state["cells"] == ""


def test_every_stage_has_its_shape_code_and_numbers() -> None:
    at = opened("shapes")
    stage = at.get("button_group")
    shapes = [option.content for group in stage for option in group.proto.options]
    assert "2. two axes more [2, 1, 1, 7]" in shapes
    assert "4. added [2, 1, 7, 7]" in shapes
    at = opened("shapes", mask_stage=4)
    assert "-10000" in str(figures(at)["fig_stage"]["data"][1]["text"])
    at = opened("shapes", mask_stage=3, fill="-inf")
    assert "-∞" in str(figures(at)["fig_stage"]["data"][1]["text"])
    (note,) = {one.value for one in at.caption} - {one.value for one in opened("shapes", mask_stage=3).caption}
    assert "`min`" in note


@pytest.mark.parametrize("pattern", ["causal", "bidirectional", "window"])
def test_a_pattern_shows_next_words_surprise_and_reach_and_a_leak_where_causality_is_lifted(pattern) -> None:
    at = opened("patterns", pattern=pattern, width=2, sentence=1)
    drawn = list(figures(at))
    assert {"fig_surprise", "fig_reach", *(f"fig_pattern_{p}" for p in ("sink", "prefix"))} <= set(drawn)
    assert "fig_pattern_words" not in drawn  # they stand above
    hidden = figures(opened("patterns", pattern=pattern, width=2, sentence=1, weights="1:0"))
    assert ("fig_pattern_words" in hidden) == (pattern != "causal")  # above, "before" has nothing hidden
    assert ("fig_leak" in drawn) == (pattern == "bidirectional")
    note = PATTERNS["bidirectional"].lifted_note
    assert (note in [line.value for line in at.markdown]) == (pattern == "bidirectional")
    bars = [trace["name"] for trace in figures(at)["fig_surprise"]["data"]]
    assert ("before" in bars) == (pattern != "causal")


def test_the_small_pictures_of_the_patterns_show_what_is_hidden_by_hand() -> None:
    drawn = figures(opened("patterns", weights="1:0"))
    for pattern in PATTERNS:
        assert np.isnan(trace(drawn[f"fig_pattern_{pattern}"], "visible", "z")[:, 1]).all()


def test_a_pattern_that_changes_nothing_is_not_compared_with_causal_and_says_why() -> None:
    at = opened("patterns", pattern="documents")
    assert [trace["name"] for trace in figures(at)["fig_surprise"]["data"]] == ["now", "numbers"]
    under = [line.value for line in at.caption]
    assert sum("the same as causal" in line for line in under) == 1  # documents
    assert sum("changes the prediction by" in line for line in under) == 4
    hidden = opened("patterns", pattern="prefix", first=1, weights="1:0")
    assert any(PATTERNS["prefix"].unchanged in line.value for line in hidden.markdown)
    assert not {"fig_pattern_words", "fig_leak"} & set(figures(hidden))


def test_a_window_that_leaves_out_pads_is_not_causal_where_padding_may_be_read() -> None:
    texts = "My dog is\nThey opened the door and saw a"
    same = []
    for padding in ("on", "off"):
        captions = [one.value for one in opened("patterns", text=texts, padding=padding, width=4, first=1).caption]
        same.append(sum("the same as causal" in one for one in captions))
    assert same == [4, 1]  # documents alone: the others let pads or the sentence read otherwise than causal


def test_a_sentence_of_one_word_has_patterns_too() -> None:
    at = opened("patterns", text="So", pattern="bidirectional")
    assert "fig_surprise" not in figures(at)
    assert "fig_reach" in figures(at)


def test_a_mask_that_hides_everything_still_draws() -> None:
    at = opened("patterns", weights="0:0,1:0,2:0,3:0,4:0")
    assert "fig_surprise" in figures(at)
    assert not any("nan" in line.value for line in at.markdown)
    at = opened("why-blocked", weights="0:0,1:0,2:0,3:0,4:0")
    assert np.isnan(trace(figures(at)["fig_combined"], "visible")).all()


def test_the_dial_runs_the_model_and_takes_its_weight_to_the_sentence() -> None:
    at = opened("soft-mask", dial_weight=0.25, dial_key=1)
    (now,) = [trace for trace in figures(at)["fig_dial"]["data"] if trace["name"] == "now"]
    (line,) = [text.value for text in at.text if f"{math.log(0.25):.2f}" in text.value]
    assert f"{now['y'][0]:.3g}\N{NO-BREAK SPACE}%" in line
    at.button(key="use_dial").click().run()
    assert at.session_state["weights"] == "1:0.25"
    moved = masks_cache.moved(BatchKey("tiny-gpt2", TEXTS), MaskSpec(), MaskSpec(weights={1: 0.25}))
    assert any(percent(moved) in line.value for line in at.caption)


def test_a_pair_that_is_blocked_has_nothing_to_turn() -> None:
    at = opened("soft-mask", dial_query=0, dial_key=2)
    (error,) = at.error
    assert re.findall("“(.*?)”", error.value) == ["It", "␣rain"]
    assert "fig_dial" not in figures(at)
    assert "use_dial" not in [button.key for button in at.button]
