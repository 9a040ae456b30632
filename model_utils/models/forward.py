"""GPT-2 run under a mask, with its attentions. Axis letters: B sentence, L layer, H head, T token, V vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import dropout as dropped
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from model_utils.errors import InputError
from model_utils.limits import FULL_PRECISION_MB, MAX_SENTENCE_MB, attention_megabytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.masks.mask import Mask
    from model_utils.tokens.batch import TokenBatch

KIND = "maskscope"


@dataclass(frozen=True, kw_only=True, eq=False)
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
    `cause[T, T]` says why a cell is blocked (0 = it is not; see masks.CAUSES); `causes` holds each cause's own cells, so
    that overlapping ones can all be told.
    """

    weights: NDArray[Any]  # (L, H, Q, K)
    cause: NDArray[np.uint8]  # (Q, K)
    causes: Mapping[str, NDArray[np.bool_]]  # each (Q, K)

    def __post_init__(self) -> None:
        for array in (self.weights, self.cause, *self.causes.values()):
            array.setflags(write=False)


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
    sentences: slice = slice(None),
    columns_of_logits: int = 0,
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """Return (logits `[B, T, V]`, attentions: L tensors `[B, H, T, T]`, empty unless asked for) of `batch` under `mask`.

    `sentences` runs some rows only, still padded to T. `columns_of_logits` n returns the last n columns of the logits
    alone: at 1,024 tokens all of them take 206 MB a sentence.
    """
    extra = {} if trace is None else {"trace": trace}
    out = loaded.model(
        input_ids=torch.from_numpy(batch.input_ids[sentences].copy()),
        attention_mask=torch.from_numpy(mask.bias()[sentences]),
        position_ids=torch.from_numpy(mask.position_ids[sentences].copy()),
        output_attentions=attentions,
        use_cache=False,
        logits_to_keep=columns_of_logits,
        **extra,
    )
    return out.logits, out.attentions or ()


def attention_maps(
    loaded: LoadedModel, batch: TokenBatch, mask: Mask, *, sentence: int | None = None
) -> tuple[AttentionMaps, ...]:
    """Return the attention maps of every sentence from one pass over the whole batch, or of `sentence` alone.

    Callers bound the batch: above MAX_ATTENTION_MB they go sentence by sentence. Raises InputError when one sentence
    alone would take more than MAX_SENTENCE_MB.
    """
    layers, heads, tokens = loaded.layers, loaded.heads, batch.size[1]
    check_sentence_size(layers, heads, tokens)
    wanted = slice(None) if sentence is None else slice(sentence, sentence + 1)
    half = attention_megabytes(layers, heads, tokens) > FULL_PRECISION_MB
    found = list(forward(loaded, batch, mask, attentions=True, sentences=wanted, columns_of_logits=1)[1])
    rows = range(batch.size[0])[wanted]
    weights = [np.empty((layers, heads, tokens, tokens), np.float16 if half else np.float32) for _ in rows]
    for layer in range(layers):
        computed = found.pop(0)  # (B, H, Q, K), let go as soon as it is copied
        for copy, one in zip(weights, computed, strict=True):
            torch.from_numpy(copy[layer]).copy_(one)  # a tenth of the time that numpy takes to halve the precision
    return tuple(
        AttentionMaps(
            weights=copy,
            cause=mask.cause[b].copy(),
            causes={name: cells[b].copy() for name, cells in mask.causes.items()},
        )
        for copy, b in zip(weights, rows, strict=True)
    )


def check_sentence_size(layers: int, heads: int, tokens: int) -> None:
    """Raise InputError when the attention of one sentence of `tokens` would take more than MAX_SENTENCE_MB."""
    needed = attention_megabytes(layers, heads, tokens)
    if needed > MAX_SENTENCE_MB:
        fits = int((MAX_SENTENCE_MB / attention_megabytes(layers, heads, 1)) ** 0.5)
        raise InputError(
            f"The longest sentence has {tokens:,} tokens, and its attention in {layers} x {heads} heads would take "
            f"{needed:,.0f} MB; {MAX_SENTENCE_MB:,} MB are the most: shorten it to {fits:,} tokens."
        )
