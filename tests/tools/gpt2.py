"""GPT-2 written out by hand, under any mask: what the app's runs are compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch


@torch.inference_mode()
def gpt2_by_hand(
    model: Any, ids: Sequence[int], allowed: torch.Tensor, positions: Sequence[int] | None = None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return (log probabilities `[T, V]`, weights `[H, T, T]` of each layer) of GPT-2 (Radford et al. 2019).

    `allowed[T, T]` is True where a row may read a column; positions count from 0 unless they are given.
    """
    parts, T, heads = model.transformer, len(ids), model.config.n_head
    places = torch.tensor(range(T) if positions is None else positions)
    x, found = parts.wte(torch.tensor(ids)) + parts.wpe(places), []  # (T, width)
    for block in parts.h:
        q, k, v = (
            one.view(T, heads, -1).transpose(0, 1) for one in block.attn.c_attn(block.ln_1(x)).chunk(3, -1)
        )  # (H, T, width of a head)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (H, T, T)
        weights = scores.masked_fill(~allowed, -math.inf).softmax(-1)
        found.append(weights)
        x = x + block.attn.c_proj((weights @ v).transpose(0, 1).reshape(T, -1))
        x = x + block.mlp(block.ln_2(x))
    return model.lm_head(parts.ln_f(x)).log_softmax(-1), found
