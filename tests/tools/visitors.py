"""Visitors of a running app by Streamlit's own protocol, without a browser: many at once, who come, read and leave."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

# A script that ends so is followed by another run of it.
_AGAIN = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN


class Visitor:
    """A connection to the app at `address`. `session` is one that a visitor had before, who comes back to it."""

    def __init__(self, address: str, session: str = "") -> None:
        place = urlsplit(address).netloc
        protocols = ["streamlit", "no-token", session] if session else ["streamlit"]
        self._opened = ExitStack()
        self._socket = self._opened.enter_context(
            connect(
                f"ws://{place}/_stcore/stream",
                subprotocols=protocols,  # type: ignore[arg-type]
                origin=address,  # type: ignore[arg-type]
                max_size=2**27,
                open_timeout=60,
                ping_interval=None,
                max_queue=None,  # what nobody reads does not keep the connection from closing
                close_timeout=0.5,
                proxy=None,
            )
        )
        self.session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.leave()

    def leave(self) -> None:
        """Close the connection, as a browser does when its tab is closed."""
        self._opened.close()

    def ask(self, page: str = "", query: str = "") -> None:
        """Ask for a page (Home when empty), and do not wait for it."""
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        self._socket.send(message.SerializeToString())

    def beat(self, drawn: list[ForwardMsg], query: str = "") -> None:
        """Ask for the fragment with a beat of a page that was drawn by some messages, as the page itself does."""
        message = BackMsg()
        message.rerun_script.query_string = query
        for one in drawn:
            if one.HasField("navigation"):
                message.rerun_script.page_script_hash = one.navigation.page_script_hash
            if one.HasField("auto_rerun"):
                message.rerun_script.fragment_id = one.auto_rerun.fragment_id
        self._socket.send(message.SerializeToString())

    def press(self, drawn: list[ForwardMsg], key: str, patience: float = 60) -> list[ForwardMsg]:
        """Return what the server sends when the button `key` of a page that was drawn by some messages is pressed."""
        self.click(drawn, key)
        return self.read(patience)

    def click(self, drawn: list[ForwardMsg], key: str) -> None:
        """Press the button `key` of a page that was drawn by some messages, and do not wait for what it does."""
        message = BackMsg()
        for one in drawn:
            if one.HasField("navigation"):
                message.rerun_script.page_script_hash = one.navigation.page_script_hash
            if one.HasField("page_info_changed"):
                message.rerun_script.query_string = one.page_info_changed.query_string
            button = one.delta.new_element.button.id
            if button.endswith(f"-{key}"):
                message.rerun_script.widget_states.widgets.add(id=button, trigger_value=True)
        self._socket.send(message.SerializeToString())

    def read(self, patience: float = 60) -> list[ForwardMsg]:
        """Return what the server sends until the page asked for is finished. Raises TimeoutError after `patience` seconds."""
        messages, end = [], time.monotonic() + patience
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=max(end - time.monotonic(), 0.0)))
            messages.append(message)
            if message.WhichOneof("type") == "new_session":
                self.session = message.new_session.initialize.session_id
            if message.WhichOneof("type") == "script_finished" and message.script_finished != _AGAIN:
                return messages

    def open(self, page: str = "", query: str = "", patience: float = 60) -> list[ForwardMsg]:
        """Return what the server sends for a page."""
        self.ask(page, query)
        return self.read(patience)


def strips(messages: list[ForwardMsg]) -> list[list[dict[str, Any]]]:
    """Return the tokens of every text that some messages draw."""
    found = [message.delta.new_element.bidi_component for message in messages]
    return [json.loads(one.bytes)["tokens"] for one in found if one.component_name == "maskscope_strip"]
