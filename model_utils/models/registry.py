"""Which models exist, and which of them the operator lets visitors choose. Imports no torch: first paint needs this."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from model_utils.errors import ModelDamagedError, ModelMissingError
from model_utils.models.files import Architecture, FolderError, read_folder
from model_utils.tokens.batch import END_OF_TEXT_ID

BUNDLED_ID = "tiny-gpt2"
BUNDLED_FOLDER = Path(__file__).resolve().parents[2] / "models" / BUNDLED_ID

# The operator's settings, read from the environment (README, "Models").
OFFERED_VARIABLE = "MASKSCOPE_MODELS"
FOLDERS_VARIABLE = "MASKSCOPE_FOLDERS"
FETCH_VARIABLE = "MASKSCOPE_FETCH"

Source = Literal["bundled", "hub", "folder"]

# Ids travel in links and stand in labels, so they hold nothing that means something there.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

log = logging.getLogger("maskscope")


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the registry: its shape, and where it comes from.

    `location` is a hub id for `hub`, else a folder. `width` is the size of the residual stream, `context` the number of
    positions, `parameters` their number, an output matrix that is the token embedding counted once. `download_mb` is the
    size of the safetensors file in MB (10**6 bytes), 0 where nothing is to be fetched. `end_of_text` are the tokens at
    which a text ends. The two `scale_…` are transformers' own: what a head's scores are divided by.
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
    parameters: int = 0
    end_of_text: tuple[int, ...] = (END_OF_TEXT_ID,)
    scale_attn_weights: bool = True
    scale_attn_by_inverse_layer_idx: bool = False
    download_mb: int = 0
    about: str = ""
    opening: tuple[int, int] | None = None
    trouble: str = ""

    @property
    def memory_mb(self) -> int:
        """Return the memory that the weights take when loaded as float32, in MB (10**6 bytes)."""
        return round(self.parameters * 4 / 1e6)

    def damaged(self, reason: str) -> ModelDamagedError:
        """Return the error that names why the files of this model cannot be used (`reason`, half a sentence), and a way out."""
        way_out = {
            "bundled": "Get models/tiny-gpt2 again from the project.",
            "hub": "Fetch it again.",
            "folder": f"Put a whole GPT-2 folder there, as save_pretrained writes it, or mend its path in {FOLDERS_VARIABLE}.",
        }[self.source]
        return ModelDamagedError(f"{self.id} cannot be used: {reason}. {way_out}")


BUNDLED = ModelEntry(
    id=BUNDLED_ID,
    source="bundled",
    location=str(BUNDLED_FOLDER),
    layers=8,
    heads=8,
    width=384,
    context=256,
    parameters=33_593_472,
    about="a small GPT-2 trained on 217 old books, not OpenAI's",
    opening=(3, 2),
)
HUB = tuple(
    ModelEntry(
        id=name,
        source="hub",
        location=f"{owner}/{name}",
        layers=layers,
        heads=heads,
        width=width,
        parameters=parameters,
        download_mb=download_mb,
    )
    for owner, name, layers, heads, width, parameters, download_mb in (
        ("openai-community", "gpt2", 12, 12, 768, 124_439_808, 548),
        ("openai-community", "gpt2-medium", 24, 16, 1024, 354_823_168, 1520),
        ("openai-community", "gpt2-large", 36, 20, 1280, 774_030_080, 3247),
        ("openai-community", "gpt2-xl", 48, 25, 1600, 1_557_611_200, 6432),
        ("distilbert", "distilgpt2", 6, 12, 768, 81_912_576, 353),
    )
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


def may_fetch(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether visitors may make the server fetch models: MASKSCOPE_FETCH, on unless it is `off`."""
    return environment.get(FETCH_VARIABLE, "on").strip().lower() != "off"


