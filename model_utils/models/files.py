"""A model folder: which files make a GPT-2, and what they hold. Reads no weights and imports no torch.

Nothing is built before configuration and weights agree: a configuration of a million layers beside a small file costs
no more to refuse than any other.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from model_utils.limits import MAX_JSON_MB, MAX_LABELS
from model_utils.tokens.batch import END_OF_TEXT_ID

CONFIG = "config.json"
GENERATION = "generation_config.json"
WEIGHTS = "model.safetensors"
# Weights that were saved in several files; this one says which.
INDEX = "model.safetensors.index.json"
# One of these groups makes a tokenizer.
TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"))
# Taken along when they are there. No pickled weights and no code, ever.
EXTRAS = (GENERATION, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")

# Kinds of numbers that weights may have, as safetensors calls them. Whole numbers and truth values are quantised weights.
FLOATS = ("F16", "BF16", "F32", "F64")

# Names of weight files that an index may list.
_PART = re.compile(r"[\w.-]{1,200}\.safetensors", re.ASCII)

Tensors = dict[str, tuple[tuple[int, ...], str]]


class FolderError(Exception):
    """Why a folder cannot be used, as half a sentence: `its config.json is missing`."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """What a folder holds, under transformers' own names for it (GPT2Config), and what follows from that.

    `parameters` counts the weights that are used, an output matrix that is the token embedding once. `end_of_text` are the
    tokens at which a text ends: those at which `generate` stops, or <|endoftext|> where the files name none.
    """

    n_layer: int
    n_head: int
    n_embd: int
    n_positions: int
    vocab_size: int
    n_inner: int
    activation_function: str
    layer_norm_epsilon: float
    scale_attn_weights: bool
    scale_attn_by_inverse_layer_idx: bool
    tie_word_embeddings: bool
    parameters: int
    end_of_text: tuple[int, ...]


def read_folder(folder: Path) -> Architecture:
    """Return what the files in `folder` hold. Raises FolderError unless they make one whole GPT-2.

    Of config.json only what shapes the model is read: what a run returns (`output_attentions`, `return_dict`, `use_cache`
    and the like) is for each pass to say.
    """
    config = read_json(folder / CONFIG)
    if (kind := config.get("model_type")) != "gpt2":
        raise FolderError(f"its {CONFIG} describes a model of type {_short(kind)}, not 'gpt2'")
    if config.get("quantization_config") is not None:
        raise FolderError(f"its {CONFIG} has a quantization_config: quantised weights are not read")
    if config.get("num_labels", 2) not in range(MAX_LABELS + 1):  # transformers would make a name for each
        raise FolderError(f"its {CONFIG} has num_labels = {_short(config['num_labels'])}: 0 to {MAX_LABELS:,} are read")
    if _flag(config, "add_cross_attention", default=False):
        raise FolderError(f"its {CONFIG} has add_cross_attention: a GPT-2 that reads a second text is not shown here")
    sizes = {name: _size(config, name) for name in ("n_layer", "n_head", "n_embd", "n_positions", "vocab_size")}
    if sizes["n_embd"] % sizes["n_head"]:
        raise FolderError(
            f"its {CONFIG} has n_embd = {sizes['n_embd']}, which n_head = {sizes['n_head']} does not divide"
        )
    if not any(all(_is_file(folder / name) for name in group) for group in TOKENIZERS):
        raise FolderError("it has no tokenizer (tokenizer.json, or vocab.json with merges.txt)")
    tied = _flag(config, "tie_word_embeddings", default=True)
    inner = 4 * sizes["n_embd"] if config.get("n_inner") is None else _size(config, "n_inner")
    activation = config.get("activation_function", "gelu_new")
    if not isinstance(activation, str):
        raise FolderError(f"its {CONFIG} has activation_function = {_short(activation)}, which is no name")
    return Architecture(
        **sizes,
        n_inner=inner,
        activation_function=activation,
        layer_norm_epsilon=_epsilon(config),
        scale_attn_weights=_flag(config, "scale_attn_weights", default=True),
        scale_attn_by_inverse_layer_idx=_flag(config, "scale_attn_by_inverse_layer_idx", default=False),
        tie_word_embeddings=tied,
        parameters=_count(_tensors(folder), sizes, inner, tied=tied),
        end_of_text=_end_of_text(folder, config, sizes["vocab_size"]),
    )


def read_json(path: Path) -> dict[str, Any]:
    """Return the settings in `path`. Raises FolderError where it is no JSON object in UTF-8 of at most MAX_JSON_MB."""
    try:
        if not _is_file(path):
            raise FolderError(f"its {path.name} is missing, or is no file")
        if path.stat().st_size > MAX_JSON_MB * 1e6:
            raise FolderError(f"its {path.name} is larger than {MAX_JSON_MB} MB")
        content = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise FolderError(f"its {path.name} cannot be read ({error.strerror})") from error
    except RecursionError as error:
        raise FolderError(f"its {path.name} is damaged: it is nested too deeply") from error
    except ValueError as error:
        raise FolderError(f"its {path.name} is damaged: it is no JSON in UTF-8") from error
    if not isinstance(content, dict):
        raise FolderError(f"its {path.name} is damaged: it holds {_short(content)} in the place of settings")
    return content


def weight_files(folder: Path) -> tuple[str, ...]:
    """Return the names of the safetensors files in `folder`. Raises FolderError where there are none."""
    if _is_file(folder / WEIGHTS):
        return (WEIGHTS,)
    if not _is_file(folder / INDEX):
        raise FolderError(f"it has no {WEIGHTS}; other kinds of weight files are not read")
    index = read_json(folder / INDEX)
    parts = index.get("weight_map")
    if not isinstance(parts, dict) or not parts or not isinstance(index.get("metadata"), dict):
        raise FolderError(f"its {INDEX} is damaged: it lacks metadata or names no files")
    for name in parts.values():
        # A name with a path in it would lead out of the folder.
        if not isinstance(name, str) or _PART.fullmatch(name) is None:
            raise FolderError(f"its {INDEX} is damaged: {_short(name)} is no safetensors file of this folder")
    return tuple(sorted(set(parts.values())))


def weights_hash(folder: Path) -> str:
    """Return the SHA-256 of the weights in `folder` as hexadecimal digits; of several files that of all, one behind another."""
    digest = hashlib.sha256()
    for name in weight_files(folder):
        with (folder / name).open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def _is_file(path: Path) -> bool:
    """Return whether `path` leads to an ordinary file: to open a pipe or a device might never end."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is impossible"
        raise FolderError(f"its {path.name} cannot be read ({reason})") from error


