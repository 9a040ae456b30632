"""`python -m deploy.spaces FOLDER`: the folder that is pushed to a Space: the tracked files, with the README that Spaces read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from deploy.workers import ROOT

# Spaces neither test nor train.
LEFT_OUT = ("tests/", "training/", "bench/", "docs/", ".ci/")


def copy(to: Path) -> int:
    """Copy what a Space needs into the empty or missing folder `to`, and return how many files these are."""
    if to.exists() and any(to.iterdir()):
        raise SystemExit(f"{to} is not empty: name a folder that is, or that is not there.")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name and not name.startswith(LEFT_OUT)]
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)
    shutil.copy2(Path(__file__).with_name("README.md"), to / "README.md")
    return len(names)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(f"{copy(Path(sys.argv[1]))} files in {sys.argv[1]}: push them to the Space.")
