"""Weights between the network that trains and transformers' GPT-2. Its matrices stand transposed there (Conv1D)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch

Weights = dict[str, torch.Tensor]

# Ours and theirs. Within a block, matrices lie transposed there; query, key and value side by side in one.
_OUTER = {
    "tokens.weight": "transformer.wte.weight",
    "positions.weight": "transformer.wpe.weight",
    "norm.weight": "transformer.ln_f.weight",
    "norm.bias": "transformer.ln_f.bias",
}
_NORMS = {"norm_1": "ln_1", "norm_2": "ln_2"}
_MATRICES = {"out": "attn.c_proj", "up": "mlp.c_fc", "down": "mlp.c_proj"}
_READERS = ("query", "key", "value")


def to_gpt2(weights: Mapping[str, torch.Tensor], layers: int) -> Weights:
    """Return our weights under the names of `GPT2LMHeadModel`."""
    out = {theirs: weights[ours] for ours, theirs in _OUTER.items()}
    for layer, part in itertools.product(range(layers), ("weight", "bias")):
        for ours, theirs in (_NORMS | _MATRICES).items():
            weight = weights[f"blocks.{layer}.{ours}.{part}"]
            out[f"transformer.h.{layer}.{theirs}.{part}"] = weight.t() if weight.ndim == 2 else weight
        together = torch.cat([weights[f"blocks.{layer}.{name}.{part}"] for name in _READERS])
        out[f"transformer.h.{layer}.attn.c_attn.{part}"] = together.t() if together.ndim == 2 else together
    return {name: weight.contiguous() for name, weight in out.items()}
