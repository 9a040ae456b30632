"""What a reader clicked is taken over whole, on a real server: two clicks, the second while the first is taken over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.tools import clicks_page
from tests.tools.server import process_of
from tests.tools.visitors import Visitor


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with process_of(Path(clicks_page.__file__)) as (address, _), Visitor(address) as one:
        yield one


def text(drawn: list[ForwardMsg]) -> str:
    return [one.delta.new_element.text.body for one in drawn if one.delta.new_element.HasField("text")][-1]


def test_of_two_quick_clicks_none_is_lost(visitor: Visitor) -> None:
    page = visitor.open()
    visitor.click(page, "first")
    time.sleep(clicks_page.SECONDS / 2)  # the first is being taken over
    assert text(visitor.press(page, "second")) == "first second"


def test_another_page_begins_while_the_page_that_is_left_still_computes(visitor: Visitor) -> None:
    visitor.ask("busy")
    time.sleep(1)  # it computes
    assert text(visitor.open("beside")) == "at once"