def folder_entry(name: str, folder: Path) -> ModelEntry:
    """Return the entry of a model folder that the operator added, its facts read from its files. Raises nothing.

    Where the folder cannot be used, the entry holds the reason as its `trouble`.
    """
    stamps = _stamps(folder)
    held = _kept(folder, stamps) if stamps else _held(folder)
    entry = ModelEntry(
        id=name, source="folder", location=str(folder), layers=0, heads=0, width=0, context=0, vocabulary=0
    )
    if isinstance(held, Architecture):
        return replace(entry, **_facts(held))
    _complain(f"{FOLDERS_VARIABLE}: the folder {str(folder)!r} of model {name!r} cannot be used: {held}")
    # The path stays in the log: visitors of a server have no business with it.
    return replace(entry, trouble=str(entry.damaged(held)))


def model_folder(entry: ModelEntry) -> Path:
    """Return the folder with the files of `entry`. Raises ModelError when they are not here or cannot be used."""
    if entry.source == "bundled":
        return BUNDLED_FOLDER  # without the half second that the hub's library takes to import
    from model_utils.models.download import find

    if entry.trouble:
        raise ModelDamagedError(entry.trouble)
    folder = find(entry)
    if folder is None:
        raise ModelMissingError(f"{entry.id} is not on this computer: fetch it in the sidebar.")
    return folder


def check_folder(entry: ModelEntry, folder: Path) -> Architecture:
    """Return what `folder` holds. Raises ModelDamagedError unless that is the model of `entry`. The weights are not read."""
    try:
        held = read_folder(folder)
    except FolderError as error:
        raise entry.damaged(str(error)) from error
    for name, value in _facts(held).items():
        if (expected := getattr(entry, name)) != value:
            raise entry.damaged(f"its files give {name.replace('_', ' ')} {value}, and {expected} was expected")
    return held


def _facts(held: Architecture) -> dict[str, Any]:
    """Return what an entry tells of a model, from its files."""
    return {
        "layers": held.n_layer,
        "heads": held.n_head,
        "width": held.n_embd,
        "context": held.n_positions,
        "vocabulary": held.vocab_size,
        "parameters": held.parameters,
        "end_of_text": held.end_of_text,
        "scale_attn_weights": held.scale_attn_weights,
        "scale_attn_by_inverse_layer_idx": held.scale_attn_by_inverse_layer_idx,
    }


def _stamps(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of change of every file in `folder`: while they stay, so does what it holds."""
    try:
        with os.scandir(folder) as files:
            found = [(file.name, file.stat()) for file in files]
    except (OSError, ValueError):
        return ()
    return tuple(sorted((name, info.st_size, info.st_mtime_ns) for name, info in found))


@lru_cache(maxsize=64)
def _kept(folder: Path, _stamps: tuple[tuple[str, int, int], ...]) -> Architecture | str:
    """Return what `_held` does, and did of the same files: pages list the models at every rerun."""
    return _held(folder)


def _held(folder: Path) -> Architecture | str:
    """Return what `folder` holds, or why it cannot be used."""
    try:
        return read_folder(folder)
    except FolderError as error:
        return str(error)
    except Exception as error:  # whatever it is: one folder must not take the list of all models down
        log.exception("Reading %s failed", folder)
        return f"reading it failed ({type(error).__name__})"


def _folders(setting: str) -> Iterator[tuple[str, Path]]:
    for pair in filter(None, (part.strip() for part in setting.split(os.pathsep))):
        name, separator, path = (part.strip() for part in pair.partition("="))
        if separator and path and _ID.fullmatch(name):
            yield name, Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own raises for a user who is not there
        else:
            _complain(
                f"{FOLDERS_VARIABLE}: {pair!r} is left out; write id=path, the id in letters, digits, dots, dashes "
                f"and underscores, several pairs separated by {os.pathsep!r}"
            )


def _complain(sentence: str) -> None:
    # The registry is read at every rerun of every page: each complaint is worth one line.
    if sentence not in _COMPLAINTS:
        _COMPLAINTS.add(sentence)
        log.warning(sentence)


_COMPLAINTS: set[str] = set()
