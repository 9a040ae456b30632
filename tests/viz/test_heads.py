"""The head's hover says who reads whom or why not; the map has one target per head and frames the open one."""

from __future__ import annotations

import numpy as np
import pytest

from viz.heads import head, overview
from viz.theme import PALETTES

LIGHT = PALETTES["light"]
CAUSES = ("padding", "hand", "pattern", "causal")


def padded_head(labels=("pad", "<b>", "cat", "sat")):
    T = len(labels)
    none = np.zeros((T, T), bool)
    causes = dict.fromkeys(CAUSES, none)
    causes["causal"] = np.triu(np.ones((T, T), bool), 1)
    causes["padding"] = np.broadcast_to(np.arange(T) < 1, (T, T))
    weights = np.full((T, T), 0.3448, np.float16)
    return head(weights, labels=labels, causes=causes, palette=LIGHT, last=T - 1)


def test_the_hover_tells_the_weight_or_every_cause_with_the_users_text_escaped():
    told = padded_head().data[0].hovertext
    assert told[3][1] == "<b>sat</b> reads <b>&lt;b&gt;</b>: 0.34 of its mix"
    assert told[2][3] == "<b>cat</b> may not read <b>sat</b>: it comes later"
    assert told[1][0] == "<b>&lt;b&gt;</b> may not read <b>pad</b>: it is padding"


def test_overlapping_causes_are_all_told_but_drawn_once():
    both = np.array([[False, True], [False, False]])
    weights = np.full((2, 2), 0.5)
    figure = head(weights, labels=["a", "b"], causes={"padding": both, "causal": both}, palette=LIGHT, last=1)
    assert figure.data[0].hovertext[0][1].endswith("it is padding and it comes later")
    assert [trace.name for trace in figure.data if trace.type == "scatter" and trace.fill == "toself"] == ["padding"]


def test_rows_that_read_nothing_are_set_apart_and_the_last_row_says_what_it_is_for():
    figure = padded_head()
    assert [note.text for note in figure.layout.annotations if "nothing" in note.text] == ["reads nothing"]
    assert np.isnan(np.array(figure.data[0].z)[0]).all()
    assert "next word" in figure.layout.yaxis.ticktext[3]


@pytest.mark.parametrize("tokens", [1, 41, 300])
def test_the_last_row_is_labelled_in_texts_of_any_length(tokens):
    figure = padded_head(("pad",) + ("a",) * tokens)
    assert figure.layout.yaxis.tickvals[-1] == tokens
    assert "next word" in figure.layout.yaxis.ticktext[-1]


def test_pieces_of_one_character_show_it_with_their_bytes_under_a_bracket():
    weights, causes = np.eye(2), {"causal": np.triu(np.ones((2, 2), bool), 1)}
    figure = head(weights, labels=["␣‹F0 9F›", "‹91 8B›"], causes=causes, palette=LIGHT, last=1, pieces=[(0, 1, "👋")])
    assert figure.layout.xaxis.ticktext == ("👋 ‹F0 9F›", "👋 ‹91 8B›")
    assert sum(shape.type == "line" for shape in figure.layout.shapes) == 2


def drawn_map(opened=(1, 2)):
    picture = np.full((2 * 13, 3 * 13), 200, np.uint8)
    facts = [["a <i> fact"] * 3] * 2
    return overview(
        picture,
        pitch=13,
        gap=1,
        weight_code=5,
        causes=CAUSES,
        facts=facts,
        opened=opened,
        telling=[(0, 0)],
        palette=LIGHT,
    )


def test_the_map_is_one_picture_with_its_scale_and_one_target_per_head():
    figure = drawn_map()
    tiles, targets = figure.data
    assert (tiles.name, tiles.z.dtype, tiles.z.shape) == ("weight", np.uint8, (26, 39))
    assert tiles.meta["weight"] == "((z - 5) / 250) ** 2"
    assert [tuple(at) for at in targets.customdata] == [(layer, h) for layer in range(2) for h in range(3)]
    assert list(targets.y) == [0, 0, 0, 1, 1, 1]
    assert targets.text[5] == "layer 1, head 2<br>a &lt;i&gt; fact"


def test_every_tile_lies_over_its_target():
    tiles = drawn_map().data[0]
    centres = tiles.x0 + tiles.dx * (np.arange(3) * 13 + (12 - 1) / 2)
    np.testing.assert_allclose(centres, [0, 1, 2], atol=1e-9)


def test_the_open_head_is_framed_in_the_accent_colour():
    frames = {shape.line.color: (shape.y0, shape.x0) for shape in drawn_map().layout.shapes}
    assert frames[LIGHT.accent] == (0.5, 1.5)


def test_codes_of_gap_and_causes_have_their_own_flat_colours_and_weights_the_ramp():
    scale = drawn_map().data[0].colorscale
    at = {round(place * 255, 3): colour for place, colour in scale}
    assert at[0] == LIGHT.paper
    assert at[0.5] == at[1.5] or at[1.5] == LIGHT.causes["hand"].tint
    assert at[255] == "rgb(27, 0, 106)"
    assert [place for place, _ in scale] == sorted(place for place, _ in scale)
