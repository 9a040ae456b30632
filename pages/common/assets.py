"""Files that the server sends to browsers beside its pages: each under an address that changes with its content."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

import streamlit as st
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

# The library that draws figures in the browser, as the installed package holds it: nothing is fetched from elsewhere.
PLOTLY = f"plotly-{version('plotly')}.min.js"


def below_base(path: str) -> str:
    """Return where a browser finds `path`, such as `room/`, below the server's own address."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"


def address(name: str) -> str:
    """Return where a browser finds the file `name`, below the server's own address."""
    return below_base(f"assets/{name}")


@cache
def _plotly() -> tuple[bytes, bytes]:
    """Return the file as it is, and compressed once for all."""
    plain = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    return plain, gzip.compress(plain, 6)


def _send(request: Request) -> Response:
    plain, packed = _plotly()
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
    return Response(plain, media_type="text/javascript", headers=headers)


# For streamlit.App.
ROUTES = [Route(address(PLOTLY), _send)]
