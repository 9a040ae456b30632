"""What a growing text may read of itself: a mask that gains a row and a column a step. Axis letters: Q query, K key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from model_utils.errors import InputError
from model_utils.masks.mask import CAUSE_CODE, Mask, MaskSpec, build_mask
from model_utils.tokens.batch import Token, TokenBatch, positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Stands for every new token in the masks: which one it is changes nothing, since end-of-text, which alone would open a
# document, ends the text.
_NEW_TOKEN = 0


@dataclass(frozen=True, kw_only=True)
class MaskPolicy:
    """The mask of a growing text: a rule, and after how many new tokens the prompt is dropped (None = never).

    A row is what its token may read at the step in which the model reads that token, and it never changes: the keys and
    values that later tokens find in the cache were computed under it. So the mask of a step is a corner of that of every
    later step, and one pass over the text under the whole mask gives the scores that the cache gave. Positions never
    change either. A token that is no longer read still has an effect through those that had read it.

    A pattern that lets words read later ones does so within the prompt alone, since to let old tokens read new ones would
    make their cached keys wrong: under `bidirectional` the prompt reads itself whole. `weights` name tokens of the prompt,
    which stay hidden or softened at every step; a cell is blocked as soon as both its tokens exist. Dropped after n tokens,
    the prompt is read by the first n draws; after 0, the last token of the prompt reads itself alone. `gap` closes up the
    positions behind words hidden by hand, not those of a dropped prompt.

    Whichever sentence `spec` names, the hand mask is for the prompt that has this policy. Raises InputError for a
    negative `drop_after`, and for padding that is read: a text would then depend on its neighbours.
    """

    spec: MaskSpec = field(default_factory=MaskSpec)
    drop_after: int | None = None

    def __post_init__(self) -> None:
        if self.drop_after is not None and self.drop_after < 0:
            raise InputError(f"Dropping the prompt after {self.drop_after} tokens does not fit: choose 0 or more.")
        if not self.spec.padding:
            raise InputError(
                "Without the padding mask a text would depend on the length of its neighbours: switch it on."
            )

    @property
    def plain(self) -> bool:
        """Return whether every token reads all that came before it, as without any policy."""
        spec = self.spec
        return spec.pattern == "causal" and not spec.pairs and not spec.cells and self.drop_after is None

    def for_sentence(self, number: int) -> MaskPolicy:
        """Return this policy for sentence `number` of a batch: without the hand mask, unless it is `spec.sentence`'s."""
        if number == self.spec.sentence:
            return self
        return replace(self, spec=replace(self.spec, weights=(), cells=()))

    def mask(self, prompt: Sequence[int], step: int = 0, *, pads: int = 0) -> Mask:
        """Return the mask under which step `step` of a text is drawn, as a batch of one: T = pads + prompt + step.

        `prompt` are token ids, `pads` columns stand before them. The last row is the one that the draw reads. Raises
        InputError for a weight of a token that the prompt lacks.
        """
        known, tokens = len(prompt), len(prompt) + step
        for token, _ in self.spec.pairs:
            if token >= known:
                raise InputError(f"The hand mask names token {token}, but the prompt has tokens 0 to {known - 1}.")
        cells = tuple((query, key) for query, key in self.spec.cells if max(query, key) < tokens)
        spec = replace(self.spec, sentence=0, cells=cells)
        mask = build_mask(spec, _batch((*prompt, *[_NEW_TOKEN] * step), pads))
        later = np.triu(np.ones((pads + tokens, pads + tokens), dtype=bool), k=1)  # (Q, K)
        later[: pads + known, : pads + known] = False
        dropped = np.zeros_like(later)  # (Q, K)
        if self.drop_after is not None:
            dropped[pads + known - 1 + self.drop_after :, pads : pads + known] = True
            np.fill_diagonal(dropped, False)
        return _blocked(mask, {"pattern": dropped, "causal": later})


CAUSAL = MaskPolicy()


def rows_that_read_nothing(mask: Mask, prompt: int) -> NDArray[np.int64]:
    """Return the tokens, counted from 0 without pads, that may read nothing although the text depends on them.

    These are rows that a draw reads (the last of the `prompt` tokens and all behind it) or that another row reads. The
    model would let such a row read every column alike, pads and later tokens included. What nobody reads may stay so:
    the words before the first that is not hidden, and pads.
    """
    pads = int(mask.causes["padding"][0, -1].sum())
    read = np.any(mask.visible[0, pads:], axis=0)  # (K)
    read[pads + prompt - 1 :] = True
    return np.flatnonzero((mask.blocked_rows[0] & read)[pads:])


def _batch(ids: Sequence[int], pads: int) -> TokenBatch:
    """Return token ids as sentence 0 of a batch, without labels; for `pads` before it a longer neighbour stands below."""
    rows = (tuple(ids), (_NEW_TOKEN,) * (pads + len(ids))) if pads else (tuple(ids),)
    input_ids = np.full((len(rows), pads + len(ids)), _NEW_TOKEN, dtype=np.int64)  # (B, T)
    input_ids[0, pads:] = ids
    attention_mask = np.ones_like(input_ids)  # (B, T)
    attention_mask[0, :pads] = 0
    return TokenBatch(
        texts=("",) * len(rows),
        tokens=tuple(tuple(Token(id=token, label="", start=0, end=0) for token in row) for row in rows),
        input_ids=input_ids,
        attention_mask=attention_mask,
        position_ids=positions(attention_mask),
        side="left",
        pad_id=_NEW_TOKEN,
    )


def _blocked(mask: Mask, more: dict[str, NDArray[np.bool_]]) -> Mask:
    """Return the mask of sentence 0 alone, the cells `[Q, K]` of each cause in `more` blocked too."""
    causes = {name: cells[:1] | more[name] if name in more else cells[:1] for name, cells in mask.causes.items()}
    cause = mask.cause[:1].copy()
    for name, cells in more.items():
        cause[(cause == 0) & cells] = CAUSE_CODE[name]
    return Mask(
        visible=np.where(cause > 0, np.float32(0), mask.visible[:1]),
        cause=cause,
        causes=causes,
        position_ids=mask.position_ids[:1],
    )
