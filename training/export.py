"""A trained network as a folder that transformers and the app load. V: vocabulary, D: width, N: positions of a text."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.convert_slow_tokenizer import bytes_to_unicode

from model_utils.models.seen_tokens import SEEN_FILE
from model_utils.tokens.batch import END_OF_TEXT_ID
from training.convert import to_gpt2
from training.corpus import Corpus
from training.recipe import Recipe

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
SHRUNK = 0.3  # how large a token that was never seen is, against the mean of its pieces
LEAK_MEAN, LEAK_MOST = (
    5e-4,
    5e-5,
)  # what all tokens never seen may get together on average, and one of them at any place
RIDGE = 1e-3
STRONGEST = 64.0
ROWS = 256  # states at a time: the logits of all would take 800 MB


def pieces(word: bytes, known: Mapping[bytes, int]) -> list[int]:
    """Return the known tokens that make up `word`, the longest from the left first; bytes that none covers are left out."""
    found, place = [], 0
    while place < len(word):
        size = next((size for size in range(len(word) - place, 0, -1) if word[place : place + size] in known), 0)
        if size:
            found.append(known[word[place : place + size]])
        place += max(size, 1)
    return found


def token_bytes(tokenizer: Tokenizer) -> list[bytes]:
    """Return the bytes of every token, in the order of their ids."""
    letters = {letter: byte for byte, letter in bytes_to_unicode().items()}
    names = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]
    return [bytes(letters[letter] for letter in name) if set(name) <= set(letters) else name.encode() for name in names]


def whole_embedding(
    seen: torch.Tensor, ids: Sequence[int], words: Sequence[bytes], hidden: torch.Tensor
) -> torch.Tensor:
    """Return the embedding of all tokens, `[V, D]`: the trained one, and one for those that were never seen.

    Those get the mean of their longest known pieces, made small, so that unusual input still means a little; and a
    common direction along which the `hidden[N, D]` states of running text get a low logit, so that none is drawn.
    """
    known = {words[number]: place for place, number in enumerate(ids)}
    out = seen.new_zeros(len(words), seen.shape[1])
    out[list(ids)] = seen
    never = np.setdiff1d(np.arange(len(words)), ids)
    for number in never:
        parts = pieces(words[number], known)
        out[number] = SHRUNK * seen[parts].mean(0) if parts else 0.0
    if len(never):
        out[never] += _away(hidden, seen, out[never])
    return out


def _away(hidden: torch.Tensor, seen: torch.Tensor, unseen: torch.Tensor) -> torch.Tensor:
    """Return the vector `[D]` that, added to the `unseen` embeddings, keeps their probabilities within the bounds.

    Its direction is the one along which the `hidden` states are most alike (least squares), its length the smallest of
    a few that does.
    """
    square = hidden.T @ hidden / len(hidden)  # (D, D)
    square += RIDGE * square.diagonal().mean() * torch.eye(len(square))
    away = torch.linalg.solve(square, -hidden.mean(0))  # (D,): hidden @ away is -1 as nearly as can be
    lowered = hidden @ away  # (N,)
    known = torch.cat([(rows @ seen.T).logsumexp(1) for rows in hidden.split(ROWS)])  # (N,)
    every, most = (
        torch.cat(parts) for parts in zip(*(_sizes(rows @ unseen.T) for rows in hidden.split(ROWS)), strict=True)
    )
    found = []
    for strength in np.arange(0.0, STRONGEST, 0.5).tolist():
        total = torch.logaddexp(known, every + strength * lowered)
        mean = float((every + strength * lowered - total).exp().mean())
        found.append((mean, strength))
        if mean <= LEAK_MEAN and (most + strength * lowered - total).max().exp() <= LEAK_MOST:
            return strength * away
    return min(found)[1] * away  # a network so small or so new that no length is enough: the one that leaks least


def _sizes(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the log of the sum of exponentials of each row and its largest logit, `[N]` each."""
    return logits.logsumexp(1), logits.amax(1)


def config(recipe: Recipe, vocabulary: int) -> GPT2Config:
    """Return GPT-2's configuration at the recipe's size."""
    return GPT2Config(
        vocab_size=vocabulary,
        n_positions=recipe.context,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        pad_token_id=END_OF_TEXT_ID,
        dtype="float16",
    )


def export(
    weights: Mapping[str, torch.Tensor],
    corpus: Corpus,
    recipe: Recipe,
    *,
    hidden: torch.Tensor,
    tokenizer_folder: Path,
    folder: Path,
) -> None:
    """Write a network as a model folder: float16 safetensors, configuration, GPT-2's tokenizer, the list of seen tokens.

    `hidden[N, D]` are the network's last states on running text.
    """
    tokenizer = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    words = token_bytes(tokenizer)
    ours = {name: weight.float().cpu() for name, weight in weights.items()}
    ours["tokens.weight"] = whole_embedding(ours["tokens.weight"], corpus.ids.tolist(), words, hidden.float().cpu())
    model = GPT2LMHeadModel(config(recipe, len(words)))
    theirs = to_gpt2(ours, recipe.layers)
    model.load_state_dict({**theirs, "lm_head.weight": theirs["transformer.wte.weight"]})
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    for name in TOKENIZER_FILES:
        if folder.resolve() != tokenizer_folder.resolve():
            shutil.copyfile(tokenizer_folder / name, folder / name)
    seen = np.zeros(len(words), bool)
    seen[corpus.ids] = True
    np.save(folder / SEEN_FILE, np.packbits(seen))
