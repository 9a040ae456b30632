"""A folder of model files: which files a model needs, and whether they can be used. Imports no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from model_utils.errors import ModelDamagedError
from model_utils.models.registry import ModelEntry

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
# Weights that were saved in several files; this one says which.
INDEX = "model.safetensors.index.json"
# One of these groups makes a tokenizer.
TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"))
# Taken along when they are there. No pickled weights and no code, ever.
EXTRAS = ("generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")

# Sizes that config.json and the registry must agree on, by their names in each.
_SHAPE = {
    "n_layer": "layers",
    "n_head": "heads",
    "n_embd": "width",
    "n_positions": "context",
    "vocab_size": "vocabulary",
}


def check_folder(entry: ModelEntry, folder: Path) -> None:
    """Raise ModelDamagedError unless `folder` holds what it takes to load `entry`. Cheap: the weights are not read."""
    config = _json(entry, folder / CONFIG)
    kind = config.get("model_type")
    if kind != "gpt2":
        raise damaged(entry, f"its config.json describes a model of type {kind!r}, not 'gpt2'")
    for theirs, ours in _SHAPE.items():
        if config.get(theirs) != getattr(entry, ours):
            raise damaged(entry, f"its config.json says {theirs} = {config.get(theirs)}, not {getattr(entry, ours)}")
    if not any(all((folder / name).is_file() for name in group) for group in TOKENIZERS):
        raise damaged(entry, "it has no tokenizer (tokenizer.json, or vocab.json with merges.txt)")
    for name in weight_files(entry, folder):
        _check_weights(entry, folder / name)


def weight_files(entry: ModelEntry, folder: Path) -> tuple[str, ...]:
    """Return the names of the safetensors files in `folder`. Raises ModelDamagedError when there are none."""
    if (folder / WEIGHTS).is_file():
        return (WEIGHTS,)
    if (folder / INDEX).is_file():
        names = _json(entry, folder / INDEX).get("weight_map", {})
        return tuple(sorted(set(names.values())))
    raise damaged(entry, f"it has no {WEIGHTS}; other kinds of weight files are not read")


def damaged(entry: ModelEntry, reason: str) -> ModelDamagedError:
    """Return the error that says why the files of `entry` cannot be used, and what to do."""
    way_out = {
        "bundled": "Get models/tiny-gpt2 again from the project.",
        "hub": "Fetch it again.",
        "folder": "Put a whole GPT-2 folder there, as save_pretrained writes it.",
    }[entry.source]
    return ModelDamagedError(f"{entry.id} cannot be used: {reason}. {way_out}")


def _json(entry: ModelEntry, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise damaged(entry, f"its {path.name} is missing or cannot be read") from error
    except ValueError as error:
        raise damaged(entry, f"its {path.name} is damaged") from error
    if not isinstance(content, dict):
        raise damaged(entry, f"its {path.name} is damaged")
    return content


def _check_weights(entry: ModelEntry, path: Path) -> None:
    """Raise ModelDamagedError unless `path` is a safetensors file as long as its header says."""
    try:
        with safe_open(path, framework="numpy"):
            pass
    except OSError as error:
        raise damaged(entry, f"its {path.name} is missing or cannot be read") from error
    except SafetensorError as error:
        raise damaged(entry, f"its {path.name} is damaged: it is no whole safetensors file") from error
