"""The numbers of a training run, in one place, with the reason of each that is not obvious."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that a run depends on besides its corpus; a checkpoint keeps it, so that a run goes on as it began."""

    books: tuple[str, ...] = ("books-train-*.txt.gz",)  # patterns of the files to train on, in this order
    minutes: float = 75.0  # of computing; time that the run stood still does not count
    seed: int = 1

    layers: int = 6
    heads: int = 8
    width: int = 256
    context: int = 256
    dropout: float = (
        0.0  # of the embeddings and of what each block writes; a text read many times is learnt by heart else
    )
    taught: float = 0.0  # share of the loss that asks for the distribution of another network (--teacher)

    batch: int = 16  # windows a step
    marked: float = 0.0  # share of the windows that begin with end-of-text, so that attention can learn to rest there
    repeats: float = 0.03  # share of random tokens repeated: induction heads do not grow by then without them
    late_repeats: float = 0.03  # the same share in the second half of the run

    frequent: int = 6144  # the most frequent tokens, always in the softmax
    drawn: int = 1024  # how many of the others stand for all of them, drawn anew at each step
    full_share: float = 0.05  # share of the run, at its end, in which the softmax is over all tokens

    matrix_rate: float = 0.02  # Muon, for the matrices of the blocks
    other_rate: float = 3e-3  # AdamW, for embeddings, norms and biases
    matrix_decay: float = 0.03
    other_decay: float = 0.0
    warm_up: float = 0.02  # share of the run
    last_scale: float = 0.01  # what the cosine falls to
    momentum_steps: int = 300  # over which Muon's momentum rises from 0.85 to 0.95
    clip: float = 1.0
    looks: int = 60  # how many points the curve has; the run is kept at each

    @property
    def tokens_a_step(self) -> int:
        """Return how many targets one step has at most."""
        return self.batch * self.context


FIRST = Recipe()
# For a GPU: many passes over all books. The teacher is too large to be bundled; what it learnt goes into the smaller network,
# which comes out better than by the books alone (Hinton et al. 2015).
TEACHER = Recipe(
    books=(*FIRST.books, "books-more*.txt.gz"),
    minutes=4.7,
    layers=8,
    heads=10,
    width=640,
    dropout=0.2,
    batch=128,
    marked=0.5,
    repeats=0.02,
    late_repeats=0.01,
    full_share=1.0,
    matrix_decay=0.1,
    other_decay=0.03,
    looks=12,
)
TAUGHT = replace(TEACHER, minutes=6.0, layers=8, heads=8, width=384, dropout=0.1, taught=0.7)
RECIPES = {"first": FIRST, "teacher": TEACHER, "taught": TAUGHT}
