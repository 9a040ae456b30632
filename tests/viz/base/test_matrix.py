"""A matrix shows each weight once, in one scale, and each blocked cell under the mark of its cause."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.matrix import (
    LEGIBLE,
    NUMBERS_UP_TO,
    SMALL,
    ColourBar,
    Look,
    Numbers,
    brief,
    matrix,
    number,
    set_empty_rows_apart,
    small_numbers,
    weight_look,
)
from viz.base.theme import PALETTES, Scale

LIGHT = PALETTES["light"]


def causal(tokens: int) -> np.ndarray:
    return np.triu(np.ones((tokens, tokens), bool), 1)


def drawn(tokens: int, palette=LIGHT):
    weights = np.tril(np.full((tokens, tokens), 0.25, np.float32))
    values = np.where(causal(tokens), np.nan, weights)
    return matrix(values, labels=["the"] * tokens, palette=palette, causes={"causal": causal(tokens)})


@pytest.mark.parametrize("tokens", [1, 2, 8, 33, 70, 256])
def test_z_holds_the_weights_with_nan_where_blocked_on_a_fixed_scale(tokens):
    figure = drawn(tokens)
    trace = figure.data[0]
    assert trace.name == "weight"
    np.testing.assert_array_equal(np.isnan(np.array(trace.z)), causal(tokens))
    assert (trace.zmin, trace.zmax) == (0, 1)
    assert trace.colorscale[0][0] == 0
    assert trace.colorscale[-1][0] == 1
    assert figure.layout.width <= 600


def test_repeated_tokens_keep_a_row_and_a_column_each():
    figure = drawn(8)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert list(axis.tickvals) == list(range(8))
        assert list(axis.ticktext) == ["the"] * 8


def test_each_cause_that_occurs_has_one_area_and_one_entry_in_the_legend():
    none = np.zeros((3, 3), bool)
    causes = {"padding": causal(3), "hand": causal(3).T.copy(), "pattern": none, "causal": none}
    figure = matrix(np.full((3, 3), np.nan), labels=list("abc"), palette=LIGHT, causes=causes)
    areas = [trace for trace in figure.data if trace.type == "scatter" and trace.fill == "toself"]
    assert [area.name for area in areas] == ["padding", "hand"]
    assert areas[0].fillpattern.shape != areas[1].fillpattern.shape
    legend = [trace.name for trace in figure.data if trace.type in ("bar", "scatter") and trace.showlegend is not False]
    assert legend == ["blocked: padding", "blocked: by hand", "small weight"]


def test_numbers_stand_in_cells_while_there_is_room():
    assert [t.text for t in drawn(2).data if t.name == "numbers"] == [("0.25", "0.25", "0.25")]
    assert not [t for t in drawn(NUMBERS_UP_TO + 1).data if t.name == "numbers"]


def test_text_of_the_user_is_drawn_as_it_is():
    figure = matrix(np.ones((1, 1)), labels=["<i>"], palette=LIGHT, causes={})
    assert figure.layout.xaxis.ticktext == ("&lt;i&gt;",)


def test_the_labels_of_long_texts_are_thinned_out_on_both_axes():
    figure = drawn(256)
    assert len(figure.layout.xaxis.tickvals) == len(figure.layout.yaxis.tickvals) <= 41


def test_a_look_gives_colours_bar_and_numbers():
    scale = Scale(colours=[(0, "#000000"), (1, "#ffffff")], low=-2, high=2)
    bar = ColourBar(scale=scale, ticks={-2: "low", 2: "high"}, zero="nothing")
    look = Look(scale=scale, numbers=Numbers(text=lambda value: f"n{value:.0f}"), bar=bar, title="size")
    figure = matrix(np.array([[-2.0, 2.0], [0.0, 1.0]]), labels=list("ab"), palette=LIGHT, causes={}, look=look)
    cells, numbers, key = figure.data
    assert (cells.zmin, cells.zmax, cells.colorscale) == (-2, 2, ((0, "#000000"), (1, "#ffffff")))
    assert list(numbers.text) == ["n-2", "n2", "n0", "n1"]
    assert list(numbers.textfont.color) == ["#ffffff", "#000000", "#000000", "#000000"]
    assert (key.name, list(key.marker.colorbar.ticktext)) == ("nothing", ["low", "high"])
    assert figure.layout.annotations[1].text == "size"


def test_a_look_without_bar_or_title_leaves_the_legend_alone_below():
    look = Look(scale=weight_look(LIGHT).scale)
    figure = matrix(np.ones((2, 2)), labels=list("ab"), palette=LIGHT, causes={}, look=look)
    assert [trace.name for trace in figure.data] == ["weight", "numbers"]
    assert len(figure.layout.annotations) == 1
    assert figure.layout.legend.y > drawn(2).layout.legend.y


def test_numbers_stand_only_where_asked_for_and_not_too_small():
    def texts(tokens, **options):
        look = Look(scale=weight_look(LIGHT).scale, numbers=Numbers(**options))
        figure = matrix(np.ones((tokens, tokens)), labels=["a"] * tokens, palette=LIGHT, causes={}, look=look)
        return [len(trace.text) for trace in figure.data if trace.name == "numbers"]

    assert texts(2, where=np.eye(2, dtype=bool)) == [2]
    assert texts(2, where=np.zeros((2, 2), bool)) == []
    assert texts(24, least=7) == [24 * 24]
    assert texts(24) == []


def test_numbers_that_would_be_too_small_give_way_to_shorter_ones():
    z = np.tril(np.full((14, 14), 0.0034))
    figure = matrix(z, labels=["␣word"] * 14, palette=LIGHT, causes={})
    (numbers,) = [trace for trace in figure.data if trace.name == "numbers"]
    assert set(numbers.text) == {"≈0", "0"}
    assert numbers.textfont.size >= LEGIBLE


def test_an_overlap_is_drawn_under_the_first_cause_that_names_it():
    both = np.array([[False, True], [False, False]])
    figure = matrix(np.ones((2, 2)), labels=list("ab"), palette=LIGHT, causes={"padding": both, "causal": both})
    assert [trace.name for trace in figure.data if trace.type == "scatter" and trace.fill == "toself"] == ["padding"]
    assert np.isnan(np.array(figure.data[0].z, float)).tolist() == both.tolist()


@pytest.mark.parametrize(("tokens", "sizes"), [(9, [11]), (12, [])])
def test_a_small_matrix_has_short_numbers_or_none(tokens, sizes):
    look = weight_look(LIGHT, numbers=SMALL)
    z = np.full((tokens, tokens), 0.25)
    figure = matrix(z, labels=["word"] * tokens, palette=LIGHT, causes={}, look=look, width=430)
    assert [trace.textfont.size for trace in figure.data if trace.name == "numbers"] == sizes


def test_hovering_tells_sentences_or_a_template():
    options = {"labels": ["a"], "palette": LIGHT, "causes": {}}
    plain, template, sentences = (
        matrix(np.ones((1, 1)), hover=hover, **options).data[0] for hover in (None, "%{z}", [["why"]])
    )
    assert (plain.hovertext, plain.hoverongaps) == (None, False)
    assert template.hovertemplate == "%{z}<extra></extra>"
    assert (sentences.hovertext[0][0], sentences.hoverongaps) == ("why", True)
    assert matrix(np.ones((1, 1)), hover=[["why"]], hover_on_gaps=False, **options).data[0].hoverongaps is False


@pytest.mark.parametrize("tokens", [2, 41, 300])
def test_the_last_row_says_that_it_predicts_the_next_word_as_far_as_there_is_room(tokens):
    def label(word, **options):
        labels = ["a"] * (tokens - 1) + [word]
        figure = matrix(np.ones((tokens, tokens)), labels=labels, palette=LIGHT, causes={}, last=tokens - 1, **options)
        assert figure.layout.yaxis.tickvals[-1] == tokens - 1
        return figure.layout.yaxis.ticktext[-1], figure.layout.margin.l

    assert "→ next word<" in label("a")[0]
    if tokens > 2:  # else a row has room for two lines
        assert "→<" in label("␣unbelievably")[0]
        text, left = label("␣unbelievably", widen=True)
        assert "→ next<" in text
        assert left > label("␣unbelievably")[1]


def test_rows_that_read_nothing_are_set_apart():
    z = np.array([[np.nan, np.nan, np.nan], [1, np.nan, np.nan], [0.5, 0.5, np.nan]])
    figure = matrix(z, labels=list("abc"), palette=LIGHT, causes={})
    set_empty_rows_apart(figure, z, LIGHT, 40)
    (shape,) = figure.layout.shapes
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == (-0.5, 2.5, -0.5, 0.5)


def test_what_is_written_over_empty_rows_stays_inside_the_matrix():
    z = np.full((8, 8), np.nan)
    z[7, 7] = 1  # pads on the left leave one narrow column of words
    figure = matrix(z, labels=list("abcdefgh"), palette=LIGHT, causes={})
    set_empty_rows_apart(figure, z, LIGHT, 40)
    (note,) = (one for one in figure.layout.annotations if "nothing" in one.text)
    assert note.x + 0.4 * len(note.text) * note.font.size / 2 / 40 < 7.5


def test_numbers_of_a_matrix_beside_another_are_written_as_those_of_a_large_one_where_there_is_room():
    look = weight_look(LIGHT, numbers=SMALL)
    figure = matrix(np.full((2, 2), 0.96), labels=["a", "b"], palette=LIGHT, causes={}, look=look, width=340)
    (numbers,) = [trace for trace in figure.data if trace.name == "numbers"]
    assert set(numbers.text) == {"0.96"}


def test_matrices_beside_each_other_write_a_weight_alike():
    labels = ["a"] * 8
    wide, long = np.full((8, 8), 0.96), np.full((8, 8), 0.0036)
    assert small_numbers([(wide, labels), (wide, labels)], LIGHT, 430).text is number
    assert small_numbers([(wide, labels), (long, labels)], LIGHT, 430).text is brief
    assert small_numbers([(np.full((8, 8), np.nan), labels)], LIGHT, 430).text is number
