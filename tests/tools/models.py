"""GPT-2s of random weights, saved as the hub keeps them: what loads them does not know that they talk nonsense."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from model_utils.models.registry import BUNDLED_FOLDER, BUNDLED_ID, ModelEntry, folder_entry

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "generation_config.json")


def save_random(
    folder: Path, *, layers: int = 2, heads: int = 2, width: int = 16, context: int = 64, seed: int = 0
) -> Path:
    """Return `folder` after saving a GPT-2 of random float16 weights into it, with GPT-2's own tokenizer.

    The names in the file are those of the hub's GPT-2: without `transformer.` in front, with the causal mask of each
    layer among the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER:
        shutil.copy(BUNDLED_FOLDER / name, folder / name)
    config = json.loads((BUNDLED_FOLDER / "config.json").read_text())
    config |= {"n_layer": layers, "n_head": heads, "n_embd": width, "n_positions": context}
    (folder / "config.json").write_text(json.dumps(config))
    save_file(_tensors(layers, width, context, seed), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def entry_of(folder: Path, name: str = "random", **changes: Any) -> ModelEntry:
    """Return the registry's entry of a folder that `save_random` made."""
    return replace(folder_entry(name, folder), **changes)


def change_json(path: Path, **changes: object) -> None:
    """Give some settings of a JSON file other values; a file that is not there begins empty."""
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(settings | changes), encoding="utf-8")


def change_config(folder: Path, **changes: object) -> None:
    """Give some settings of a model folder's config.json other values."""
    change_json(folder / "config.json", **changes)


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Save a model folder's weights again after `change` was made to them."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def add_token(folder: Path, token: str = "[PAD]", *, weights: bool = True) -> int:
    """Return the id of a token after adding it to a model folder's tokenizer and weights, as `resize_token_embeddings` does."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    added = tokenizer["added_tokens"]
    number = max(*tokenizer["model"]["vocab"].values(), *(one["id"] for one in added)) + 1
    added.append({**added[-1], "id": number, "content": token})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    if weights:
        change_config(folder, vocab_size=number + 1)
        change_weights(
            folder, lambda t: t.update({"wte.weight": torch.cat([t["wte.weight"], t["wte.weight"][-1:]]).contiguous()})
        )
    return number


def link_bundled(folder: Path) -> Path:
    """Return `folder` after laying the bundled model where the code that pages give away finds it."""
    (folder / "models").mkdir(exist_ok=True)
    (folder / "models" / BUNDLED_ID).symlink_to(BUNDLED_FOLDER)
    return folder


def _tensors(layers: int, width: int, context: int, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.empty(shape).normal_(0, 0.02, generator=generator).half()

    def norm(name: str) -> dict[str, torch.Tensor]:
        return {f"{name}.weight": torch.ones(width).half(), f"{name}.bias": torch.zeros(width).half()}

    tensors = {"wte.weight": normal(50257, width), "wpe.weight": normal(context, width)} | norm("ln_f")
    causal = torch.ones(context, context).tril().bool().view(1, 1, context, context)
    shapes = {"attn.c_attn": (1, 3), "attn.c_proj": (1, 1), "mlp.c_fc": (1, 4), "mlp.c_proj": (4, 1)}
    for layer in range(layers):
        block = f"h.{layer}"
        tensors |= norm(f"{block}.ln_1") | norm(f"{block}.ln_2") | {f"{block}.attn.bias": causal.clone()}
        for name, (rows, columns) in shapes.items():
            tensors[f"{block}.{name}.weight"] = normal(rows * width, columns * width)
            tensors[f"{block}.{name}.bias"] = torch.zeros(columns * width).half()
    return tensors
