"""Weights between the network that trains and transformers' GPT-2. Its matrices stand transposed there (Conv1D)."""

from __future__ import annotations

from collections.abc import Mapping

import torch

Weights = dict[str, torch.Tensor]

# Names within a block, ours to theirs; query, key and value lie side by side in theirs and are handled apart.
_NORMS = {"norm_1": "ln_1", "norm_2": "ln_2"}
_MATRICES = {"out": "attn.c_proj", "up": "mlp.c_fc", "down": "mlp.c_proj"}
_READERS = ("query", "key", "value")


def to_gpt2(weights: Mapping[str, torch.Tensor], layers: int) -> Weights:
    """Return our weights under the names of `GPT2LMHeadModel`."""
    out = {
        "transformer.wte.weight": weights["tokens.weight"],
        "transformer.wpe.weight": weights["positions.weight"],
        "transformer.ln_f.weight": weights["norm.weight"],
        "transformer.ln_f.bias": weights["norm.bias"],
    }
    for layer in range(layers):
        ours, theirs = f"blocks.{layer}", f"transformer.h.{layer}"
        for part in ("weight", "bias"):
            for name, other in _NORMS.items():
                out[f"{theirs}.{other}.{part}"] = weights[f"{ours}.{name}.{part}"]
            for name, other in _MATRICES.items():
                out[f"{theirs}.{other}.{part}"] = weights[f"{ours}.{name}.{part}"].t()
            together = torch.cat([weights[f"{ours}.{name}.{part}"] for name in _READERS])
            out[f"{theirs}.attn.c_attn.{part}"] = together.t()
    return {name: weight.contiguous() for name, weight in out.items()}


def from_gpt2(weights: Mapping[str, torch.Tensor], layers: int) -> Weights:
    """Return the weights of a `GPT2LMHeadModel` under our names: the inverse of `to_gpt2`."""
    out = {
        "tokens.weight": weights["transformer.wte.weight"],
        "positions.weight": weights["transformer.wpe.weight"],
        "norm.weight": weights["transformer.ln_f.weight"],
        "norm.bias": weights["transformer.ln_f.bias"],
    }
    for layer in range(layers):
        ours, theirs = f"blocks.{layer}", f"transformer.h.{layer}"
        for part in ("weight", "bias"):
            for name, other in _NORMS.items():
                out[f"{ours}.{name}.{part}"] = weights[f"{theirs}.{other}.{part}"]
            for name, other in _MATRICES.items():
                out[f"{ours}.{name}.{part}"] = weights[f"{theirs}.{other}.{part}"].t()
            together = weights[f"{theirs}.attn.c_attn.{part}"].t().chunk(3)
            out |= {f"{ours}.{name}.{part}": piece for name, piece in zip(_READERS, together, strict=True)}
    return {name: weight.contiguous() for name, weight in out.items()}
