"""Which tokens a model saw in training, where the folder of the model holds a list. Axis letters: V vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.tokens.batch import Token

# One bit per token id, as numpy.packbits writes them: 1 = it occurs in the text that the model was trained on.
SEEN_FILE = "seen_tokens.npy"


def seen_tokens(folder: Path, vocabulary: int) -> NDArray[np.bool_] | None:
    """Return for every token id `[V]` whether the model in `folder` saw it in training; None where it has no list."""
    path = folder / SEEN_FILE
    if not path.is_file():
        return None
    seen = np.unpackbits(np.load(path, allow_pickle=False), count=vocabulary).astype(bool)  # (V,)
    seen.setflags(write=False)
    return seen


def unseen_tokens(seen: NDArray[np.bool_], tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Return those of `tokens` that the model never saw, each once, in their order."""
    found = {token.id: token for token in tokens if not seen[token.id]}
    return tuple(found.values())
