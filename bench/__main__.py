"""Measure everything and print it as ratios: `python -m bench`, or with names for a part: `python -m bench forward`."""

from __future__ import annotations

import sys

from bench import decoding, first_token, forward, heads
from bench.report import save

PARTS = {"forward": forward.measure, "decoding": decoding.measure, "first": first_token.measure, "heads": heads.measure}


def main() -> int:
    """Return 0 when every ratio keeps its bound."""
    figures = []
    for name in sys.argv[1:] or PARTS:
        for figure in PARTS[name]():
            print(figure, flush=True)
            figures.append(figure)
    print(f"written to {save(figures)}")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
