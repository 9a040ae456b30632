"""A training run: steps until its minutes are over, with progress, checkpoints and resuming."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from training import checkpoint
from training.batches import IGNORED, Batches
from training.corpus import NEVER, Corpus
from training.loss import full_loss, sampled_loss, taught_loss
from training.network import Network
from training.optimizers import optimizers, set_rates
from training.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOKED_AT = 48  # held-out windows that the curve is measured on: about 12,000 tokens
STATE_STEPS = 2  # steps whose windows show what the last hidden states are like


def best_device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def narrow_numbers(device: torch.device) -> bool:
    """Return whether this machine multiplies in bf16 faster than in float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def heldout_windows(corpus: Corpus, ids: NDArray[np.int64], context: int, vocabulary: int) -> NDArray[np.int64]:
    """Return windows `[N, context + 1]` spread over a held-out text; `NEVER` where a token is not in the training text."""
    numbers = corpus.renumber(ids, vocabulary)
    places = np.arange(0, len(numbers) - context - 1, context)
    chosen = places[np.linspace(0, len(places) - 1, min(LOOKED_AT, len(places))).astype(int)]
    return np.stack([numbers[place : place + context + 1] for place in chosen])


@dataclass
class Run:
    """A network on its way. `steps()` trains it; everything that the way depends on is kept by `save()`."""

    recipe: Recipe
    corpus: Corpus
    heldout: NDArray[np.int64]  # (N, T + 1)
    folder: Path
    device: torch.device = field(default_factory=best_device)
    compiled: bool = True
    clock: Callable[[], float] = time.perf_counter  # seconds

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.network = Network(self.recipe, len(self.corpus.ids)).to(self.device)
        self.muon, self.adam = optimizers(self.network, self.recipe)
        self.batches = Batches(self.corpus, self.recipe)
        self.drawing = torch.Generator().manual_seed(self.recipe.seed)
        self.teacher: Network | None = None
        self.narrow = narrow_numbers(self.device)
        self.step, self.seconds = 0, 0.0
        self.sampled, self.full, self.taught = sampled_loss, full_loss, taught_loss
        if not (self.device.type == "cuda" or shutil.which("g++") or shutil.which("clang++")):
            self.compiled = False
        if self.compiled:
            for block in self.network.blocks:
                block.compile()
            self.sampled, self.full, self.taught = map(torch.compile, (sampled_loss, full_loss, taught_loss))

    @property
    def done(self) -> float:
        """Return the share of the run that is over."""
        return min(self.seconds / 60 / self.recipe.minutes, 1.0)

    def learn_from(self, folder: Path) -> None:
        """Take the network of another run on the same books as the teacher."""
        state = torch.load(folder / checkpoint.CHECKPOINT, map_location=self.device, weights_only=True)
        self.teacher = Network(Recipe(**state["recipe"]), len(self.corpus.ids)).to(self.device).eval()
        self.teacher.load_state_dict(state["network"])
        if self.compiled:
            for block in self.teacher.blocks:
                block.compile()

    def _hidden(self, network: Network, inputs: torch.Tensor) -> torch.Tensor:
        """Return the last hidden states of all positions in a row, `[B * T, D]`."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.narrow):
            hidden = network(inputs)
        return hidden.flatten(0, 1).to(torch.bfloat16 if self.narrow else torch.float32)

    def _loss(self, inputs: NDArray[np.int64], targets: NDArray[np.int64], *, whole: bool) -> torch.Tensor:
        """Return the mean loss of a batch in nats; `whole` takes it over all tokens."""
        ids, wanted = (torch.from_numpy(array).to(self.device) for array in (inputs, targets.ravel()))
        hidden, embedding = self._hidden(self.network, ids), self.network.tokens.weight
        if self.teacher and self.network.training:
            with torch.no_grad():
                states = self._hidden(self.teacher, ids)
                expected = nn.functional.linear(states, self.teacher.tokens.weight.to(states.dtype))  # (B * T, V)
            return self.taught(hidden, embedding, wanted, expected, self.recipe.taught)
        if whole:
            return self.full(hidden, embedding, wanted)
        recipe = self.recipe
        return self.sampled(
            hidden, embedding, wanted, frequent=recipe.frequent, drawn=recipe.drawn, generator=self.drawing
        )

    def _warm(self) -> None:
        """Compile what a step needs, so that the clock of the run does not count it; the weights stay as they are."""
        kept = self.drawing.get_state()
        self._loss(*self.batches.at(self.step), whole=self.recipe.full_share >= 1).backward()
        self.network.zero_grad(set_to_none=True)
        self.drawing.set_state(kept)

    def _advance(self) -> torch.Tensor:
        """Take one step and return its loss, which is not waited for."""
        inputs, targets = self.batches.at(self.step, late=self.done >= 0.5)
        loss = self._loss(inputs, targets, whole=self.done >= 1 - self.recipe.full_share)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.scale = set_rates(self.muon, self.adam, step=self.step, done=self.done, recipe=self.recipe)
        self.muon.step()
        self.adam.step()
        self.network.zero_grad(set_to_none=True)
        self.step += 1
        return loss.detach()

    @torch.no_grad()
    def heldout_loss(self) -> float:
        """Return the loss on the held-out windows in nats a token."""
        self.network.eval()
        inputs = np.where(self.heldout == NEVER, 0, self.heldout)[:, :-1]
        targets = np.where(self.heldout == NEVER, IGNORED, self.heldout)[:, 1:]
        sums = count = 0.0
        for first in range(0, len(inputs), self.recipe.batch):
            rows = slice(first, first + self.recipe.batch)
            known = int((targets[rows] != IGNORED).sum())
            sums += float(self._loss(inputs[rows], targets[rows], whole=True)) * known
            count += known
        self.network.train()
        return sums / count

    def steps(self, limit: int | None = None) -> Iterator[checkpoint.Point]:
        """Train until the minutes are over, or for `limit` steps; yield a point of the curve each time one is measured."""
        pause, losses, first = self.recipe.minutes * 60 / self.recipe.looks, list[torch.Tensor](), self.step
        next_look = (self.seconds // pause + 1) * pause
        self._warm()
        while self.done < 1 and (limit is None or self.step - first < limit):
            start = self.clock()
            losses.append(self._advance())
            self.seconds += self.clock() - start
            if self.seconds >= next_look or self.done >= 1 or self.step - first == limit:
                yield self._point(losses)
                losses.clear()
                next_look += pause

    def _point(self, losses: list[torch.Tensor]) -> checkpoint.Point:
        """Measure, write and return a point of the curve, and keep the run."""
        point = checkpoint.Point(
            step=self.step,
            minutes=round(self.seconds / 60, 3),
            tokens=self.step * self.recipe.tokens_a_step,
            passes=round(self.batches.passes(self.step), 3),
            rate_scale=round(self.scale, 4),
            train_loss=round(float(torch.stack(losses).mean()), 4),
            heldout_loss=round(self.heldout_loss(), 4),
        )
        checkpoint.add_point(self.folder, point)
        self.save()
        return point

    @torch.no_grad()
    def hidden_states(self) -> torch.Tensor:
        """Return the last hidden states on some training text, `[N, D]`."""
        network = Network(self.recipe, len(self.corpus.ids)).to(self.device).eval()
        network.load_state_dict(self.network.state_dict())
        rows = (torch.from_numpy(self.batches.at(step)[0]).to(self.device) for step in range(STATE_STEPS))
        return torch.cat([network(inputs).flatten(0, 1) for inputs in rows])

    def save(self) -> None:
        """Write the checkpoint."""
        state: dict[str, Any] = {
            "network": self.network.state_dict(),
            "muon": self.muon.state_dict(),
            "adam": self.adam.state_dict(),
            "drawing": self.drawing.get_state(),
            "step": self.step,
            "seconds": self.seconds,
        }
        checkpoint.save(self.folder, self.recipe, state)

    def resume(self) -> bool:
        """Go on from the folder's checkpoint; return whether there was one."""
        state = checkpoint.load(self.folder, self.recipe)
        if state is None:
            return False
        self.network.load_state_dict(state["network"])
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])
        self.drawing.set_state(state["drawing"])
        self.step, self.seconds = state["step"], state["seconds"]
        return True
