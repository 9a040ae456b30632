"""One step drawn many times."""

from __future__ import annotations

from viz.base.theme import LIGHT
from viz.generate.repeated_draws import repeated_draws


def test_draws_show_what_came_beside_theory():
    figure = repeated_draws(["a", "<i>"], [7, 3], [6.0, 4.0], [3.0, 3.0], drawn=1, palette=LIGHT)
    count, expected = figure.data[0], figure.data[1]
    assert (list(count.x), list(expected.x)) == ([7, 3], [6.0, 4.0])
    assert count.marker.color[1] == LIGHT.accent
    assert figure.layout.yaxis.ticktext == ("a  <b>7</b>", "&lt;i&gt;  <b>3</b>")
    assert figure.layout.xaxis.range[1] > 9


def test_a_key_above_the_bars_names_the_text_s_own_token_only_where_it_is_among_them():
    def key(drawn: int | None) -> str:
        (note,) = repeated_draws(["a"], [7], [6.0], [3.0], drawn=drawn, palette=LIGHT).layout.annotations
        return str(note.text)

    assert LIGHT.accent in key(0)
    assert LIGHT.accent not in key(None)
