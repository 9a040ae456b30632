"""The addresses of a room: the page for phones, what it shows now, its votes, and their count for who opened the room.

None of them starts a session of Streamlit.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from lessons.rooms import ALPHABET, NoRoomError, PhoneView, RoomKeys, Rooms, VoteRefusedError, WrongCodeError, tidy
from model_utils.errors import InputError, ReaderError
from pages.common.assets import below_base

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# The rooms of this process. Another one does not know them: where several serve, each has first letters of its own.
ROOMS = Rooms(firsts=os.environ.get("MASKSCOPE_ROOM_LETTERS") or ALPHABET)

# A vote has some 90.
MAX_BODY_BYTES = 1_000

_HERE = Path(__file__).parent
_STATUS: dict[type[ReaderError], int] = {NoRoomError: 404, WrongCodeError: 403, VoteRefusedError: 409, InputError: 400}
_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _TooLargeError(Exception):
    """A body has more than MAX_BODY_BYTES."""


def state_of(view: PhoneView) -> dict[str, Any]:
    """Return what a phone is told of a view."""
    asked = view.question
    if asked is None:
        return {"state": view.state}
    return {
        "state": view.state,
        "step": asked.step,
        "place": asked.place,
        "question": asked.text,
        "choices": asked.choices,
        "yours": view.yours,
        "counts": view.counts,
        "right": view.right,
    }


def _answered(answer: Callable[[Request], Awaitable[dict[str, Any]]]) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that sends what `answer` returns as JSON, or in one sentence why there is nothing to send."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await answer(request), headers=_NO_STORE)
        except ReaderError as error:
            return JSONResponse({"message": str(error)}, status_code=_STATUS[type(error)], headers=_NO_STORE)
        except _TooLargeError:
            said = f"A vote has at most {MAX_BODY_BYTES:,} bytes."
            return JSONResponse({"message": said}, status_code=413, headers={**_NO_STORE, "Connection": "close"})

    return endpoint


def _letters(request: Request) -> str:
    return tidy(request.path_params["letters"])


@_answered
async def _state(request: Request) -> dict[str, Any]:
    return state_of(ROOMS.seen(_letters(request), request.headers.get("x-voter", "")))


@_answered
async def _vote(request: Request) -> dict[str, Any]:
    # No page of another site can send this type without asking first, which is refused.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("A vote is sent as application/json.")
    try:
        vote = json.loads(await _body(request))
        voter, step, choice = (vote[name] for name in ("voter", "step", "choice"))
    except (ValueError, RecursionError, TypeError, KeyError):
        raise InputError("A vote is an object with voter, step and choice.") from None
    if not (isinstance(voter, str) and isinstance(step, str) and type(choice) is int):
        raise InputError("In a vote, voter and step are texts, and choice is a whole number.")
    return state_of(ROOMS.vote(_letters(request), voter, step, choice))


async def _body(request: Request) -> bytes:
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > MAX_BODY_BYTES:
            raise _TooLargeError
    return found


@_answered
async def _count(request: Request) -> dict[str, Any]:
    keys = RoomKeys(letters=_letters(request), code=tidy(request.headers.get("x-code", "")))
    votes, taken = ROOMS.votes(keys)
    return {"votes": votes, "taken": taken}


async def _page(request: Request) -> Response:
    """Send the page, which asks for all that it shows; where there is no room, one sentence."""
    try:
        ROOMS.seen(_letters(request))
    except NoRoomError as error:
        return _document(str(error), 404)
    return _document("", 200)


@cache
def _parts() -> tuple[str, str, str]:
    """Return the page with a place for its message, its style and its script."""
    page, style, script = ((_HERE / f"phone.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return page, style, script


def _document(message: str, status: int) -> Response:
    page, style, script = _parts()
    parts = {"message": html.escape(message), "style": style, "script": "" if message else script}
    # In one pass, so that what a part says is never taken for a place to fill.
    text = re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], page)
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {**_NO_STORE, "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(text, status_code=status, headers=headers)


def _hash(source: str) -> str:
    """Return how a Content-Security-Policy admits this inline source and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


# For streamlit.App.
ROUTES = [
    Route(below_base("room/{letters}"), _page),
    Route(below_base("room/{letters}/state"), _state),
    Route(below_base("room/{letters}/vote"), _vote, methods=["POST"]),
    Route(below_base("room/{letters}/count"), _count),
]
