"""What a mask does to a text: the surprisal of each word, and the weight that leaks to later words. Axes: N token, L layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from formatting import percent
from viz.base.figure import Figure, Trace, bar, scatter
from viz.base.text import escape, shorten
from viz.base.theme import Palette, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMN, COMPARED = 38, 56  # px, the least for one word's bars and the number above them; with what it was


def width(tokens: int, *, compared: bool) -> int:
    """Return the px that the bars of so many words need at least; a narrower screen scrolls."""
    return 60 + (COMPARED if compared else COLUMN) * tokens


def surprisal(
    labels: Sequence[str], now: NDArray[Any], *, before: NDArray[Any] | None, pattern: str, palette: Palette
) -> Figure:
    """Return bars of each word's surprisal in bits: trace `now` under the pattern, `before` pale under plain causal.

    NaN, where no row predicts the word, has no bar.
    """
    bars = [] if before is None else [_bars("before", before, 0.8, palette.pale, "causal")]
    bars.append(_bars("now", now, 0.62 if before is None else 0.42, palette.ramp[5], pattern))
    figure = Figure(bars)
    style(figure, palette, height=300)
    tops = np.max([np.nan_to_num(bits) for bits in (now, before) if bits is not None], axis=0)  # (N,)
    _write(figure, now, before, tops, palette)
    figure.update_layout(barmode="overlay", showlegend=False, margin={"l": 52, "r": 6, "t": 8, "b": 70})
    _axes(figure, labels, max(1.0, float(np.max(tops))) * (1.14 if before is None else 1.26), palette)
    return figure


def _bars(name: str, bits: NDArray[Any], wide: float, colour: str, pattern: str) -> Trace:
    """Return the bars of `bits[N]` under one pattern, which their hover names."""
    return bar(
        x=list(range(len(bits))),
        y=bits,
        name=name,
        width=wide,
        marker={"color": colour},
        hovertemplate=f"{pattern}: %{{y:.1f}} bits<extra></extra>",
    )


def _axes(figure: Figure, labels: Sequence[str], top: float, palette: Palette) -> None:
    """Put the words below their bars, and bits up to `top`."""
    N = len(labels)
    figure.update_xaxes(
        tickvals=list(range(N)),
        ticktext=[escape(shorten(label, 10)) for label in labels],
        tickfont={"size": 16, "color": palette.text},
        autotickangles=[0, -40],  # slanted only where upright words would touch
        range=[-0.6, max(N, 4) - 0.4],
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[0, top],
        title={"text": "bits", "font": {"size": 14, "color": palette.muted}},
        tickfont={"size": 14, "color": palette.muted},
        nticks=5,
        fixedrange=True,
    )


def _write(
    figure: Figure, now: NDArray[Any], before: NDArray[Any] | None, tops: NDArray[Any], palette: Palette
) -> None:
    """Write each word's bits over its bars, and what they were."""
    seen = [at for at in range(len(now)) if not np.isnan(now[at])]
    figure.add(
        scatter(
            x=seen,
            y=[float(tops[at]) for at in seen],
            text=[_bits(now[at], None if before is None else before[at]) for at in seen],
            mode="text",
            textposition="top center",
            textfont={"size": 14, "color": palette.text},
            name="numbers",
            hoverinfo="skip",
        )
    )


def _bits(now: float, before: float | None) -> str:
    """Return a word's bits, and below them what they were where that is known."""
    was = "" if before is None or np.isnan(before) else f"<br>was {before:.1f}"
    return f"{now:.1f}{was}"


def leak(shares: NDArray[Any], *, palette: Palette) -> Figure:
    """Return bars of the share of weight on later words per layer, trace `leak` in percent."""
    L, texts = len(shares), [percent(share) for share in shares.tolist()]
    figure = Figure(
        bar(
            x=list(range(L)),
            y=100 * shares,
            name="leak",
            width=0.6,
            marker={"color": palette.accent},
            customdata=texts,
            text=texts if L <= 12 else None,
            textposition="outside",
            textfont={"size": 15, "color": palette.text},
            cliponaxis=False,
            hovertemplate="layer %{x}: %{customdata} of the weight<extra></extra>",
        )
    )
    style(figure, palette, height=190)
    figure.update_layout(showlegend=False, margin={"l": 6, "r": 6, "t": 22, "b": 44})
    figure.update_xaxes(
        title={"text": "layer", "font": {"size": 14, "color": palette.muted}},
        tickvals=list(range(0, L, max(1, L // 12))),
        tickfont={"size": 14, "color": palette.text},
        fixedrange=True,
    )
    figure.update_yaxes(range=[0, 100], visible=False, fixedrange=True)
    return figure
