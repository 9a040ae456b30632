"""A QR code of an address, as SVG."""

from __future__ import annotations

from io import BytesIO

import segno

from model_utils.errors import InputError

MAX_ADDRESS = 500  # characters; the squares of a longer one are too small for a phone in the last row
QUIET = 4  # modules of white around it, as the standard asks for


def qr_code(address: str) -> str:
    """Return the QR code of `address` as SVG that is as large as its place, black on white in any theme.

    It can be a file, part of a page, or the address of a picture. 15 % of it may be hidden or dirty (error correction M).
    Raises InputError above MAX_ADDRESS characters.
    """
    if len(address) > MAX_ADDRESS:
        raise InputError(f"An address of {len(address):,} characters makes no QR code: {MAX_ADDRESS} are the most.")
    file = BytesIO()
    segno.make_qr(address, error="m").save(
        file, kind="svg", xmldecl=False, nl=False, omitsize=True, dark="#000000", light="#ffffff", border=QUIET
    )
    return file.getvalue().decode()
