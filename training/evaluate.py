"""How good a model folder is: loss on text it never saw, how it repeats itself, what its heads do.

`python -m training.evaluate books-heldout.txt.gz [folder]` prints the figures as JSON. Axis letters: L layer, H head,
T token, N window.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from model_utils.distributions import entropy_bits, nucleus_size
from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.models.forward import forward
from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import folder_entry
from model_utils.tokens.batch import END_OF_TEXT_ID
from training.batches import IGNORED
from training.corpus import documents, encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How the samples are drawn, and how many tokens each may have.
SETTINGS = SamplingSettings(temperature=0.8, top_k=50, top_p=0.95, seed=0)
SAMPLES, SAMPLE_LENGTH = 10, 100
# What the measures of the heads are taken on: the beginnings of held-out chapters; random tokens, said twice.
CHAPTERS = 30
REPEATS, REPEAT_LENGTH = 20, 50
# A text whose next word is nearly certain to a reader of old stories, and one where hundreds fit.
PEAKED, FLAT = "They shook their", "They opened the door and saw a"
ROWS = 8  # windows a forward pass


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Loss on held-out text in windows of the whole context, each token but the first predicted once.

    `nats` a token, `perplexity` = exp(nats), `bits` a byte of the text; `tokens` is how many were predicted.
    """

    nats: float
    perplexity: float
    bits: float
    tokens: int


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What some samples look like: the texts, and how they repeat themselves.

    `distinct_1`, `distinct_2`: different words or pairs over all of them (Li et al. 2016), in tokens. `rep_4`: the share
    of runs of four tokens that stood in the same sample before (Welleck et al. 2020). `ended`: share that ended alone.
    """

    samples: tuple[str, ...]
    distinct_1: float
    distinct_2: float
    rep_4: float
    ended: float


@dataclass(frozen=True, kw_only=True)
class Heads:
    """Mean share of attention per layer and head, `[L][H]`: on the previous token, on the first, and by induction."""

    previous: list[list[float]]
    first: list[list[float]]
    induction: list[list[float]]


@dataclass(frozen=True, kw_only=True)
class Next:
    """The prediction after a text: the likeliest word with its probability, entropy in bits, how many words make 90 %."""

    text: str
    word: str
    probability: float
    entropy: float
    words_90: int


@torch.inference_mode()
def held_out(loaded: LoadedModel, ids: NDArray[np.int64], size: int) -> HeldOut:
    """Return the loss on a text of `ids` that is `size` bytes long."""
    context = loaded.context
    count = math.ceil((len(ids) - 1) / context)
    inputs = np.full((count, context), END_OF_TEXT_ID)
    targets = np.full((count, context), IGNORED)
    inputs.flat[: len(ids) - 1] = ids[:-1]
    targets.flat[: len(ids) - 1] = ids[1:]
    nats = 0.0
    for first in range(0, count, ROWS):
        logits = forward(loaded, inputs[first : first + ROWS]).logits
        wanted = torch.from_numpy(targets[first : first + ROWS]).flatten()
        nats += float(nn.functional.cross_entropy(logits.flatten(0, 1), wanted, ignore_index=IGNORED, reduction="sum"))
    each = nats / (len(ids) - 1)
    return HeldOut(nats=each, perplexity=math.exp(each), bits=nats / math.log(2) / size, tokens=len(ids) - 1)


def repetition(rows: Sequence[Sequence[int]]) -> tuple[float, float, float]:
    """Return (distinct-1, distinct-2, rep-4) of some rows of tokens; 0 where none is long enough."""

    def runs(row: Sequence[int], size: int) -> list[tuple[int, ...]]:
        return [tuple(row[place : place + size]) for place in range(len(row) - size + 1)]

    def distinct(size: int) -> float:
        found = [run for row in rows for run in runs(row, size)]
        return len(set(found)) / len(found) if found else 0.0

    fours = [runs(row, 4) for row in rows]
    again = sum(len(row) - len(set(row)) for row in fours)
    return distinct(1), distinct(2), again / max(sum(map(len, fours)), 1)


def writing(loaded: LoadedModel) -> Writing:
    """Return samples drawn from nothing but end-of-text at fixed settings, with the app's own engine."""
    lanes = [Lane(prompt=(END_OF_TEXT_ID,), settings=SETTINGS, sample=number) for number in range(SAMPLES)]
    rows: list[list[int]] = [[] for _ in lanes]
    ended = 0
    for steps in decode(loaded, lanes, SAMPLE_LENGTH):
        for step in steps:
            rows[step.lane].append(step.token_id)
            ended += step.stop == "end"
    one, two, four = repetition(rows)
    texts = tuple(loaded.tokenizer.decode(row, skip_special_tokens=True).strip() for row in rows)
    return Writing(samples=texts, distinct_1=one, distinct_2=two, rep_4=four, ended=ended / SAMPLES)


