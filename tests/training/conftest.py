"""A small corpus made of plain sentences, and a recipe that trains on it in a second."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from model_utils.models.registry import BUNDLED_FOLDER
from training.corpus import Corpus, build
from training.recipe import Recipe

SMALL = Recipe(
    minutes=1.0,
    layers=2,
    heads=2,
    width=32,
    context=32,
    batch=4,
    marked=0.5,
    frequent=20,
    drawn=8,
    repeats=0.3,
)


def story(number: int) -> str:
    """Return a text of four paragraphs, a little different for each number."""
    who = ("king", "queen", "miller", "wolf", "hen")[number % 5]
    where = ("castle", "forest", "mill", "garden")[number % 4]
    return "\n\n".join(f"The {who} went to the {where}. It was day {day}, and he was glad." for day in range(4))


def write_books(folder: Path, **stories: int) -> Path:
    """Return `folder` with gzipped books under these names, of so many stories of some 300 bytes each."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, (name, count) in enumerate(stories.items()):
        text = "\n<|endoftext|>\n".join(story(number + place) for number in range(count)) + "\n"
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            file.write(text)
    return folder


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """Return GPT-2's tokenizer as the tokenizers library has it."""
    return Tokenizer.from_file(str(BUNDLED_FOLDER / "tokenizer.json"))


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a training text and a held-out text."""
    stories = {"books-train-1.txt.gz": 24, "books-heldout.txt.gz": 5}  # a model's loss on held-out text takes long
    return write_books(tmp_path_factory.mktemp("books"), **stories)


@pytest.fixture(scope="session")
def small(tokenizer: Tokenizer, books: Path) -> Corpus:
    """Return the training text as a corpus."""
    return build(tokenizer, [books / "books-train-1.txt.gz"])
