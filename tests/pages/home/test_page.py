"""The home page, run without a browser."""

from __future__ import annotations

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from formatting import percent
from model_utils.distributions import total_variation
from pages.common.caches import cache
from pages.common.link_parameters import CONTROLS
from pages.home.demo import SENTENCE
from tests.tools.figures import figures

ROOT = Path(__file__).resolve().parents[3]


def test_the_home_page_shows_the_demo_and_a_link_to_each_page() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not at.exception
    assert not at.error
    figure = next(iter(figures(at).values()))
    assert figure["data"][0]["name"] == "now"
    assert figure["layout"]["yaxis"]["ticktext"][0].strip() == "␣heads"
    doors = [link.proto.label for link in at.get("page_link")]
    names = [path.stem.partition("_")[2] for path in sorted((ROOT / "pages").glob("[0-9]_*.py"))]
    assert len(names) == 7
    assert [page_link for page_link in doors if page_link.startswith("**")] == [f"**{name}** →" for name in names]


def test_hidden_words_move_the_bars() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["_demo_hidden"] = frozenset({1})
    at.run()
    figure = next(iter(figures(at).values()))
    assert [trace["name"] for trace in figure["data"]] == ["before", "now"]
    whole, less = (cache.demo_probabilities("tiny-gpt2", SENTENCE, frozenset(hidden)) for hidden in ((), (1,)))
    (line,) = [line.value for line in at.markdown if "“shook”" in line.value]
    assert percent(float(total_variation(less, whole))) in line


def test_the_readers_own_sentence_takes_the_place_of_the_demos() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["text"] = "The cat sat on the\nMy dog is"
    at.session_state["sentence"] = 1
    at.session_state["weights"] = "1:0"
    at.run()
    assert not at.exception
    whole, less = (cache.demo_probabilities("tiny-gpt2", "My dog is", frozenset(hidden)) for hidden in ((), (1,)))
    (line,) = [line.value for line in at.markdown if "“dog”" in line.value]
    assert percent(float(total_variation(less, whole))) in line


def test_the_links_take_along_what_is_hidden_in_the_demo() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["_demo_hidden"] = frozenset({1})
    at.run()
    carried = {link.proto.label: link.proto.query_string for link in at.get("page_link") if "→" in link.proto.label}
    assert carried["**Masks** →"] == "text=They+shook+their&weights=1%3A0"
    assert not carried["**Lessons** →"]


def test_a_text_out_of_bounds_is_one_sentence_and_the_links_stay() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["text"] = "a\n" * 17
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert sum("→" in link.proto.label for link in at.get("page_link")) == 7


def test_a_hand_mask_that_cannot_be_read_is_one_sentence_and_the_demo_goes_on() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["text"] = "My dog is"
    at.session_state["weights"] = "99:0"
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert "fig_demo" in figures(at)


def test_an_empty_box_offers_the_examples_back() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["text"] = " \n"
    at.run()
    assert len(at.error) == 1
    at.button(key="example_sentences").click().run()
    assert not at.error
    assert at.session_state["text"] == CONTROLS["text"].default
    assert not [button for button in at.button if button.key == "example_sentences"]


def test_a_sentence_that_ends_in_a_space_is_warned_of() -> None:
    warned = []
    for text in ("My dog is", "My dog is "):
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        at.session_state["text"] = text
        warned.append(len(at.run().warning))
    assert warned == [0, 1]


def test_reset_shows_every_word_of_the_demo_again() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["_demo_hidden"] = frozenset({1})
    at.run().button(key="reset_page").click().run()
    assert [trace["name"] for trace in next(iter(figures(at).values()))["data"]] == ["now"]


def test_a_word_of_several_tokens_is_one_and_the_readers_sentences_are_chosen_by_their_text() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["text"] = "It was unbelievablyxq so\nMy dog is"
    at.run()
    assert not at.exception
    (strip,) = [json.loads(part.proto.bytes) for part in at.get("bidi_component") if "demo_words" in part.proto.id]
    assert [token["text"] for token in strip["tokens"]] == ["It", "was", "unbelievablyxq", "so", "?"]
    assert at.selectbox(key="sentence").options == ["It was unbelievablyxq so", "My dog is"]
