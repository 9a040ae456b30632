"""Weights between the network that trains and transformers' GPT-2. Its matrices stand transposed there (Conv1D)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    out = {theirs: weights[ours].t() if turned else weights[ours] for ours, theirs, turned in _names(layers)}
    for readers, together in _joined(layers):
        out[together] = torch.cat([weights[name] for name in readers]).t()
    return {name: weight.contiguous() for name, weight in out.items()}


def from_gpt2(weights: Mapping[str, torch.Tensor], layers: int) -> Weights:
    """Return the weights of a `GPT2LMHeadModel` under our names: the inverse of `to_gpt2`."""
    out = {ours: weights[theirs].t() if turned else weights[theirs] for ours, theirs, turned in _names(layers)}
    for readers, together in _joined(layers):
        out |= dict(zip(readers, weights[together].t().chunk(len(readers)), strict=True))
    return {name: weight.contiguous() for name, weight in out.items()}


def _names(layers: int) -> Iterator[tuple[str, str, bool]]:
    """Yield our name, theirs, and whether the weight lies transposed there, of all that has one name in both."""
    for ours, theirs in _OUTER.items():
        yield ours, theirs, False
    for layer in range(layers):
        for part in ("weight", "bias"):
            for ours, theirs in (_NORMS | _MATRICES).items():
                yield (
                    f"blocks.{layer}.{ours}.{part}",
                    f"transformer.h.{layer}.{theirs}.{part}",
                    ours in _MATRICES and part == "weight",
                )


def _joined(layers: int) -> Iterator[tuple[list[str], str]]:
    """Yield our names of query, key and value, and the one that they have together there."""
    for layer in range(layers):
        for part in ("weight", "bias"):
            yield [f"blocks.{layer}.{name}.{part}" for name in _READERS], f"transformer.h.{layer}.attn.c_attn.{part}"
