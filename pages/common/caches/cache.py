"""The caching decorators, here and in cache_*.py alone, and the gate that bounds work under way at once."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from model_utils.job_queue import JobQueue
from model_utils.models.memory import free_mb
from model_utils.models.registry import model_folder, registry
from model_utils.remote import address
from model_utils.tokens.batch import BatchKey
from pages.common.caches.cache_shared import shared

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from model_utils.experiments.batch_invariance import Independence, Reading
    from model_utils.models.loading import LoadedModel, ModelCache
    from model_utils.models.registry import ModelEntry
    from model_utils.tokens.batch import TokenBatch
    from model_utils.tokens.bpe import MergedWord

# Forward passes under way at once on the server; torch already uses every core for one.
_GATE = threading.BoundedSemaphore(address.places(here=2))

# Pages that are drawn at once: what draws holds the interpreter, and with twenty at it every page comes late.
_DRAWING = threading.BoundedSemaphore(2)
_THREAD = threading.local()  # `draws`: whether the thread holds one of the places for drawing

# The work that readers start and may stop: runs, and what is timed.
JOBS = JobQueue(places=address.places(here=os.cpu_count() or 1), free=free_mb)


@contextmanager
def gate() -> Iterator[None]:
    """Hold one of the few places for heavy computation while the block runs.

    A page that computes gives its place for drawing away for good: to wait for another, it would hold what is computed from
    those who wait for that with the places in their hands.
    """
    stop_drawing()
    with _GATE:
        yield


@contextmanager
def drawing() -> Iterator[None]:
    """Hold one of the few places for drawing while the block runs, or until it computes something heavy or loads a model.

    A block within another holds the same place.
    """
    if _draws():
        yield
        return
    _DRAWING.acquire()
    _THREAD.draws = True
    try:
        yield
    finally:
        stop_drawing()


def _draws() -> bool:
    return getattr(_THREAD, "draws", False)


def stop_drawing() -> None:
    """Give the place for drawing away, where this thread holds one: before it waits for something else."""
    if _draws():
        _THREAD.draws = False
        _DRAWING.release()


@shared(1)
def model_cache() -> ModelCache:
    """Return the models in memory: one copy of each per server, shared by all sessions."""
    from model_utils.remote.client import model_cache

    return model_cache()


def loaded_model(model: str) -> LoadedModel:
    """Return the model `model`, loaded by the first who asks. Raises ModelError when it cannot be used or is not here.

    Not cached by Streamlit: the model cache lets go of models that have gone unused when memory is short.
    """
    entry = registry()[model]
    present = model_cache().present(entry)
    if present is not None:
        return present
    stop_drawing()
    return model_cache().get(entry, model_folder(entry))


def in_memory(entry: ModelEntry) -> bool:
    """Return whether the model of `entry` is loaded; while torch is not, nothing is, and this does not wait for it."""
    return "torch" in sys.modules and model_cache().present(entry) is not None


@shared(64)
def token_batch(key: BatchKey) -> TokenBatch:
    """Return the padded batch of `key`."""
    from model_utils.tokens.batch import encode

    loaded = loaded_model(key.model)
    return encode(loaded.tokenizer, key.texts, side=key.side, pad_id=key.pad_id, max_tokens=loaded.context)


@shared(64)
def demo_probabilities(model: str, sentence: str, hidden: frozenset[int]) -> NDArray[np.float64]:
    """Return the next-word probabilities `[V]` of `sentence` with the tokens `hidden` masked by hand, positions kept."""
    from model_utils.masks.mask import MaskSpec, build_mask
    from model_utils.models.next_word import next_probabilities

    batch = token_batch(BatchKey(model, (sentence,)))
    mask = build_mask(MaskSpec(weights=dict.fromkeys(hidden, 0.0)), batch)
    with gate():
        probabilities: NDArray[np.float64] = next_probabilities(loaded_model(model), batch, mask)[0]
    probabilities.setflags(write=False)
    return probabilities


@shared(64)
def batch_readings(key: BatchKey, start: int, stop: int) -> tuple[Reading, ...]:
    """Return for rows `start` to `stop` of the batch the answers at the right place and in the last column."""
    from model_utils.experiments.batch_invariance import readings

    with gate():
        return readings(loaded_model(key.model), token_batch(key), range(start, stop))


@shared(64)
def batch_independence(key: BatchKey, start: int, stop: int) -> tuple[Independence, ...]:
    """Return for rows `start` to `stop` the answer alone against the answer in the batch, in three ways."""
    from model_utils.experiments.batch_invariance import measure

    with gate():
        return measure(loaded_model(key.model), token_batch(key), range(start, stop))


@shared(8)
def seen_tokens(model: str) -> NDArray[np.bool_] | None:
    """Return for every token id whether `model` met it in training; None where its folder does not say."""
    from model_utils.models import seen_tokens

    entry = registry()[model]
    return seen_tokens.seen_tokens(model_folder(entry), entry.vocabulary)


@shared(4)
def merge_ranks(model: str) -> dict[tuple[str, str], int]:
    """Return the rank of every merge of the tokenizer of `model`."""
    from model_utils.tokens.bpe import read_ranks

    return read_ranks(loaded_model(model).tokenizer)


def label(model: str, token_id: int) -> str:
    """Return how the token `token_id` of `model` reads."""
    return loaded_model(model).label(token_id)


def batch_frame(key: BatchKey) -> pd.DataFrame:
    """Return the padded batch as lines of a table, one per cell."""
    from model_utils.tokens import padding

    return padding.batch_frame(token_batch(key), loaded_model(key.model).tokenizer)


def merged_words(model: str, text: str) -> tuple[MergedWord, ...]:
    """Return every merge of `text` with the tokenizer of `model`; microseconds once the ranks are read."""
    from model_utils.tokens.bpe import explain

    return explain(loaded_model(model).tokenizer, merge_ranks(model), text)
