"""The Masks page on a cold start: what a click, a list, an example and a link change, and what bad input says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from formatting import percent
from model_utils.errors import InputError
from model_utils.limits import MAX_SWEEP_TOKENS
from model_utils.masks.examples import EXAMPLES, FOX
from model_utils.masks.link import parse_weights
from model_utils.masks.mask import MaskSpec
from model_utils.masks.patterns import PATTERNS
from model_utils.masks.word_lists import ready_list
from model_utils.models.registry import BUNDLED_ID
from model_utils.tokens.batch import BatchKey
from pages.common.caches import cache, cache_masks
from pages.common.markdown import literal
from pages.masks import cache as masks_cache
from pages.masks.soft_weights import CAPTIONS, NAMES
from tests.tools.figures import figures

APP = Path(__file__).parents[3] / "app.py"
KEY = "The tall wizard gave the boy a silver"


pytestmark = pytest.mark.usefixtures("nothing_kept")


def opened(look: str = "word-list", **values: Any) -> AppTest:
    """Return the page, its boxes open, at a part that costs nothing unless another is asked for."""
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/2_Masks.py")
    boxes = dict.fromkeys(("mask_soften", "mask_text", "mask_examples"), True)
    for name, value in {"look": look, **boxes, **values}.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> list[dict[str, Any]]:
    """Return the tokens of the clickable strip."""
    strips = [json.loads(part.proto.bytes) for part in at.get("bidi_component") if "mask_strip" in part.proto.id]
    return strips[0]["tokens"]


def test_masked_words_that_have_no_button_are_counted() -> None:
    at = opened(text=FOX, weights=",".join(f"{token}:0.5" for token in range(10)))
    assert len([button for button in at.button if (button.key or "").startswith("chip_word_")]) == 8
    assert [caption.value.split()[1] for caption in at.caption if "more: click above" in caption.value] == ["2"]


def bars(at: AppTest) -> list[str]:
    return [trace["name"] for trace in figures(at)["fig_next"]["data"]]


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def keys(at: AppTest) -> list[str | None]:
    return [button.key for button in at.button]


def lines(at: AppTest) -> set[str]:
    return {line.value for line in at.markdown}


def numbers(line: str) -> list[str]:
    return re.findall(r"\b\d+(?:\.\d+)?", line)


def moved(at: AppTest) -> str:
    """Return the one big number: how much of the model's probabilities moved."""
    (share,) = [metric.value for metric in at.metric if metric.value.endswith("\xa0%")]
    return share


def apart(at: AppTest) -> str:
    """Return by how much the line that compares a hole with a closed gap says that they differ."""
    (share,) = [found[1] for caption in at.caption if (found := re.search(r"\*\*(.*\s%)\*\*", caption.value))]
    return share


def test_it_opens_with_every_word_shown_and_invites_a_click() -> None:
    at = opened()
    assert bars(at) == ["now"]
    assert moved(at) == percent(0)
    assert all(control.key != "gap" for control in at.get("button_group"))  # nothing leaves a hole yet
    (invitation,) = lines(at) - lines(opened(weights="1:0"))
    assert "%" not in invitation
    assert at.button(key="mask_undo").disabled
    assert at.button(key="mask_clear").disabled


def test_a_hidden_word_moves_the_bars_and_a_softened_one_shows_its_weight() -> None:
    at = opened(text="He shook his", weights="0:0.5,1:0")
    assert bars(at) == ["before", "now"]
    (line,) = [line for line in lines(at) if moved(at) in line]
    assert re.findall("“(.*?)”", line) == ["shook", "He"]  # what is hidden, then what is softened
    assert float(apart(at).split()[0]) > 0
    shown = words(at)
    assert [(word["text"], word["state"], word["note"]) for word in shown] == [
        ("He", "plain", "0.5"),
        ("shook", "hidden", ""),
        ("his", "plain", ""),
        ("?", "blank", ""),
    ]
    assert "50%" in shown[0]["background"]
    both = opened(text="He shook his", weights="0:0,1:0")
    (hiding,) = [line for line in lines(both) if moved(both) in line]
    assert hiding.split("“")[0] != line.split("“")[0]


def test_what_changes_nothing_is_said_with_its_reason_and_draws_no_second_bars() -> None:
    at = opened(pattern="documents")
    assert any(PATTERNS["documents"].unchanged in line for line in lines(at))
    assert (bars(at), moved(at)) == (["now"], percent(0))
    padded = opened(padding="off", sentence=1)  # the longest sentence has no pads
    assert (bars(padded), moved(padded)) == (["now"], percent(0))
    assert any(button.key == "chip_padding" for button in padded.button)


def test_clear_shows_all_and_undo_brings_the_mask_back() -> None:
    at = opened(text="He shook his", weights="1:0")
    at.button(key="mask_clear").click().run()
    assert at.session_state["weights"] == ""
    at.button(key="mask_undo").click().run()
    assert at.session_state["weights"] == "1:0"