def _attention(loaded: LoadedModel, rows: NDArray[np.int64]) -> torch.Tensor:
    """Return the attention weights of unpadded rows `[N, T]`, `[L, N, H, T, T]`."""
    return torch.stack(forward(loaded, rows, attentions=True, logits="none").attentions)


def running_text(loaded: LoadedModel, chapters: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.float64], ...]:
    """Return the mean weight on the previous and on the first token, `[L, H]` each; the first two rows do not count."""
    previous = first = 0.0
    for ids in chapters:
        weights = _attention(loaded, ids[None])[:, 0]  # (L, H, T, T)
        previous = previous + weights.diagonal(-1, -2, -1)[..., 1:].mean(-1).double().numpy()
        first = first + weights[..., 2:, 0].mean(-1).double().numpy()
    return np.asarray(previous) / len(chapters), np.asarray(first) / len(chapters)


def induction(loaded: LoadedModel, words: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean weight on the token after the previous copy, `[L, H]` (Olsson et al. 2022, "prefix matching").

    Measured in the second copy of rows of random `words`, each said twice.
    """
    rng = np.random.default_rng(0)
    once = rng.choice(words, (REPEATS, REPEAT_LENGTH))  # (N, length)
    weights = _attention(loaded, np.concatenate([once, once], axis=1))  # (L, N, H, T, T)
    found = weights.diagonal(1 - REPEAT_LENGTH, -2, -1)  # (L, N, H, rows from length - 1 on)
    return np.asarray(found[..., 1:].mean((1, 3)).double().numpy())


def heads(loaded: LoadedModel, chapters: Sequence[NDArray[np.int64]]) -> Heads:
    """Return what each head does on held-out chapters, and on random tokens of theirs said twice."""
    long = [ids for ids in chapters if len(ids) >= loaded.context] or chapters
    beginnings = [ids[: loaded.context] for ids in long[:CHAPTERS]]
    previous, first = running_text(loaded, beginnings)
    found = induction(loaded, np.unique(np.concatenate(chapters)))
    return Heads(previous=previous.tolist(), first=first.tolist(), induction=found.tolist())


def next_word(loaded: LoadedModel, text: str) -> Next:
    """Return what the model expects after `text`."""
    logits = forward(loaded, [loaded.tokenizer(text).input_ids], logits="last").logits[0, 0].double()
    probabilities = logits.softmax(-1).numpy()
    best = int(probabilities.argmax())
    return Next(
        text=text,
        word=loaded.tokenizer.decode([best]),
        probability=float(probabilities[best]),
        entropy=float(entropy_bits(probabilities)),
        words_90=int(nucleus_size(probabilities, 0.9)),
    )


def measure(folder: Path, books: Path, *, whole: bool = True) -> dict[str, Any]:
    """Return the figures of a model folder as plain data; the loss on held-out `books` alone unless `whole`."""
    loaded = load_model(folder_entry(folder.name, folder), folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    texts = documents(books)
    ids, _ = encode(tokenizer, texts)
    figures: dict[str, Any] = {"held_out": asdict(held_out(loaded, ids, sum(len(text.encode()) for text in texts)))}
    if whole:
        marks = np.flatnonzero(ids == END_OF_TEXT_ID)
        figures["writing"] = asdict(writing(loaded))
        figures["heads"] = asdict(heads(loaded, [chapter[1:] for chapter in np.split(ids, marks[1:])]))
        figures["next_words"] = [asdict(next_word(loaded, text)) for text in (PEAKED, FLAT)]
    return figures


def main() -> None:
    """Print the figures of a model folder."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("books", type=Path, help="gzipped text that the model was not trained on")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("models/tiny-gpt2"))
    options = parser.parse_args()
    print(json.dumps(measure(options.folder, options.books), indent=2))


if __name__ == "__main__":
    main()
