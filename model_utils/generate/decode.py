"""The decoding engine: a batch of lanes, one forward pass per step for all. Axis letters: B lane, T token, V vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from model_utils.errors import InputError
from model_utils.generate.filters import StepNoise
from model_utils.generate.mask_policy import CAUSAL, MaskPolicy
from model_utils.generate.plan import Plan, make_plan
from model_utils.generate.step import Drawn, Step, Stop, draw_tokens, take_steps
from model_utils.models.forward import forward

if TYPE_CHECKING:
    from model_utils.generate.filters import SamplingSettings
    from model_utils.models.loading import LoadedModel
    from model_utils.models.prefix_cache import PrefixCache

D = TypeVar("D", bound=Drawn)


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One row of the engine: its prompt as token ids, how it draws, which sample under its seed it is, what it may read.

    Its text depends on these alone, never on the other rows of the batch. `taken` are the tokens of its first steps where
    they were chosen by hand: a branch of another text has that one's beginning and a runner-up behind it.
    """

    prompt: tuple[int, ...]
    settings: SamplingSettings
    sample: int = 0
    policy: MaskPolicy = CAUSAL
    taken: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.prompt:
            raise InputError("A prompt is empty: it needs at least one token.")


def decode(
    loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int, *, prefix_cache: PrefixCache | None = None
) -> Generator[tuple[Step, ...], None, None]:
    """Yield after each forward pass one Step for every lane that still goes on.

    Prompts are padded on the left, with mask and position ids; each lane reads under its own policy. A lane ends at
    end-of-text, at `max_new_tokens`, or where prompt and new tokens fill the model's context; it then fills with pads
    while the others go on. Whoever iterates may stop between steps. Raises InputError at once for more than
    MAX_NEW_TOKENS, for more keys and values than MAX_CACHE_MB, for a prompt that leaves no room for a single token, or for
    a policy that leaves a token of the text nothing to read (see `policies.rows_that_read_nothing`).

    Prompts that `prefix_cache` keeps are not read again, which changes no number.
    """
    return _decode(loaded, lanes, make_plan(loaded, lanes, max_new_tokens), max_new_tokens, take_steps, prefix_cache)


def decode_tokens(
    loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int
) -> Generator[tuple[Drawn, ...], None, None]:
    """Yield what `decode` draws, without what its steps saw: sooner, and with nothing to keep."""
    return _decode(loaded, lanes, make_plan(loaded, lanes, max_new_tokens), max_new_tokens, draw_tokens)


def _decode(
    loaded: LoadedModel,
    lanes: Sequence[Lane],
    plan: Plan,
    max_new_tokens: int,
    take: Callable[..., list[D]],
    prefix_cache: PrefixCache | None = None,
) -> Generator[tuple[D, ...], None, None]:
    logits, cache = _read_prompts(loaded, lanes, plan, prefix_cache)
    live = list(range(len(lanes)))
    for number in range(max_new_tokens):
        drawn = tuple(
            replace(step, stop=_stop(step, lanes[step.lane], loaded, max_new_tokens))
            for step in _draw(logits, lanes, live, number, take)
        )
        yield drawn
        going = {step.lane: step.token_id for step in drawn if not step.stop}
        if not going:
            return
        live = list(going)
        newest = torch.tensor([[going.get(b, loaded.pad_id)] for b in range(len(lanes))])  # (B, 1)
        logits, cache = _forward(loaded, plan, number + 1, newest, cache)


def _read_prompts(
    loaded: LoadedModel, lanes: Sequence[Lane], plan: Plan, prefix_cache: PrefixCache | None
) -> tuple[torch.Tensor, Any]:
    """Return what `_forward` does of the prompts, reading once each that several lanes have in common."""
    alike: dict[tuple[tuple[int, ...], MaskPolicy], int] = {}
    shares = [alike.setdefault((lane.prompt, lane.policy), len(alike)) for lane in lanes]
    once = [shares.index(row) for row in range(len(alike))]

    def read() -> tuple[torch.Tensor, Any]:
        ids = _prompts(loaded, [lanes[row] for row in once], plan.width)  # (B, T)
        return _forward(loaded, plan if len(once) == len(lanes) else plan.of(torch.tensor(once)), 0, ids, None)

    logits, cache = read() if prefix_cache is None else prefix_cache.get(tuple(alike), read)
    if len(once) < len(lanes):
        cache.batch_select_indices(torch.tensor(shares))
        logits = logits[shares]
    return logits, cache


def _prompts(loaded: LoadedModel, lanes: Sequence[Lane], width: int) -> torch.Tensor:
    """Return the prompts `[B, width]`, padded on the left."""
    ids = torch.full((len(lanes), width), loaded.pad_id, dtype=torch.long)
    for row, lane in zip(ids, lanes, strict=True):
        row[width - len(lane.prompt) :] = torch.tensor(lane.prompt)
    return ids


def _forward(
    loaded: LoadedModel, plan: Plan, number: int, input_ids: torch.Tensor, cache: Any
) -> tuple[torch.Tensor, Any]:
    """Return the logits `[B, V]` of every lane's next token, in float32, and the grown key-value cache."""
    positions = plan.position_ids[:, plan.columns(number)]
    out = forward(loaded, input_ids, plan.mask_at(number), positions, logits="last", use_cache=True, cache=cache)
    return out.logits[:, -1].float(), out.cache


def _draw(
    logits: torch.Tensor, lanes: Sequence[Lane], live: Sequence[int], number: int, take: Callable[..., list[D]]
) -> list[D]:
    """Return what each lane that goes on draws, in the order of the lanes; equal settings are filtered together."""
    groups: dict[SamplingSettings, list[int]] = {}
    for b in live:
        groups.setdefault(lanes[b].settings, []).append(b)
    drawn: list[D] = []
    step_noise = StepNoise(number, logits.size(-1))
    for settings, members in groups.items():
        samples = [lanes[b].sample for b in members]
        taken = [lanes[b].taken[number] if number < len(lanes[b].taken) else None for b in members]
        drawn += take(
            logits[members], settings, lanes=members, samples=samples, number=number, taken=taken, step_noise=step_noise
        )
    return sorted(drawn, key=lambda one: one.lane)


def _stop(step: Drawn, lane: Lane, loaded: LoadedModel, max_new_tokens: int) -> Stop:
    """Return why `lane` ends with this step's token; empty when it goes on."""
    if step.token_id in loaded.end_of_text:
        return "end"
    made = step.number + 1
    if made == max_new_tokens:
        return "length"
    return "context" if len(lane.prompt) + made == loaded.context else ""
