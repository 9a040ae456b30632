"""What a reader clicked or typed is taken over whole, also where the next click is there already."""

from __future__ import annotations

from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState


def take_over_whole() -> None:
    """Have the callbacks of a click run to their end before the server looks whether its reader sent another one.

    Streamlit looks at every use of the session's state, in callbacks too, and gives up what runs for what is newer. The newer
    run does not make up for it: a button's click is over, and a widget's value, which was stored, is no change any more. So
    the first of two quick clicks was lost, or done by half. Called once in a process, before it has sessions.
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
