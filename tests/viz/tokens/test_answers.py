"""Answers side by side."""

from viz.base.theme import LIGHT
from viz.tokens.answers import Panel, PanelRow, answers_figure, width

WORDS = [("␣a", 0.5), ("<i>", 0.25)]
OTHER = [("␣a", 0.6), ("␣not", 0.1)]
ROW = PanelRow(
    title="My dog <b>",
    panels=[
        Panel(title="alone", note="", words=WORDS, agreement="reference"),
        Panel(title="no mask", note="logits ±4", words=OTHER, agreement="different"),
        Panel(title="both", note="logits ±1e-05", words=WORDS, agreement="same"),
    ],
)


def test_every_word_has_a_bar_as_long_as_its_chance() -> None:
    bars = answers_figure([ROW], palette=LIGHT).data[0]
    assert bars.name == "chance"
    assert [tuple(found) for found in bars.customdata][:2] == [(0, 0, 0, 0.5), (0, 0, 1, 0.25)]
    assert list(bars.hovertext)[:2] == ["␣a: 50\xa0%", "&lt;i&gt;: 25\xa0%"]
    assert [round(x / 0.9, 6) for x in bars.x] == [0.5, 0.25, 0.6, 0.1, 0.5, 0.25]


def test_every_word_bears_its_percentage() -> None:
    (words,) = [trace for trace in answers_figure([ROW], palette=LIGHT).data if trace.name == "word"]
    assert ["50\xa0%" in words.text[0], "25\xa0%" in words.text[1]] == [True, True]


def test_the_same_answer_is_ticked_and_another_crossed_and_outlined() -> None:
    figure = answers_figure([ROW], palette=LIGHT)
    texts = [note.text for note in figure.layout.annotations]
    assert "✓ logits ±1e-05" in texts
    assert "<b>✗ logits ±4</b>" in texts
    assert [round(shape.x0) for shape in figure.layout.shapes] == [1]


def test_markup_is_shown_as_typed() -> None:
    figure = answers_figure([ROW], palette=LIGHT)
    texts = [note.text for note in figure.layout.annotations] + list(figure.data[1].text)
    assert any(text.startswith("&lt;i&gt; ") for text in texts)
    assert "<b>My dog &lt;b&gt;</b>" in texts


def test_more_panels_need_more_room() -> None:
    assert width([ROW]) == 648
