"""`make train CORPUS=folder`: books in, a model folder with its card out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from model_utils.models.registry import BUNDLED_FOLDER
from training import corpus
from training.finish import MODEL, build, figures_of, put_in_place
from training.recipe import RECIPES, Recipe
from training.run import Run, heldout_windows

RUNS = Path(__file__).resolve().parent / "runs"
UNSEEN = "books-heldout.txt.gz"


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for, or `words` in its place."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("corpus", type=Path, help="folder with books-train-*.txt.gz and books-heldout.txt.gz")
    parser.add_argument("--recipe", choices=RECIPES, default="first")
    parser.add_argument("--minutes", type=float, help="of computing, instead of the recipe's")
    parser.add_argument("--steps", type=int, help="stop after so many steps; the same command goes on later")
    parser.add_argument(
        "--teacher", type=Path, default=RUNS / "teacher", help="folder of the run that the recipe taught learns from"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="where the model goes unless a better one is there (default models/tiny-gpt2; a teacher stays)",
    )
    parser.add_argument("--work", type=Path, help="folder for checkpoint and loss curve (default training/runs/RECIPE)")
    parser.add_argument("--plain", action="store_true", help="do not compile: slower, but needs no C++ compiler")
    return parser.parse_args(words)


def prepare(options: argparse.Namespace, recipe: Recipe) -> Run:
    """Return the run that the options describe, where it stopped or at its beginning."""
    work = options.work or RUNS / options.recipe
    books = [path for pattern in recipe.books for path in sorted(options.corpus.glob(pattern))]
    unseen = options.corpus / UNSEEN
    if not books or not unseen.is_file():
        lacking = UNSEEN if books else " or ".join(recipe.books)
        sys.exit(f"{options.corpus} holds no {lacking}: give the folder of the books.")
    tokenizer = Tokenizer.from_file(str(BUNDLED_FOLDER / "tokenizer.json"))
    text = corpus.load(tokenizer, books, work)
    print(f"{len(text.stream):,} tokens, {len(text.ids):,} distinct, from {len(books)} files", flush=True)
    ids, _ = corpus.encode(tokenizer, corpus.documents(unseen))
    windows = heldout_windows(text, ids, recipe.context, tokenizer.get_vocab_size())
    run = Run(recipe, text, windows, work, compiled=not options.plain)
    if recipe.taught:
        run.learn_from(options.teacher)
    if run.resume():
        print(f"going on at step {run.step:,}, minute {run.seconds / 60:.1f}", flush=True)
    return run


def main(words: Sequence[str] | None = None) -> None:
    """Train, or go on with a run that was stopped; at its end export, measure, and keep the better model."""
    options = arguments(words)
    recipe = RECIPES[options.recipe]
    if options.minutes:
        recipe = replace(recipe, minutes=options.minutes)
    run = prepare(options, recipe)
    for point in run.steps(options.steps):
        print(
            f"minute {point.minutes:6.1f}  step {point.step:6,}  {point.tokens / 1e6:5.1f} M tokens  "
            f"train {point.train_loss:.3f}  held out {point.heldout_loss:.3f} nats",
            flush=True,
        )
    if run.done < 1:
        print("stopped; the same command goes on")
        return
    before = (figures_of(options.teacher / MODEL) or {}).get("training", []) if recipe.taught else []
    unseen = options.corpus / UNSEEN
    new = build(run, options.recipe, before=before, tokenizer=BUNDLED_FOLDER, books=unseen)
    out = options.out or (None if options.recipe == "teacher" else BUNDLED_FOLDER)
    if out and put_in_place(new, out, unseen):
        print(f"{out} now holds it")
    else:
        print(f"{out} is the better one and stays; see {new}" if out else f"{new} holds it")


if __name__ == "__main__":
    main()
