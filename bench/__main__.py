"""Measure everything and print it as ratios: `python -m bench`, or with names for a part: `python -m bench forward`."""

from __future__ import annotations

import sys

from bench import bertviz, decoding, first_token, forward, hall, heads, largest, pages, replicas
from bench.report import MissingError, save

PARTS = {
    "forward": forward.measure,
    "decoding": decoding.measure,
    "first": first_token.measure,
    "heads": heads.measure,
    "largest": largest.measure,
    "hall": hall.measure,
    "pages": pages.measure,
    "bertviz": bertviz.measure,
    "replicas": replicas.measure,
}


def main() -> int:
    """Return 0 when every ratio keeps its bound. A part is left out where what it needs is not here, if not asked for."""
    figures, asked = [], sys.argv[1:]
    lacking = False
    for name in asked or PARTS:
        try:
            for figure in PARTS[name]():
                print(figure, flush=True)
                figures.append(figure)
        except MissingError as error:
            print(f"left out {name}: {error}", flush=True)
            lacking = lacking or name in asked
    print(f"written to {save(figures)}")
    return 0 if all(figure.holds for figure in figures) and not lacking else 1


if __name__ == "__main__":
    sys.exit(main())
