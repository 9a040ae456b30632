"""From a trained network to a model folder with its figures and its card, put in place only where it is the better one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from model_utils.models.registry import folder_entry
from training.card import card
from training.evaluate import measure
from training.export import export
from training.run import Run

FIGURES, MODEL = "figures.json", "model"


def figures_of(folder: Path) -> dict[str, Any] | None:
    """Return the figures that a model folder came with, None where it has none."""
    path = folder / FIGURES
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def stage(run: Run, name: str) -> dict[str, Any]:
    """Return what the card holds of a run."""
    return {
        "recipe": name,
        "taught": run.recipe.taught,
        "minutes": run.seconds / 60,
        "device": "a GPU" if run.device.type == "cuda" else f"{os.cpu_count()} CPU cores",
        "steps": run.step,
        "tokens": run.step * run.recipe.tokens_a_step,
        "passes": run.batches.passes(run.step),
        "corpus_tokens": len(run.corpus.stream),
        "documents": int((run.corpus.stream == run.corpus.mark).sum()),
    }


def write_card(folder: Path, figures: dict[str, Any]) -> None:
    """Write figures and card into a model folder."""
    (folder / FIGURES).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    entry = folder_entry(folder.name, folder)
    megabytes = (folder / "model.safetensors").stat().st_size / 1e6
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    text = card(figures, config, parameters=entry.parameters, megabytes=megabytes)
    (folder / "README.md").write_text(text, encoding="utf-8")


def build(run: Run, name: str, *, before: list[dict[str, Any]], tokenizer: Path, books: Path) -> Path:
    """Return the folder of a run's model, exported, measured on the held-out `books` and described.

    `before` are the runs that it learnt from.
    """
    folder = run.folder / MODEL
    export(
        run.network.state_dict(),
        run.corpus,
        run.recipe,
        hidden=run.hidden_states(),
        tokenizer_folder=tokenizer,
        folder=folder,
    )
    figures = {"training": [*before, stage(run, name)], "seen": len(run.corpus.ids), **measure(folder, books)}
    write_card(folder, figures)
    return folder


def put_in_place(new: Path, old: Path, books: Path) -> bool:
    """Copy a model folder over another unless that one predicts the held-out `books` better; return whether it was copied."""
    if (old / "model.safetensors").is_file():
        had, has = (measure(folder, books, whole=False)["held_out"] for folder in (old, new))
        print(f"held out: {had['nats']:.4f} nats before, {has['nats']:.4f} now")
        if has["nats"] >= had["nats"]:
            return False
    shutil.copytree(new, old, dirs_exist_ok=True)
    return True
