"""What a reader clicked or typed is taken over whole, also where the next click is there already.

With `runner.fastReruns`, Streamlit's default, a click starts a run beside the one before it and stops that one, in the middle of
what its click does or before it began. It is off here, and what is left is done by two changes to Streamlit itself, which has
no options for them. Each is made once in a process, before it has sessions.
"""

from __future__ import annotations

from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.state.safe_session_state import SafeSessionState


def take_over_whole() -> None:
    """Have the callbacks of a click run to their end before the server looks whether its reader sent another one.

    Streamlit looks at every use of the session's state, in callbacks too, and gives up what runs for what is newer. The newer
    run does not make up for it: a button's click is over, and a widget's value, which was stored, is no change any more.
    """
    take_over = SafeSessionState.on_script_will_rerun

    def whole(self: SafeSessionState, *args: Any, **options: Any) -> None:
        looks = self._yield_callback
        object.__setattr__(self, "_yield_callback", lambda: None)  # its own __setattr__ stores a value of the session
        try:
            take_over(self, *args, **options)
        finally:
            object.__setattr__(self, "_yield_callback", looks)

    SafeSessionState.on_script_will_rerun = whole  # type: ignore[method-assign]


def leave_at_once() -> None:
    """Have another page begin beside the run of the page that is left, which may compute for seconds before it looks."""
    ask = AppSession.request_rerun

    def asked(self: AppSession, client_state: ClientState | None) -> None:
        if self._scriptrunner is not None and client_state and client_state.page_script_hash != self.page_script_hash:
            self._scriptrunner.request_stop()  # with it a new one is made
        ask(self, client_state)

    AppSession.request_rerun = asked  # type: ignore[method-assign]
