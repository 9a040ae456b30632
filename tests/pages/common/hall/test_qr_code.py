"""The picture of an address: the modules that the library computes, as SVG that any place can hold."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import segno

from model_utils.errors import InputError
from pages.common.hall.qr_code import MAX_ADDRESS, QUIET, qr_code

ADDRESS = "https://maskscope.example.org/r/ABCDEF?a=1&b=<2>"


def dark(path: str) -> set[tuple[int, int]]:
    """Return the (row, column) of the modules that a path of horizontal strokes covers."""
    found, x, y = set(), 0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        first, *rest = map(float, numbers.split())
        if command == "h":
            found |= {(int(y), column) for column in range(x, x + int(first))}
            x += int(first)
        else:
            x, y = (int(first), rest[0]) if command == "M" else (x + int(first), y + rest[0])
    return found


def test_the_strokes_are_the_modules_of_the_code_with_white_around() -> None:
    picture = ElementTree.fromstring(qr_code(ADDRESS))
    matrix = segno.make_qr(ADDRESS, error="m").matrix
    side = len(matrix) + 2 * QUIET
    assert picture.get("viewBox") == f"0 0 {side} {side}"
    assert picture.get("width") is None
    strokes = next(part.get("d", "") for part in picture if part.get("stroke"))
    assert dark(strokes) == {
        (row + QUIET, column + QUIET) for row, line in enumerate(matrix) for column, bit in enumerate(line) if bit
    }


def test_an_address_that_is_too_long_is_refused_with_the_bound() -> None:
    qr_code("x" * MAX_ADDRESS)
    with pytest.raises(InputError, match=f"{MAX_ADDRESS}"):
        qr_code("x" * (MAX_ADDRESS + 1))
