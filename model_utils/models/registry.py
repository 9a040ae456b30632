"""Which models exist, and which of them the operator lets visitors choose. Imports no torch: first paint needs this."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

BUNDLED_ID = "tiny-gpt2"
BUNDLED_FOLDER = Path(__file__).resolve().parents[2] / "models" / BUNDLED_ID

# The operator's settings, read from the environment (README, "Models").
OFFERED_VARIABLE = "MASKSCOPE_MODELS"
FOLDERS_VARIABLE = "MASKSCOPE_FOLDERS"

Source = Literal["bundled", "hub", "folder"]

# Ids travel in links and stand in labels, so they hold nothing that means something there.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

log = logging.getLogger("maskscope")


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the registry: its shape, and where it comes from.

    `location` is a hub id for `hub`, else a folder. `width` is the size of the residual stream, `context` the number of
    positions, `download_mb` the size of the safetensors file in MB (10**6 bytes), 0 where nothing is to be fetched.
    `opening` is a (layer, head) worth seeing first: one that reads the token before, by the model's card and on short texts.
    `trouble` is the sentence that explains why a folder cannot be used; its shape is then 0 throughout.
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
    opening: tuple[int, int] | None = None
    trouble: str = ""

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
    about="small model, 217 old books; not OpenAI's GPT-2",
    opening=(3, 3),
)
HUB = (
    ModelEntry(
        id="gpt2", source="hub", location="openai-community/gpt2", layers=12, heads=12, width=768, download_mb=548
    ),
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

    A mistake in a setting never stops the app. A folder that cannot be used is offered with its `trouble`, so that
    whoever chooses it reads why; a pair or an id that names no model is left out, with a line in the server's log.
    """
    entries = {entry.id: entry for entry in (BUNDLED, *HUB)}
    for name, folder in _folders(environment.get(FOLDERS_VARIABLE, "")):
        if name in entries:
            _complain(f"{FOLDERS_VARIABLE}: the id {name!r} is taken; the second one, {str(folder)!r}, is left out")
        else:
            entries[name] = folder_entry(name, folder)
    offered = {name.strip() for name in environment.get(OFFERED_VARIABLE, "").split(",") if name.strip()}
    for name in sorted(offered - entries.keys()):
        _complain(f"{OFFERED_VARIABLE}: there is no model {name!r}; there are {', '.join(entries)}")
    if not offered:
        return entries
    return {name: entry for name, entry in entries.items() if name == BUNDLED_ID or name in offered}


def folder_entry(name: str, folder: Path) -> ModelEntry:
    """Return the entry of a model folder that the operator added, its shape read from its config.json.

    Where that is not a GPT-2's, the entry says so in its `trouble`.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = config.get("model_type")
        if kind != "gpt2":
            return _unusable(name, folder, f"its config.json describes a model of type {kind!r}, not 'gpt2'")
        return ModelEntry(
            id=name,
            source="folder",
            location=str(folder),
            layers=_count(config, "n_layer"),
            heads=_count(config, "n_head"),
            width=_count(config, "n_embd"),
            context=_count(config, "n_positions"),
            vocabulary=_count(config, "vocab_size"),
        )
    except OSError:
        return _unusable(name, folder, "there is no readable config.json in it")
    except (ValueError, KeyError, AttributeError):
        return _unusable(name, folder, "its config.json lacks the sizes of a GPT-2")


def _folders(setting: str) -> Iterator[tuple[str, Path]]:
    for pair in filter(None, (part.strip() for part in setting.split(os.pathsep))):
        name, separator, path = (part.strip() for part in pair.partition("="))
        if separator and path and _ID.fullmatch(name):
            yield name, Path(path).expanduser()
        else:
            _complain(
                f"{FOLDERS_VARIABLE}: {pair!r} is left out; write id=path, the id in letters, digits, dots, dashes "
                f"and underscores, several pairs separated by {os.pathsep!r}"
            )


def _count(config: Mapping[str, object], name: str) -> int:
    value = config[name]
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} = {value!r}")
    return value


def _unusable(name: str, folder: Path, reason: str) -> ModelEntry:
    _complain(f"{FOLDERS_VARIABLE}: the folder {str(folder)!r} of model {name!r} cannot be used: {reason}")
    # The path stays in the log: visitors of a server have no business with it.
    sentence = f"The folder given for {name} cannot be used: {reason}. Check the path in {FOLDERS_VARIABLE}."
    return ModelEntry(
        id=name,
        source="folder",
        location=str(folder),
        layers=0,
        heads=0,
        width=0,
        context=0,
        vocabulary=0,
        trouble=sentence,
    )


def _complain(sentence: str) -> None:
    # The registry is read at every rerun of every page: each complaint is worth one line.
    if sentence not in _COMPLAINTS:
        _COMPLAINTS.add(sentence)
        log.warning(sentence)


_COMPLAINTS: set[str] = set()
