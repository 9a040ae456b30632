"""A process that has imported what slow starts are made of, and runs each code it is told of in a fork of itself.

Started by `snippets.py` as a script, without the project in sight. A request is a line: the folder that the code lies in
as `run.py`, and the folder that gets its output, as JSON. The answer is a line with the code's exit status. A fork has
globals of its own, so that code has to import what it uses. Nothing is computed here, so that no thread is there to fork.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import sys
import traceback

import numpy as np  # noqa: F401  (here for the forks)
import torch  # noqa: F401
from transformers import AutoTokenizer, GPT2LMHeadModel  # noqa: F401


def turn_into(folder: str, output: str) -> None:
    """Make this process one that was started in `folder`, with its output in files and no input."""
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, name in enumerate(("stdout", "stderr"), start=1):
        os.dup2(os.open(os.path.join(output, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)  # noqa: PTH118
    sys.argv = ["run.py"]


def run() -> int:
    """Return the exit status of the code in this folder, which says itself what went wrong."""
    try:
        runpy.run_path("run.py", run_name="__main__")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    gc.freeze()  # a fork that looks for garbage would copy every page
    for line in sys.stdin:
        child = os.fork()
        if not child:
            turn_into(*json.loads(line))
            status = run()
            sys.stdout.flush()
            os._exit(status)
        _, state = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(state)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
