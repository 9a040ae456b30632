"""Files that the server sends to browsers beside its pages: each under an address that changes with its content."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

# The library that draws figures in the browser, without what figures here never are: the whole of it, as the Python package
# holds it, has three times the size: Heads opened in 4.6 s with it, in 3.0 without (2 cores). A test compares the versions.
PLOTLY = "plotly-cartesian-4.1.1.min.js"
_PLOTLY = Path(__file__).with_name("vendor") / PLOTLY


def below_base(path: str) -> str:
    """Return where a browser finds `path`, such as `room/`, below the server's own address."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"


def address(name: str) -> str:
    """Return where a browser finds the file `name`, below the server's own address."""
    return below_base(f"assets/{name}")


def plotly() -> str:
    """Return the library that draws figures in the browser, as JavaScript."""
    return _PLOTLY.read_text(encoding="utf-8")


@cache
def _plotly() -> tuple[bytes, bytes]:
    """Return the file as it is, and compressed once for all."""
    plain = _PLOTLY.read_bytes()
    return plain, gzip.compress(plain, 6)


def _send(request: Request) -> Response:
    plain, packed = _plotly()
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
    return Response(plain, media_type="text/javascript", headers=headers)


# For streamlit.App.
ROUTES = [Route(address(PLOTLY), _send)]
