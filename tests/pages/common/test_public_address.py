"""The operator's public address: an http or https one, or one sentence about what it must be."""

from __future__ import annotations

import pytest

from model_utils.errors import InputError
from pages.common.public_address import MAX_ADDRESS, VARIABLE, public_address


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("", ""),
        ("  ", ""),
        ("https://example.org/", "https://example.org"),
        (" http://192.168.1.20:8501 ", "http://192.168.1.20:8501"),
        ("http://[fe80::1]:8501/maskscope", "http://[fe80::1]:8501/maskscope"),
    ],
)
def test_an_address_is_taken_without_what_surrounds_it(told: str, address: str) -> None:
    assert public_address({VARIABLE: told}) == address
    assert public_address({}) == ""


@pytest.mark.parametrize(
    "told",
    [
        *(
            "example.org",
            "ftp://example.org",
            "javascript:alert(1)",
            "https://",
            "https://a b",
            "http://[::1",
            "http://a:99999",
        ),
        *("https://a\nb", f"https://example.org/{'x' * MAX_ADDRESS}"),
    ],
)
def test_what_is_no_address_is_refused_with_the_setting_and_the_bound(told: str) -> None:
    with pytest.raises(InputError) as refused:
        public_address({VARIABLE: told})
    assert VARIABLE in str(refused.value)
    assert str(MAX_ADDRESS) in str(refused.value)
    assert len(str(refused.value)) < 250
