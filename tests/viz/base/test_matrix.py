"""A matrix shows each weight once, in one scale, and each blocked cell under the mark of its cause."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.matrix import NUMBERS_UP_TO, geometry, matrix
from viz.base.theme import PALETTES, luminance, ramp_colour


def causal(tokens: int) -> np.ndarray:
    return np.triu(np.ones((tokens, tokens), bool), 1)


def drawn(tokens: int, palette=PALETTES["light"]):
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


def test_labels_thin_out_and_never_touch_in_long_texts():
    for tokens in (41, 256, 1024):
        figure = drawn(tokens)
        place = geometry(["the"] * tokens)
        assert len(figure.layout.xaxis.tickvals) <= 41
        assert place.step * place.cell >= place.font


def test_each_cause_that_occurs_has_one_area_and_one_entry_in_the_legend():
    none = np.zeros((3, 3), bool)
    causes = {"padding": causal(3), "hand": causal(3).T.copy(), "pattern": none, "causal": none}
    figure = matrix(np.full((3, 3), np.nan), labels=list("abc"), palette=PALETTES["light"], causes=causes)
    areas = [trace for trace in figure.data if trace.type == "scatter" and trace.fill == "toself"]
    assert [area.name for area in areas] == ["padding", "hand"]
    assert areas[0].fillpattern.shape != areas[1].fillpattern.shape
    legend = [trace.name for trace in figure.data if trace.type in ("bar", "scatter") and trace.showlegend is not False]
    assert legend == ["blocked: padding", "blocked: by hand", "small weight"]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_marks_differ_in_shape_and_have_three_to_one_contrast_and_numbers_more(mode):
    palette = PALETTES[mode]

    def contrast(a: str, b: str) -> float:
        bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
        return (bright + 0.05) / (dark + 0.05)

    looks = palette.causes.values()
    assert len({look.pattern for look in looks}) == len(looks)
    assert all(contrast(look.mark, look.tint) >= 3 for look in looks)
    assert contrast(palette.muted, palette.paper) >= 4.5
    inks = drawn(2, palette).data[-2].textfont.color
    assert all(contrast(ink, ramp_colour(palette, 0.5)) >= 4.5 for ink in inks)


def test_numbers_stand_in_cells_while_there_is_room():
    assert [t.text for t in drawn(2).data if t.name == "numbers"] == [("0.25", "0.25", "0.25")]
    assert not [t for t in drawn(NUMBERS_UP_TO + 1).data if t.name == "numbers"]


def test_text_of_the_user_is_drawn_as_it_is():
    figure = matrix(np.ones((1, 1)), labels=["<i>"], palette=PALETTES["light"], causes={})
    assert figure.layout.xaxis.ticktext == ("&lt;i&gt;",)
