"""A run on disk: everything that a run needs to go on, and the curve of its losses."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from training.recipe import Recipe

CHECKPOINT, CURVE = "checkpoint.pt", "loss-curve.csv"


@dataclass(frozen=True, kw_only=True)
class Point:
    """One line of the loss curve; losses in nats a token."""

    step: int
    minutes: float
    tokens: int
    passes: float
    rate_scale: float
    train_loss: float
    heldout_loss: float


def save(folder: Path, recipe: Recipe, state: dict[str, Any]) -> None:
    """Write a checkpoint; one that is cut short leaves the one before it as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{CHECKPOINT}.new"
    torch.save({"recipe": asdict(recipe), **state}, new)
    new.replace(folder / CHECKPOINT)


def load(folder: Path, recipe: Recipe) -> dict[str, Any] | None:
    """Return the checkpoint of a run, None where there is none.

    Raises ValueError where it belongs to another recipe: going on would mix two runs. The minutes alone may differ.
    """
    if not (folder / CHECKPOINT).is_file():
        return None
    state = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    for name, value in asdict(recipe).items():
        if name != "minutes" and state["recipe"][name] != value:
            raise ValueError(
                f"{folder} holds a run with {name} = {state['recipe'][name]!r}, this one has {value!r}: choose another "
                "folder with --work, or remove that one."
            )
    return dict(state)


def add_point(folder: Path, point: Point) -> None:
    """Add one line to the loss curve."""
    names = [field.name for field in fields(Point)]
    path = folder / CURVE
    folder.mkdir(parents=True, exist_ok=True)
    present = path.is_file()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        if not present:
            writer.writeheader()
        writer.writerow(asdict(point))
