"""Which heads link two tokens, and what the link is worth. Axes: L layer, H head, T column, W width of a head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
import torch

from model_utils.errors import InputError
from model_utils.experiments.ablation import scope
from model_utils.experiments.surprisal import last_hidden_states, row_probabilities
from model_utils.masks.mask import build_mask
from model_utils.models.attention import LayerTrace
from model_utils.models.forward import forward, head_outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask, MaskSpec
    from model_utils.models.forward import AttentionMaps
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

By = Literal["weight", "contribution"]


class _Sizes(list[LayerTrace]):
    """A trace that keeps of every layer only the sizes of its values: all layers of a long text would fill the memory."""

    def __init__(self, loaded: LoadedModel) -> None:
        super().__init__()
        self._loaded = loaded
        self.found: list[NDArray[np.float32]] = []

    def append(self, item: LayerTrace) -> None:
        """Measure the values of `item`, in the order in which the model runs the layers, and let it go."""
        values, outputs = item.value[0], head_outputs(self._loaded, len(self.found))  # (H, T, W), (H, W, width)
        sizes = [torch.linalg.vector_norm(v @ o, dim=-1) for v, o in zip(values, outputs, strict=True)]
        self.found.append(torch.stack(sizes).numpy())  # (H, T)


def value_sizes(loaded: LoadedModel, batch: TokenBatch, mask: Mask, sentence: int) -> NDArray[np.float32]:
    """Return `[L, H, T]`: the size of what each column would give each head, if read with weight 1; read-only.

    That is the L2 norm of f(x) = (x W_V + b_V) W_O (Kobayashi et al. 2020, "Attention is Not Only a Weight", section 2):
    the value vector times the head's own rows of the output projection, which is what reaches the residual stream. The
    norm of the plain value vector is left alone: between a value and the stream a head may scale it as it likes. One
    pass of the model; one head's T vectors are held at a time.
    """
    trace = _Sizes(loaded)
    forward(loaded, batch.input_ids, mask, rows=slice(sentence, sentence + 1), trace=trace, logits="none")
    sizes = np.stack(trace.found)
    sizes.setflags(write=False)
    return sizes


def find_heads(
    maps: AttentionMaps, sizes: NDArray[np.float32], query: int, key: int, *, by: By = "weight"
) -> pd.DataFrame:
    """Return every head as a row, best first: `layer`, `head`, `weight`, `value_size`, `contribution`.

    `weight` is that of column `key` in row `query`; `value_size` that of `key` in `value_sizes`; `contribution` their
    product, the norm of what the head adds to row `query` from `key` (Kobayashi et al. 2020). Sizes are absolute, in
    units of the residual stream, which tends to grow from layer to layer. Sorted `by` weight or contribution, equal
    heads by layer and head. Weight and contribution are NaN where the query may not read the key, in every head alike:
    `maps.cause` holds why. Raises InputError for another `by`.
    """
    if by not in get_args(By):
        raise InputError(f"Heads cannot be ranked by {by!r}: choose one of {', '.join(get_args(By))}.")
    weight = maps.weights[:, :, query, key].astype(np.float32)  # (L, H)
    if maps.cause[query, key] > 0:
        weight = np.full_like(weight, np.nan)
    layer, head = (index.ravel() for index in np.indices(weight.shape))
    size = sizes[:, :, key]  # (L, H)
    frame = pd.DataFrame(
        {
            "layer": layer,
            "head": head,
            "weight": weight.ravel(),
            "value_size": size.ravel(),
            "contribution": (weight * size).ravel(),
        }
    )
    return frame.sort_values(by, ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class KeyHidden:
    """What hiding one token does to predictions, each a total variation, 0 = unchanged to 1 = another word for certain.

    `at_query`: of what the row of the query predicts, which is the row that the ranked weights belong to. `at_end`: of
    the next word of the sentence. NaN where that row may then read nothing, or might not before.
    """

    at_query: float
    at_end: float


def hide_key(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec, query: int, key: int) -> KeyHidden:
    """Return what hiding token `key` from every row of the sentence of `spec` changes, beside what `spec` hides already.

    `query` and `key` count real tokens from 0. The change is that of the whole model, of all heads and every path, so it
    belongs to no single head. Raises InputError when one of the two is not there.
    """
    inner, rule = scope(batch, spec)
    sentence, count = rule.sentence, len(batch.tokens[spec.sentence])
    if not 0 <= query < count:
        raise InputError(f"The query is token {query}, but the sentence has tokens 0 to {count - 1}.")
    masks = [build_mask(one, inner) for one in (rule, replace(rule, weights={**dict(rule.pairs), key: 0.0}))]
    rows = [inner.first(sentence) + query, inner.last(sentence)]
    hidden = [last_hidden_states(loaded, inner, mask, sentence)[0][rows] for mask in masks]  # each (2, width)
    before, after = (next(row_probabilities(loaded, one)) for one in hidden)  # each (2, V)
    change = ((before - after).abs().sum(-1) / 2).numpy()  # (2,)
    change[np.any([mask.blocked_rows[sentence, rows] for mask in masks], axis=0)] = np.nan
    return KeyHidden(at_query=float(change[0]), at_end=float(change[1]))
