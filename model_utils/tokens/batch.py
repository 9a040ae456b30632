"""Sentences as padded batches of GPT-2 tokens. Axis letters: B sentence, T token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from model_utils.errors import InputError
from model_utils.limits import MAX_CHARACTERS, MAX_SENTENCES
from model_utils.tokens.glyphs import bytes_label, symbol_bytes, visible

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

Side = Literal["left", "right"]

END_OF_TEXT = "<|endoftext|>"
END_OF_TEXT_ID = 50256
PAD_LABEL = "pad"


@dataclass(frozen=True)
class BatchKey:
    """What a padded batch is made from, and so what everything computed of it is kept under.

    `model` is the id of the registry whose tokenizer cuts the texts; `pad_id` the token that fills short rows.
    """

    model: str
    texts: tuple[str, ...]
    side: Side = "left"
    pad_id: int = END_OF_TEXT_ID

    def alone(self, sentence: int) -> BatchKey:
        """Return the key of one sentence without the others: no pad stands beside it."""
        return BatchKey(self.model, (self.texts[sentence],))


@dataclass(frozen=True, kw_only=True)
class Token:
    """One token as a reader sees it.

    `label` is plain text: a space is `␣`, a line break `⏎`, what else cannot be seen its code or control picture, a piece
    of a split character its bytes such as `‹D8›`. `whole` is the character that a piece belongs to, empty for whole tokens.
    `start` and `end` are character offsets in the sentence; the pieces of one character share them. `special` tokens are
    found in a text before any merging: <|endoftext|>, and those that were added to the vocabulary.
    """

    id: int
    label: str
    start: int
    end: int
    whole: str = ""
    special: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenBatch:
    """A padded batch: what GPT-2 reads.

    `input_ids`, `attention_mask` (1 = real, 0 = pad) and `position_ids` are int64 `[B, T]` and read-only. Positions count
    real tokens from 0; pads hold 0. `tokens[b]` lists the real tokens of sentence b, without its pads.
    """

    texts: tuple[str, ...]
    tokens: tuple[tuple[Token, ...], ...]
    input_ids: NDArray[np.int64]  # (B, T)
    attention_mask: NDArray[np.int64]  # (B, T)
    position_ids: NDArray[np.int64]  # (B, T)
    side: Side
    pad_id: int

    def __post_init__(self) -> None:
        shape = (len(self.texts), max(len(row) for row in self.tokens))
        for name in ("input_ids", "attention_mask", "position_ids"):
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, but the texts make {shape}")
            array.setflags(write=False)

    @property
    def size(self) -> tuple[int, int]:
        """Return (B, T): the number of sentences and the padded length in tokens."""
        return self.input_ids.shape[0], self.input_ids.shape[1]

    def pads(self, sentence: int) -> int:
        """Return how many pad tokens the row of `sentence` holds."""
        return self.size[1] - len(self.tokens[sentence])

    def first(self, sentence: int) -> int:
        """Return the column of the first real token of `sentence`."""
        return self.pads(sentence) if self.side == "left" else 0

    def last(self, sentence: int) -> int:
        """Return the column of the last real token of `sentence`: where its next word is predicted."""
        return self.first(sentence) + len(self.tokens[sentence]) - 1

    def labels(self, sentence: int) -> tuple[str, ...]:
        """Return the T column labels of `sentence`, pads included as `pad`."""
        pads = (PAD_LABEL,) * self.pads(sentence)
        real = tuple(token.label for token in self.tokens[sentence])
        return pads + real if self.side == "left" else real + pads

    def alone(self, sentence: int) -> TokenBatch:
        """Return the batch that holds `sentence` only, without any pad."""
        columns = slice(self.first(sentence), self.last(sentence) + 1)
        return TokenBatch(
            texts=(self.texts[sentence],),
            tokens=(self.tokens[sentence],),
            input_ids=self.input_ids[sentence : sentence + 1, columns].copy(),
            attention_mask=self.attention_mask[sentence : sentence + 1, columns].copy(),
            position_ids=self.position_ids[sentence : sentence + 1, columns].copy(),
            side=self.side,
            pad_id=self.pad_id,
        )


def split_sentences(text: str) -> tuple[str, ...]:
    r"""Return the sentences of `text`, one per non-blank line, a typed `\n` as a line break, trailing spaces kept.

    Raises InputError when there is none, more than MAX_SENTENCES, more than MAX_CHARACTERS characters, or half a
    surrogate pair.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"The text has {len(text):,} characters, and {MAX_CHARACTERS:,} are the most that fit: shorten it."
        )
    if (half := next((character for character in text if "\ud800" <= character <= "\udfff"), None)) is not None:
        raise InputError(
            f"The text holds U+{ord(half):04X}, one half of a split character, which no tokenizer can read: remove it."
        )
    # Not splitlines(): it also breaks at control characters that are tokens like any other.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    sentences = tuple(line.replace("\\n", "\n") for line in lines if line.strip(" \t"))
    if not sentences:
        raise InputError("There is no sentence yet: type one on a line of its own under “Sentences”.")
    if len(sentences) > MAX_SENTENCES:
        raise InputError(
            f"There are {len(sentences)} sentences, and {MAX_SENTENCES} are the most in one batch: remove some lines."
        )
    return sentences


