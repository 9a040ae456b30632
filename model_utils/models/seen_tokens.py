"""Which tokens a model saw in training, where the folder of the model holds a list. Axis letters: V vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model_utils.errors import ModelDamagedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.tokens.batch import Token

# One bit per token id, as numpy.packbits writes them: 1 = it occurs in the text that the model was trained on.
SEEN_FILE = "seen_tokens.npy"


def seen_tokens(folder: Path, vocabulary: int) -> NDArray[np.bool_] | None:
    """Return for every token id `[V]` whether the model in `folder` saw it in training; None where it has no list.

    Raises ModelDamagedError where the list is not one bit for each token.
    """
    path = folder / SEEN_FILE
    try:
        if not path.is_file():
            return None
        packed = np.load(path, mmap_mode="r", allow_pickle=False)
        if packed.dtype != np.uint8 or packed.shape != ((vocabulary + 7) // 8,):
            raise ValueError(f"{packed.dtype} {packed.shape}")
        seen = np.unpackbits(packed, count=vocabulary).astype(bool)  # (V,)
    except (OSError, ValueError, EOFError, SyntaxError, MemoryError, RecursionError) as error:
        raise ModelDamagedError(
            f"{SEEN_FILE} in this model's folder is damaged, so tokens that it never saw in training cannot be marked: put "
            "the file there again, or remove it."
        ) from error
    seen.setflags(write=False)
    return seen


def unseen_tokens(seen: NDArray[np.bool_], tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Return those of `tokens` that the model never saw, each once, in their order."""
    found = {token.id: token for token in tokens if not seen[token.id]}
    return tuple(found.values())
