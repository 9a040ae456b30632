"""GPT-2 run under a mask, with its attentions. Axis letters: B sentence, L layer, H head, T token, V vocabulary."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import numpy as np
import torch

from model_utils.errors import InputError
from model_utils.limits import FULL_PRECISION_MB, MAX_SENTENCE_MB, attention_megabytes
from model_utils.masks.mask import Mask

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers.cache_utils import Cache

    from model_utils.models.attention import LayerTrace
    from model_utils.tokens.batch import TokenBatch

    Numbers = torch.Tensor | NDArray[Any] | Sequence[Sequence[int]]


class Remote(Protocol):
    """Where a model runs of which this process holds the shape alone (see `remote.client`)."""

    def compute(self, name: str, *args: Any, **options: Any) -> Any:
        """Return what the function `name` of `remote.functions.COMPUTED` returns there."""

    def stream(self, name: str, *args: Any, **options: Any) -> Generator[Any, None, None]:
        """Yield what the function `name` of `remote.functions.STREAMED` yields there, until it is closed."""


class Runnable(Protocol):
    """What a pass needs of a loaded model: the network, and its shape (see `loading.LoadedModel`)."""

    @property
    def remote(self) -> Remote | None:
        """Return where it runs, None for here."""

    @property
    def model(self) -> Any:
        """Return a GPT2LMHeadModel."""

    @property
    def layers(self) -> int:
        """Return the number of layers."""

    @property
    def heads(self) -> int:
        """Return the number of heads per layer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionMaps:
    """The attention weights of one sentence, read-only: `weights[L, H, T, T]`, rows are queries.

    float32 as the model computed them; float16 where one sentence's weights would take more than FULL_PRECISION_MB.
    `cause[T, T]` says why a cell is blocked (0 = it is not; see masks.CAUSES); `causes` holds each cause's own cells, so
    that overlapping ones can all be named.
    """

    weights: NDArray[Any]  # (L, H, Q, K)
    cause: NDArray[np.uint8]  # (Q, K)
    causes: Mapping[str, NDArray[np.bool_]]  # each (Q, K)

    def __post_init__(self) -> None:
        for array in (self.weights, self.cause, *self.causes.values()):
            array.setflags(write=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class ForwardPass:
    """What one pass of the model computed.

    `hidden` `[B, T, width]` is what the output matrix reads: the last block's output after the last norm. `logits`
    `[B, K, V]` are those of the K columns that were asked for. `attentions` are L tensors `[B, H, Q, K]`, none unless
    asked for; `cache` holds keys and values, None unless asked for.
    """

    hidden: torch.Tensor  # (B, T, width)
    logits: torch.Tensor  # (B, K, V)
    attentions: tuple[torch.Tensor, ...]
    cache: Cache | None


@torch.inference_mode()
def forward(
    loaded: Runnable,
    ids: Numbers,
    mask: Mask | Numbers | None = None,
    positions: Numbers | None = None,
    *,
    rows: slice = slice(None),
    logits: Literal["all", "last", "none"] | Sequence[Sequence[int]] = "all",
    attentions: bool = False,
    trace: list[LayerTrace] | None = None,
    use_cache: bool = False,
    cache: Cache | None = None,
) -> ForwardPass:
    """Return what the model computes of the tokens `ids[B, T]`: the only place of the app where it is run.

    `mask` is a Mask, which brings its positions along, a 2-D mask of 0 and 1 `[B, K]`, or a bias `[B, 1, Q, K]` that is
    added to the scores as it is; without one every token reads all before it. Without `positions` `[B, T]` the columns
    are counted from 0, pads too. `rows` runs some sentences only, still padded to T.

    `logits` says of which columns logits are made, for all columns of 1,024 tokens take 206 MB a sentence: `all`, the
    `last`, `none`, or those given for each sentence, `[B, K]`. `trace` receives one LayerTrace a layer. `use_cache`
    returns keys and values; `cache` are those of an earlier pass, which `ids` continue, and grow. They never travel: a
    model that runs elsewhere is asked for whole texts (see `generate.decode`).
    """
    if isinstance(mask, Mask):
        positions = mask.position_ids if positions is None else positions
        mask = mask.bias()
    numbers = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
    given = {name: _tensor(one)[rows] for name, one in numbers.items() if one is not None}
    if loaded.remote is not None:
        if use_cache or cache is not None:
            raise ValueError("keys and values stay where the model runs")
        return _elsewhere(loaded.remote, given, logits, attentions, trace)
    extra = {} if trace is None else {"trace": trace}
    out = loaded.model.transformer(
        **given,
        past_key_values=cache,
        use_cache=use_cache,
        output_attentions=attentions,
        **extra,
    )
    hidden = out.last_hidden_state  # (B, T, width)
    return ForwardPass(
        hidden=hidden,
        logits=output_logits(loaded, _columns(hidden, logits)),
        attentions=out.attentions or (),
        cache=out.past_key_values,
    )


def _elsewhere(
    remote: Remote,
    given: dict[str, torch.Tensor],
    logits: Literal["all", "last", "none"] | Sequence[Sequence[int]],
    attentions: bool,
    trace: list[LayerTrace] | None,
) -> ForwardPass:
    out, layers = cast(
        "tuple[ForwardPass, list[LayerTrace]]",
        remote.compute("forward", given, logits, attentions, trace is not None),
    )
    if trace is not None:
        trace.extend(layers)
    return out


@torch.inference_mode()
def output_logits(loaded: Runnable, hidden: torch.Tensor) -> torch.Tensor:
    """Return the logits `[..., V]` of last hidden states `[..., width]`: their product with the output matrix."""
    logits: torch.Tensor = (
        loaded.model.lm_head(hidden) if loaded.remote is None else loaded.remote.compute("output_logits", hidden)
    )
    return logits


def head_outputs(loaded: Runnable, layer: int) -> torch.Tensor:
    """Return `[H, W, width]`: what turns each head's mix of values into what it adds to the residual stream."""
    if loaded.remote is not None:
        outputs: torch.Tensor = loaded.remote.compute("head_outputs", layer)
        return outputs
    weight: torch.Tensor = loaded.model.transformer.h[layer].attn.c_proj.weight  # (width, width)
    return weight.view(loaded.heads, weight.shape[0] // loaded.heads, -1)


def _tensor(numbers: Numbers) -> torch.Tensor:
    """Return `numbers` as a tensor; torch shares memory with arrays that may be written to, and warns of others."""
    if isinstance(numbers, torch.Tensor):
        return numbers
    array = np.asarray(numbers)
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _columns(hidden: torch.Tensor, wanted: str | Sequence[Sequence[int]]) -> torch.Tensor:
    """Return `[B, K, width]`: the columns of `hidden[B, T, width]` of which logits are wanted."""
    if isinstance(wanted, str):
        T = hidden.shape[1]
        return hidden[:, {"all": 0, "last": T - 1, "none": T}[wanted] :]
    return torch.take_along_dim(hidden, torch.tensor(wanted)[..., None], dim=1)


def attention_maps(
    loaded: Runnable, batch: TokenBatch, mask: Mask, *, sentence: int | None = None
) -> tuple[AttentionMaps, ...]:
    """Return the attention maps of every sentence from one pass over the whole batch, or of `sentence` alone.

    Callers bound the batch: above MAX_ATTENTION_MB they go sentence by sentence. Raises InputError when one sentence
    alone would take more than MAX_SENTENCE_MB.
    """
    layers, heads, tokens = loaded.layers, loaded.heads, batch.size[1]
    check_sentence_size(layers, heads, tokens)
    wanted = slice(None) if sentence is None else slice(sentence, sentence + 1)
    half = attention_megabytes(layers, heads, tokens) > FULL_PRECISION_MB
    found = list(forward(loaded, batch.input_ids, mask, rows=wanted, attentions=True, logits="none").attentions)
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
