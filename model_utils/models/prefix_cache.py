"""What a model computed of prompts that it read lately: it is used again, whatever is drawn after them."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from model_utils.limits import MAX_PREFIX_CACHE_MB

if TYPE_CHECKING:
    import torch
    from transformers.cache_utils import Cache

    Prefix = tuple[torch.Tensor, Cache]


class PrefixCache:
    """Logits, keys and values of the prompts read last, up to MAX_PREFIX_CACHE_MB in all. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Prefix] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], Prefix]) -> Prefix:
        """Return the logits `[B, V]` and the keys and values of the prompts `key`; `read` computes what is not kept.

        The logits are for reading only. The keys and values are the caller's own and may grow.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[0], _own(found[1])
        logits, cache = read()
        with self._lock:
            if _megabytes((logits, cache)) <= MAX_PREFIX_CACHE_MB:
                self._kept[key] = logits, _own(cache)
            while self._size() > MAX_PREFIX_CACHE_MB:
                self._kept.popitem(last=False)
        return logits, cache

    @property
    def megabytes(self) -> float:
        """Return the size in MB (10**6 bytes) of what is kept."""
        with self._lock:
            return self._size()

    def _size(self) -> float:
        return sum(map(_megabytes, self._kept.values()))


def _own(cache: Cache) -> Cache:
    """Return a cache that grows on its own: a layer's tensors are replaced as it grows, never written to."""
    own = copy.copy(cache)
    own.layers = [copy.copy(layer) for layer in cache.layers]
    return own


def _megabytes(prefix: Prefix) -> float:
    logits, cache = prefix
    return float(logits.nbytes + sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)) / 1e6
