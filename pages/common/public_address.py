"""The address under which others reach this server, as the operator sets it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from model_utils.errors import InputError

VARIABLE = "MASKSCOPE_PUBLIC_URL"
MAX_ADDRESS = 200  # characters; it is also read aloud and typed


def public_address(environment: Mapping[str, str] = os.environ) -> str:
    """Return the address under which others reach this server, nothing where the operator has not set it.

    Raises InputError for what is no http or https address, or is longer than MAX_ADDRESS characters.
    """
    address = environment.get(VARIABLE, "").strip().rstrip("/")
    if not address:
        return ""
    wrong = InputError(
        f"{VARIABLE} is {address[:40]!r}, but it takes an http or https address of at most {MAX_ADDRESS} characters, "
        "such as https://example.org/maskscope."
    )
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if not known or len(address) > MAX_ADDRESS or not address.isprintable() or " " in address:
        raise wrong
    return address
