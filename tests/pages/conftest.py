"""What holds on every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.runtime.fragment import MemoryFragmentStorage


@pytest.fixture(autouse=True)
def loaded(bundled: None) -> None:
    """Give every page the model that the tests have already loaded."""


@pytest.fixture(autouse=True)
def no_fragment_in_a_fragment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a page draws a fragment in a fragment.

    Where a run of the outer one is cut short, Streamlit throws away what that run drew but keeps what the inner one drew, which
    then has no place in the browser: the whole page turns white.
    """
    register: Callable[..., None] = MemoryFragmentStorage.register

    def checked(storage: MemoryFragmentStorage, key: str, *args: Any, **options: Any) -> None:
        assert options.get("parent_fragment_id") is None, "a fragment in a fragment"
        register(storage, key, *args, **options)

    monkeypatch.setattr(MemoryFragmentStorage, "register", checked)
