"""How many cores torch uses in one thread."""

from __future__ import annotations

import threading

import torch

_CORES = torch.get_num_threads()


def leave_a_core() -> None:
    """Let torch use all cores but one in the calling thread from now on, where there are several.

    A decoding step reads every weight once and gains little from the last core; the page that shows its word needs it.
    """
    fewer = max(_CORES - 1, 1)
    if torch.get_num_threads() <= fewer:
        return
    torch.set_num_threads(fewer)
    # torch hands the number on to threads that begin to work later; set again in another thread, it is theirs as before.
    # One that begins between the two calls keeps the smaller number: it is slower, and nothing else.
    other = threading.Thread(target=torch.set_num_threads, args=(_CORES,))
    other.start()
    other.join()