def _tensors(folder: Path) -> Tensors:
    """Return shape and kind of every tensor in the weight files, by its name without `transformer.` in front."""
    found: Tensors = {}
    for name in weight_files(folder):
        if not _is_file(folder / name):
            raise FolderError(f"its {name} is missing, or is no file")
        try:
            with safe_open(folder / name, framework="numpy") as file:
                for tensor in file.keys():  # noqa: SIM118 - it is no mapping
                    part = file.get_slice(tensor)
                    found[tensor.removeprefix("transformer.")] = (tuple(part.get_shape()), part.get_dtype())
        except OSError as error:
            raise FolderError(f"its {name} cannot be read ({error.strerror})") from error
        except SafetensorError as error:
            raise FolderError(f"its {name} is damaged: it is no whole safetensors file") from error
    return found


def _count(tensors: Tensors, sizes: Mapping[str, int], inner: int, *, tied: bool) -> int:
    """Return how many parameters the weights have. Raises FolderError unless they are those of the configuration."""
    held = len({match[1] for name in tensors if (match := re.match(r"h\.(\d+)\.", name))})
    if held != sizes["n_layer"]:
        raise FolderError(f"its {CONFIG} has n_layer = {sizes['n_layer']}, its weights hold {held}")
    if tied and "wte.weight" not in tensors and "lm_head.weight" in tensors:
        tensors["wte.weight"] = tensors["lm_head.weight"]  # one of the two stands for both
    total, lacking = 0, []
    for name, shape in _shapes(sizes, inner, tied=tied):
        if name not in tensors:
            lacking.append(name)
            continue
        there, kind = tensors[name]
        if kind not in FLOATS:
            raise FolderError(f"its weights are of type {kind} ({name}): only floating-point numbers are read")
        if there != shape:
            raise FolderError(
                f"its weights do not fit its {CONFIG}: {name} is {_product(there)}, and should be {_product(shape)}"
            )
        total += math.prod(shape)
    if lacking:
        raise FolderError(f"its weights lack {lacking[0]}" + (f" and {len(lacking) - 1} more" if lacking[1:] else ""))
    return total