def test_another_sentence_clears_the_hand_mask_and_undo_returns_to_it() -> None:
    at = opened(weights="1:0")
    at.selectbox(key="sentence").set_value(2).run()
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


@pytest.mark.parametrize("weights", ["nonsense", "9:0", "1:7"])
def test_a_hand_mask_that_cannot_be_read_is_one_sentence_and_the_page_goes_on(weights: str) -> None:
    at = opened(text="He shook his", weights=weights)
    with pytest.raises(InputError) as caught:
        parse_weights(weights, 3)
    (error,) = at.error
    assert literal(str(caught.value)) in error.value
    assert bars(at) == ["now"]
    at.text_input(key="weights").set_value("1:0").run()
    assert not at.error


def test_a_mask_that_hides_everything_is_said_and_draws_no_bars() -> None:
    at = opened(text="He shook his", weights="0:0,1:0,2:0")
    assert len(at.warning) == 1
    assert "fig_next" not in list(figures(at))
    assert not at.metric


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
    (line,) = [line for line in lines(at) if "`[MASK]`" in line]
    assert "4" in numbers(line)
    at.button(key="typed_hide").click().run()
    assert at.session_state["weights"] == ",".join(f"{token}:0" for token in range(8))
    assert "typed_hide" not in keys(at)
    at.button(key="mask_undo").click().run()
    at.button(key="typed_keep").click().run()
    assert "typed_hide" not in keys(at)
    assert at.session_state["weights"] == ""


def test_a_list_says_what_it_met_and_becomes_a_mask() -> None:
    at = opened(text=f"{KEY}\nThe wizard boy", mask_list="WIZARD, boy, dragon")
    (line,) = [line for line in lines(at) if "“wizard”" in line]
    assert (numbers(line), re.findall("“(.*?)”", line)) == (["2"], ["wizard", "boy"])
    (missing,) = [caption.value for caption in at.caption if "dragon" in caption.value]
    assert "wizard" not in missing
    assert any("“The wizard boy” (2)" in caption.value for caption in at.caption)
    at.button(key="mask_list_keep").click().run()
    assert [word["text"] for word in words(at) if word["state"] == "plain"] == ["wizard", "boy"]
    at.button(key="mask_list_hide").click().run()
    assert at.session_state["weights"] == "2:0,5:0"
    at.button(key="mask_list_names").click().run()
    assert at.session_state["mask_list"] == ", ".join(ready_list("names"))
    assert [str(len(ready_list("names")))] in [numbers(line) for line in lines(at)]
    assert not {"mask_list_hide", "mask_list_keep"} & {*keys(at)}


def kinds(at: AppTest) -> dict[str, list[str]]:
    """Return the share of the word before and after, by the kind of mask."""
    return {kind: metrics(at)[NAMES[kind]].split(" → ") for kind in CAPTIONS}


def test_half_a_word_draws_the_four_rows_and_three_columns() -> None:
    at = opened(look="mask-value", text=KEY)
    drawn = figures(at)["fig_half"]["data"][0]
    assert drawn["name"] == "weight"
    shares = kinds(at)
    before = shares["today"][0]
    assert shares["today"] == [before, before]
    assert shares["formula"] == [before, "0"]
    # By hand: the share before, the weight, what comes of it, the layer, the weight, how much is left.
    (exact,) = [numbers(line) for line in lines(at) if "×" in line]
    assert exact[:5] == [before, "0.5", shares["log"][1], "0", "0.5"]
    assert len(exact) == 6
    at.number_input(key="layer").set_value(3).run()
    (deeper,) = [numbers(line) for line in lines(at) if "×" in line]
    assert len(deeper) == 7  # and how far the model's own number is off
    at.slider(key="mask_half").set_value(0.0).run()
    assert {after for _, after in kinds(at).values()} == {"0"}
    assert not any("×" in line for line in lines(at))


def test_both_views_of_mask_values_open_on_the_same_head() -> None:
    at = opened(look="mask-value", text=KEY)
    count = len(cache.token_batch(BatchKey("tiny-gpt2", (KEY,))).tokens[0])
    row = cache_masks.soft_row(BatchKey("tiny-gpt2", (KEY,), "left"), MaskSpec(), (count - 1, count - 2))
    assert (at.session_state["layer"], at.session_state["head"]) == (0, row.head)
    assert row.head > 0  # not where a page opens anyway
    at.number_input(key="head").set_value(0).run()
    assert at.session_state["head"] == 0