def encode(
    tokenizer: PreTrainedTokenizerBase,
    texts: tuple[str, ...],
    *,
    side: Side = "left",
    pad_id: int = END_OF_TEXT_ID,
    max_tokens: int = 1024,
) -> TokenBatch:
    """Return the padded batch of `texts`.

    Raises InputError when a sentence has no token, or more than `max_tokens` (the model's positions), or `pad_id` is not in
    the vocabulary.
    """
    if not 0 <= pad_id < len(tokenizer):
        raise InputError(f"Pad id {pad_id} is not in the vocabulary: choose one from 0 to {len(tokenizer) - 1:,}.")
    rows = tuple(tokenize(tokenizer, text) for text in texts)
    for text, row in zip(texts, rows, strict=True):
        if not row:
            raise InputError(
                f"The tokenizer of this model makes no token of “{sentence_label(text)}”: write another text."
            )
        if len(row) > max_tokens:
            raise InputError(
                f"The sentence “{sentence_label(text)}” has {len(row):,} tokens, and this model reads at most "
                f"{max_tokens:,}: shorten it."
            )
    width = max(len(row) for row in rows)
    input_ids = np.full((len(rows), width), pad_id, dtype=np.int64)  # (B, T)
    attention_mask = np.zeros((len(rows), width), dtype=np.int64)  # (B, T)
    for b, row in enumerate(rows):
        columns = slice(width - len(row), width) if side == "left" else slice(0, len(row))
        input_ids[b, columns] = [token.id for token in row]
        attention_mask[b, columns] = 1
    return TokenBatch(
        texts=texts,
        tokens=rows,
        input_ids=input_ids,
        attention_mask=attention_mask,
        position_ids=positions(attention_mask),
        side=side,
        pad_id=pad_id,
    )


def positions(attention_mask: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return position ids `[B, T]` that count the real tokens from 0, as `generate` derives them; pads hold 0."""
    counted = np.clip(attention_mask.cumsum(-1) - 1, 0, None)  # (B, T)
    return np.where(attention_mask == 1, counted, 0)


def tokenize(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[Token, ...]:
    """Return the tokens of one sentence; a typed `<|endoftext|>` becomes the special token."""
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    added = tokenizer.added_tokens_decoder
    found = []
    for token_id, (start, end) in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True):
        label, is_piece = _label(tokenizer, token_id)
        whole = text[start:end].strip() if is_piece else ""
        special = token_id in added
        found.append(Token(id=token_id, label=label, start=start, end=end, whole=whole, special=special))
    return tuple(found)


def token_label(tokenizer: PreTrainedTokenizerBase, token_id: int) -> str:
    """Return the readable label of one token id, as in `Token.label`."""
    return _label(tokenizer, token_id)[0]


def ends_in_space(text: str) -> bool:
    """Return whether a sentence ends in white space, which spoils the next word."""
    return text[-1:].isspace()


def sentence_label(text: str, limit: int = 40) -> str:
    """Return `text` as one line of at most `limit` characters: its end, which the next word follows, stays, in whole words.

    Spaces between words stay spaces; those at the end, which spoil the next word, are marked.
    """
    body = text.rstrip(" ")
    line = " ".join(visible(part) for part in body.split(" "))
    line += "␣" * (len(text) - len(body))
    if len(line) <= limit:
        return line
    end = line[-(limit - 1) :]
    start = end.find(" ") + 1
    return "…" + (end[start:] if start <= limit // 2 else end)


def _label(tokenizer: PreTrainedTokenizerBase, token_id: int) -> tuple[str, bool]:
    """Return the label of a token and whether it is a piece of a split character."""
    return bytes_label(token_bytes(tokenizer, token_id))


def token_bytes(tokenizer: PreTrainedTokenizerBase, token_id: int) -> bytes:
    """Return the bytes that a token stands for (GPT-2 report, section 2.2: BPE over bytes).

    A token that was added stands for itself; an id that the tokenizer lacks gives its number in brackets.
    """
    if (added := tokenizer.added_tokens_decoder.get(token_id)) is not None:
        return str(added.content).encode()
    symbol = tokenizer.convert_ids_to_tokens(token_id)
    return f"[{token_id}]".encode() if symbol is None else symbol_bytes(symbol)
