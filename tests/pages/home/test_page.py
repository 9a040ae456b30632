"""The home page, run without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from formatting import percent
from model_utils.distributions import total_variation
from pages.common import cache
from pages.home.demo import SENTENCE
from tests.tools.figures import figures

ROOT = Path(__file__).resolve().parents[3]


def test_the_home_page_shows_the_demo_and_a_link_to_each_page() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not at.exception
    assert not at.error
    figure = next(iter(figures(at).values()))
    assert figure["data"][0]["name"] == "now"
    assert figure["layout"]["yaxis"]["ticktext"][0].strip() == "␣head"
    doors = [link.proto.label for link in at.get("page_link")]
    names = [path.stem.partition("_")[2] for path in sorted((ROOT / "pages").glob("[0-9]_*.py"))]
    assert len(names) == 6
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