def _shapes(sizes: Mapping[str, int], inner: int, *, tied: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield name and shape of every weight of a GPT-2 (GPT2LMHeadModel; its matrices lie as `[in, out]`)."""
    width = sizes["n_embd"]
    yield "wte.weight", (sizes["vocab_size"], width)
    yield "wpe.weight", (sizes["n_positions"], width)
    matrices = {
        "attn.c_attn": (width, 3 * width),
        "attn.c_proj": (width, width),
        "mlp.c_fc": (width, inner),
        "mlp.c_proj": (inner, width),
    }
    norms = [f"h.{layer}.{norm}" for layer in range(sizes["n_layer"]) for norm in ("ln_1", "ln_2")]
    for norm in (*norms, "ln_f"):
        yield f"{norm}.weight", (width,)
        yield f"{norm}.bias", (width,)
    for layer in range(sizes["n_layer"]):
        for name, shape in matrices.items():
            yield f"h.{layer}.{name}.weight", shape
            yield f"h.{layer}.{name}.bias", shape[1:]
    if not tied:
        yield "lm_head.weight", (sizes["vocab_size"], width)


def _end_of_text(folder: Path, config: Mapping[str, Any], vocabulary: int) -> tuple[int, ...]:
    """Return the tokens at which a text ends.

    They are those at which `generate` stops: what generation_config.json names, else config.json. Where neither names any,
    `generate` would never stop; here GPT-2's own <|endoftext|> ends a text, and the code given away says so.
    """
    generation = read_json(folder / GENERATION) if _is_file(folder / GENERATION) else {}
    for name, settings in ((GENERATION, generation), (CONFIG, config)):
        named = settings.get("eos_token_id")
        ids = named if isinstance(named, list) else [] if named is None else [named]
        for one in ids:
            if not _whole(one) or not 0 <= one < vocabulary:
                raise FolderError(
                    f"its {name} has eos_token_id = {_short(named)}, and tokens are 0 to {vocabulary - 1:,}"
                )
        if ids:
            return tuple(dict.fromkeys(ids))
    return (END_OF_TEXT_ID,)


def _size(config: Mapping[str, Any], name: str) -> int:
    if name not in config:
        raise FolderError(f"its {CONFIG} has no {name}")
    value = config[name]
    if not _whole(value) or value < 1:
        raise FolderError(f"its {CONFIG} has {name} = {_short(value)}, which is no whole number from 1 up")
    return int(value)


def _flag(config: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = config.get(name, default)
    if not isinstance(value, bool):
        raise FolderError(f"its {CONFIG} has {name} = {_short(value)}, which is neither true nor false")
    return value


def _epsilon(config: Mapping[str, Any]) -> float:
    value = config.get("layer_norm_epsilon", 1e-5)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise FolderError(f"its {CONFIG} has layer_norm_epsilon = {_short(value)}, which is no number from 0 to 1")
    return float(value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _product(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape) or "a single number"


def _short(value: object) -> str:
    """Return what a file holds as a few printable characters: it may be anything, and as long as it likes."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**15:
        return "a huge number"
    if isinstance(value, dict | list):
        return "a group of values"
    return repr(value[:40] if isinstance(value, str) else value)
