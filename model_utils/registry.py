"""Which models exist, and which of them the operator lets visitors choose. Imports no torch: first paint needs this."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from model_utils.errors import ModelDamagedError

BUNDLED_ID = "tiny-gpt2"
BUNDLED_FOLDER = Path(__file__).resolve().parent.parent / "models" / BUNDLED_ID

# The operator's settings, read from the environment (README, "Models").
OFFERED_VARIABLE = "MASKSCOPE_MODELS"
FOLDERS_VARIABLE = "MASKSCOPE_FOLDERS"

Source = Literal["bundled", "hub", "folder"]


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the registry: its shape, and where it comes from.

    `location` is a hub id for `hub`, else a folder. `width` is the size of the residual stream, `context` the number of
    positions, `download_mb` the size of the safetensors file in MB (10**6 bytes), 0 where nothing is to be fetched.
    """

    id: str
    source: Source
    location: str
    layers: int
    heads: int
    width: int
    context: int = 1024
    vocabulary: int = 50257
    download_mb: int = 0
    about: str = ""

    @property
    def parameters(self) -> int:
        """Return the number of parameters; the output matrix is the token embedding and counts once.

        Per block: 12 width^2 for the matrices, 13 width for biases and both norms (Radford et al. 2019 and its code).
        """
        block = 12 * self.width**2 + 13 * self.width
        return self.vocabulary * self.width + self.context * self.width + self.layers * block + 2 * self.width

    @property
    def memory_mb(self) -> int:
        """Return the memory that the weights take when loaded as float32, in MB (10**6 bytes)."""
        return round(self.parameters * 4 / 1e6)


BUNDLED = ModelEntry(
    id=BUNDLED_ID,
    source="bundled",
    location=str(BUNDLED_FOLDER),
    layers=6,
    heads=8,
    width=256,
    context=256,
    about="small model, 164 old books; not OpenAI's GPT-2",
)
HUB = (
    ModelEntry(id="gpt2", source="hub", location="openai-community/gpt2", layers=12, heads=12, width=768, download_mb=548),
    ModelEntry(
        id="gpt2-medium",
        source="hub",
        location="openai-community/gpt2-medium",
        layers=24,
        heads=16,
        width=1024,
        download_mb=1520,
    ),
    ModelEntry(
        id="gpt2-large",
        source="hub",
        location="openai-community/gpt2-large",
        layers=36,
        heads=20,
        width=1280,
        download_mb=3247,
    ),
    ModelEntry(
        id="gpt2-xl",
        source="hub",
        location="openai-community/gpt2-xl",
        layers=48,
        heads=25,
        width=1600,
        download_mb=6432,
    ),
    ModelEntry(
        id="distilgpt2",
        source="hub",
        location="distilbert/distilgpt2",
        layers=6,
        heads=12,
        width=768,
        download_mb=353,
    ),
)


def registry(environment: Mapping[str, str] = os.environ) -> dict[str, ModelEntry]:
    """Return the models that visitors may choose, by id, the bundled one first.

    MASKSCOPE_FOLDERS adds folders as `id=path` pairs, separated as in PATH; MASKSCOPE_MODELS, a comma list of ids, says
    which of all models visitors may choose (unset: all). The bundled model is always offered.
    """
    entries = {entry.id: entry for entry in (BUNDLED, *HUB)}
    for pair in filter(None, environment.get(FOLDERS_VARIABLE, "").split(os.pathsep)):
        name, _, path = pair.partition("=")
        entries[name.strip()] = folder_entry(name.strip(), Path(path.strip()))
    offered = {name.strip() for name in environment.get(OFFERED_VARIABLE, "").split(",") if name.strip()}
    if not offered:
        return entries
    return {name: entry for name, entry in entries.items() if name == BUNDLED_ID or name in offered}


def folder_entry(name: str, folder: Path) -> ModelEntry:
    """Return the entry of a model folder that the operator added, its shape read from its config.json."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return ModelEntry(
            id=name,
            source="folder",
            location=str(folder),
            layers=config["n_layer"],
            heads=config["n_head"],
            width=config["n_embd"],
            context=config["n_positions"],
            vocabulary=config["vocab_size"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelDamagedError(f"Folder {str(folder)!r} of model {name!r} has no readable GPT-2 config.json.") from error
