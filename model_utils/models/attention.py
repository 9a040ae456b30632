"""Attention as transformers runs it for this app: softmax(q k^T / scale + mask) v, with a trace of what it computed.

Axis letters: B sentence, H head, Q query, K key, T token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import dropout as dropped
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

# The name under which transformers finds it.
KIND = "maskscope"

_BEFORE_LAYERS: ContextVar[Callable[[], None] | None] = ContextVar("before_layers", default=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerTrace:
    """What one layer's attention computed: scores before and after the mask, weights, and what they mixed.

    `scores`, `masked`, `weights` are `[B, H, T, T]`; `query`, `key`, `value` are `[B, H, T, width of a head]`. A score is
    q·k times `scale`.
    """

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    scores: torch.Tensor
    masked: torch.Tensor
    weights: torch.Tensor
    scale: float


def eager_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    trace: list[LayerTrace] | None = None,
    **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return softmax(q k^T * scaling + mask) v and the weights (Vaswani et al. 2017, section 3.2.1).

    The steps are those of transformers' eager attention, in its order, so results are equal to the last bit. A `trace`
    list given to `model(...)` receives one LayerTrace per layer; nothing is kept on the model, which many threads share.
    """
    stop_if_asked()
    scale = query.size(-1) ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query, key.transpose(-1, -2)) * scale  # (B, H, Q, K)
    masked = scores if attention_mask is None else scores + attention_mask  # (B, H, Q, K)
    weights = torch.softmax(masked, dim=-1).type(value.dtype)  # (B, H, Q, K)
    if trace is not None:
        trace.append(
            LayerTrace(query=query, key=key, value=value, scores=scores, masked=masked, weights=weights, scale=scale)
        )
    mixed = torch.matmul(dropped(weights, p=dropout, training=module.training), value)  # (B, H, Q, head width)
    return mixed.transpose(1, 2), weights


@contextmanager
def interruptible(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` in every layer of the passes of this thread while the block runs: it raises to stop them.

    A pass over sixteen long sentences takes half a minute with GPT-2 on two cores.
    """
    token = _BEFORE_LAYERS.set(check)
    try:
        yield
    finally:
        _BEFORE_LAYERS.reset(token)


def stop_if_asked() -> None:
    """Call the `check` of the block of `interruptible` that this thread is in, where it is in one."""
    if (check := _BEFORE_LAYERS.get()) is not None:
        check()


def register() -> str:
    """Return the name under which transformers finds `eager_attention`, after registering it.

    Both registrations are needed: without the mask's, transformers passes no mask at all and the logits are wrong.
    """
    AttentionInterface.register(KIND, eager_attention)
    AttentionMaskInterface.register(KIND, eager_mask)
    return KIND
