"""What a reader clicked is taken over whole, on a real server: two clicks, the second while the first is taken over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools import two_buttons
from tests.tools.server import process_of
from tests.tools.visitors import Visitor


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with process_of(Path(two_buttons.__file__)) as (address, _), Visitor(address) as one:
        yield one


def test_of_two_quick_clicks_none_is_lost(visitor: Visitor) -> None:
    page = visitor.open()
    visitor.click(page, "first")
    time.sleep(two_buttons.SECONDS / 2)  # the first is being taken over
    said = visitor.press(page, "second")
    assert [one.delta.new_element.text.body for one in said if one.delta.new_element.HasField("text")][
        -1
    ] == "first second"