def test_attention_says_and_hiding_does_with_their_correlation() -> None:
    at = opened(look="effect", text=KEY)
    found = masks_cache.attention_vs_ablation("tiny-gpt2", KEY, MaskSpec())
    assert found.correlation is not None
    assert f"{found.correlation:.2f}".replace("-", "−") in metrics(at).values()
    assert figures(at)["fig_sweep"]["data"][0]["name"] == "words"
    alone = opened(look="effect", text="Once")
    assert not alone.error
    assert "fig_sweep" not in figures(alone)
    assert len(lines(alone) - lines(at)) == 1
    long = opened(look="effect", text=" ".join(["one"] * 129))
    (error,) = long.error
    assert {"129", str(MAX_SWEEP_TOKENS)} <= set(numbers(error.value))
    assert bars(long) == ["now"]


def test_claims_are_answered_when_asked() -> None:
    at = opened(look="claims", text=FOX)
    assert not any("|" in line for line in lines(at))
    for name in ("emphasis", "half", "track"):
        at.button(key=f"mask_try_{name}").click().run()
    assert not at.exception
    emphasis, half = masks_cache.emphasis("tiny-gpt2"), masks_cache.half("tiny-gpt2")
    track = masks_cache.track(BatchKey("tiny-gpt2", (FOX,)), 0)
    tables = [line for line in lines(at) if line.startswith("|")]
    assert len(tables) == 3
    for shares in ([row[1] for row in emphasis.rows], [half.flat, half.log], [track.alone, track.short]):
        assert any(all(percent(share) in table for share in shares) for table in tables)
    assert not any((key or "").startswith("mask_try") for key in keys(at))


@pytest.mark.parametrize("look", ["mask-value", "soft-mask", "claims"])
def test_a_view_that_does_not_draw_what_is_hidden_says_whether_it_holds(look: str) -> None:
    plain, hidden = ({one.value for one in opened(look=look, text=KEY, weights=given).caption} for given in ("", "1:0"))
    assert len({one for one in hidden - plain if "above" in one}) == 1


def test_hidden_parts_do_not_compute(monkeypatch) -> None:
    def never(*_args, **_options):
        raise AssertionError("a part that is not open was computed")

    for name in ("attention_vs_ablation", "ablation_curves", "soft_mask_runs", "emphasis", "half", "track"):
        monkeypatch.setattr(masks_cache, name, never)
    opened(look="word-list", text=KEY)


def test_hiding_more_and_more_is_two_lines_that_start_at_nothing() -> None:
    at = opened(look="hide-more", text=KEY)
    drawn = figures(at)["fig_more"]["data"]
    assert [trace["meta"] for trace in drawn] == ["change", "bits"] * 2
    first, last = (one.change[1] for one in masks_cache.ablation_curves("tiny-gpt2", KEY, MaskSpec()))
    assert any(percent(first) in line and percent(last) in line for line in lines(at))
    further = figures(opened(look="hide-more", text=KEY, weights="1:0"))["fig_more"]["layout"]["xaxis"]["title"]["text"]
    assert further != figures(at)["fig_more"]["layout"]["xaxis"]["title"]["text"]
    alone = opened(look="hide-more", text="Once")
    assert not alone.error
    assert "fig_more" not in figures(alone)
    assert len(lines(alone) - lines(at)) == 1
    long = opened(look="hide-more", text=" ".join(["one"] * 129))
    (error,) = long.error
    assert {"129", str(MAX_SWEEP_TOKENS)} <= set(numbers(error.value))


def test_an_example_that_needs_real_gpt2_says_so_on_the_small_model() -> None:
    captions = [line.value for line in opened(text=FOX).caption]
    assert sum("gpt2" in line for line in captions) == 1
    assert not any("gpt2" in line.value for line in opened(text="He shook his").caption)


def test_what_comes_and_goes_above_does_not_move_the_views() -> None:
    at = opened("patterns", text="My dog is")
    places = []
    for cells in ("", "2-1"):
        at.session_state["cells"] = cells
        at.run()
        places.append(_place_of(at.main, at.button_group(key="look")))
    assert any(button.key == "chip_cells" for button in at.button)
    assert places[0] == places[1]


def _place_of(block: Any, wanted: Any) -> tuple[int, ...] | None:
    """Return by which numbers of children one comes from `block` to `wanted`."""
    if getattr(block, "proto", None) is wanted.proto:
        return ()
    for number, child in getattr(block, "children", {}).items():
        rest = _place_of(child, wanted)
        if rest is not None:
            return (number, *rest)
    return None


def test_the_word_that_was_first_names_its_rank_where_others_are_left_out() -> None:
    at = opened(weights="0:0")
    names = figures(at)["fig_next"]["layout"]["yaxis"]["ticktext"]
    key = BatchKey(BUNDLED_ID, tuple(at.session_state["text"].split("\n")))
    before, after = (masks_cache.next_word(key, spec) for spec in (MaskSpec(), MaskSpec(weights={0: 0.0})))
    rank = int((after > after[before.argmax()]).sum()) + 1
    assert rank > len(names)
    assert f"rank {rank:,} " in names[-1]
