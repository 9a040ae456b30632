"""Claims about masks that one often reads, each tested on the model. Axis letters: L layer, H head, T token, V vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from model_utils.distributions import total_variation
from model_utils.experiments.ablation import next_word
from model_utils.experiments.soft_weights import run_soft_masks
from model_utils.masks.examples import BY_NAME, FOX
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import attention_maps, forward
from model_utils.tokens.batch import encode
from model_utils.tokens.words import group_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

JUMPS = 4
KEPT = ("brown", "fox", "jumps", "lazy")


@dataclass(frozen=True, kw_only=True)
class Emphasis:
    """What a mask under which `fox` stays visible does to it.

    `ones` is the change (total variation) by a mask of ones, `fox` among them. With three words hidden, `rows` are (word,
    weight before, after, factor) of words that stay, in the last row of layer 0, head 0: one factor for all.
    """

    ones: float
    rows: tuple[tuple[str, float, float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Half:
    """What 0.5 on `jumps` does: its weight in the last row of layer 0, mean over heads; the change of the prediction."""

    before: float
    flat: float
    flat_change: float
    log: float
    log_change: float


@dataclass(frozen=True, kw_only=True)
class Track:
    """What leaving the mask out does: nothing to one sentence, something to a padded row, less than a short sight.

    `difference` is the largest absolute difference of logits of one sentence with and without a mask of ones, `alone` the
    change of its probabilities; `padded` the change in its padded row when pads are read (None without pads); `short` the
    change when only the last two words can be read.
    """

    difference: float
    alone: float
    padded: float | None
    short: float


def emphasis(loaded: LoadedModel) -> Emphasis:
    """Return what a mask does to `fox` in the sentence of the fox."""
    batch = encode(loaded.tokenizer, (FOX,))
    words = group_words(FOX, batch.tokens[0])
    weights = BY_NAME["The fox, three words hidden"].token_weights(words)
    before, after = (_first_head(loaded, batch, MaskSpec(weights=given)) for given in ({}, weights))
    rows = []
    for word in words:
        if word.label in KEPT:
            at = list(word.tokens)
            one, other = float(before[at].sum()), float(after[at].sum())
            rows.append((word.label, one, other, other / one))
    plain, ones = (_flat(loaded, batch, mask).double().softmax(-1) for mask in (None, torch.ones(batch.size)))
    return Emphasis(ones=float(total_variation(plain.numpy(), ones.numpy())), rows=tuple(rows))


def half(loaded: LoadedModel) -> Half:
    """Return what 0.5 on `jumps` does as a 2-D mask, and as log-weight on the scores."""
    batch = encode(loaded.tokenizer, (FOX,))
    tokens = group_words(FOX, batch.tokens[0])[JUMPS].tokens
    found = {one.kind: one for one in run_soft_masks(loaded, batch, tokens, 0.5)}
    share = {kind: float(one.weights[0][:, list(tokens)].sum(-1).mean()) for kind, one in found.items()}
    return Half(
        before=share["none"],
        flat=share["today"],
        flat_change=float(total_variation(found["none"].probabilities, found["today"].probabilities)),
        log=share["log"],
        log_change=float(total_variation(found["none"].probabilities, found["log"].probabilities)),
    )


def track(loaded: LoadedModel, batch: TokenBatch, sentence: int) -> Track:
    """Return what leaving the attention mask out does to one sentence of `batch`."""
    alone = batch.alone(sentence)
    without, ones = _flat(loaded, alone, None), _flat(loaded, alone, torch.ones(alone.size))
    true = next_word(loaded, batch, MaskSpec(sentence=sentence))
    words = group_words(alone.texts[0], alone.tokens[0])
    far = {token: 0.0 for word in words[:-2] for token in word.tokens}
    padded = None
    if batch.pads(sentence):
        read = next_word(loaded, batch, MaskSpec(sentence=sentence, padding=False))
        padded = float(total_variation(true, read))
    return Track(
        difference=float((without - ones).abs().max()),
        alone=float(total_variation(*(logits.double().softmax(-1).numpy() for logits in (without, ones)))),
        padded=padded,
        short=float(total_variation(true, next_word(loaded, batch, MaskSpec(sentence=sentence, weights=far)))),
    )


def _flat(loaded: LoadedModel, alone: TokenBatch, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the next word's logits `[V]` of one sentence under a 2-D mask, or under none at all."""
    return forward(loaded, alone.input_ids, mask, logits="last").logits[0, 0]


def _first_head(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> NDArray[np.float64]:
    """Return the last row `[T]` of layer 0, head 0, where scores do not depend on the mask."""
    weights = attention_maps(loaded, batch, build_mask(spec, batch))[0].weights
    return np.asarray(weights[0, 0, -1], dtype=np.float64)
