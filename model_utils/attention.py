"""GPT-2 run under a mask, with its attentions. Axis letters: B sentence, L layer, H head, T token, V vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import dropout as dropped
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from model_utils.limits import FULL_PRECISION_MB, attention_megabytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.loading import LoadedModel
    from model_utils.masks import Mask
    from model_utils.tokens import TokenBatch

KIND = "maskscope"


@dataclass(frozen=True, kw_only=True)
class LayerTrace:
    """What one layer's attention computed: scores before and after the mask, weights, and what they mixed.

    `scores`, `masked`, `weights` are `[B, H, T, T]`; `query`, `key`, `value` are `[B, H, T, width of a head]`.
    """

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    scores: torch.Tensor
    masked: torch.Tensor
    weights: torch.Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionMaps:
    """The attention weights of one sentence, read-only: `weights[L, H, T, T]`, rows are queries.

    float32 as the model computed them; float16 where one sentence's weights would take more than FULL_PRECISION_MB.
    `cause[T, T]` says why a cell is blocked (0 = it is not; see masks.CAUSES).
    """

    weights: NDArray[Any]  # (L, H, Q, K)
    cause: NDArray[np.uint8]  # (Q, K)

    def __post_init__(self) -> None:
        self.weights.setflags(write=False)
        self.cause.setflags(write=False)


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
    scale = query.size(-1) ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query, key.transpose(-1, -2)) * scale  # (B, H, Q, K)
    masked = scores if attention_mask is None else scores + attention_mask  # (B, H, Q, K)
    weights = torch.softmax(masked, dim=-1).type(value.dtype)  # (B, H, Q, K)
    if trace is not None:
        trace.append(LayerTrace(query=query, key=key, value=value, scores=scores, masked=masked, weights=weights))
    mixed = torch.matmul(dropped(weights, p=dropout, training=module.training), value)  # (B, H, Q, head width)
    return mixed.transpose(1, 2), weights


def register() -> str:
    """Return the name under which transformers finds `eager_attention`, after registering it.

    Both registrations are needed: without the mask's, transformers passes no mask at all and the logits are wrong.
    """
    AttentionInterface.register(KIND, eager_attention)
    AttentionMaskInterface.register(KIND, eager_mask)
    return KIND


@torch.inference_mode()
def forward(
    loaded: LoadedModel,
    batch: TokenBatch,
    mask: Mask,
    *,
    attentions: bool = False,
    trace: list[LayerTrace] | None = None,
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """Return (logits `[B, T, V]`, attentions: L tensors `[B, H, T, T]`, empty unless asked for) of `batch` under `mask`."""
    extra = {} if trace is None else {"trace": trace}
    out = loaded.model(
        input_ids=torch.from_numpy(batch.input_ids.copy()),
        attention_mask=torch.from_numpy(mask.bias()),
        position_ids=torch.from_numpy(mask.position_ids.copy()),
        output_attentions=attentions,
        use_cache=False,
        **extra,
    )
    return out.logits, out.attentions or ()


def attention_maps(loaded: LoadedModel, batch: TokenBatch, mask: Mask) -> tuple[AttentionMaps, ...]:
    """Return the attention maps of every sentence, from one pass over the whole batch.

    Callers bound the batch: above MAX_ATTENTION_MB they go sentence by sentence.
    """
    _, attentions = forward(loaded, batch, mask, attentions=True)
    layers, heads = len(attentions), attentions[0].shape[1]
    half = attention_megabytes(layers, heads, batch.size[1]) > FULL_PRECISION_MB
    maps = []
    for b in range(batch.size[0]):
        weights = np.stack([layer[b].half().numpy() if half else layer[b].numpy() for layer in attentions])
        maps.append(AttentionMaps(weights=weights, cause=mask.cause[b].copy()))  # weights (L, H, Q, K)
    return tuple(maps)
