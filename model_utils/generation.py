"""The decoding engine: a batch of lanes, one forward pass per step for all. Axis letters: B lane, T token, V vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from model_utils.errors import InputError
from model_utils.limits import MAX_NEW_TOKENS
from model_utils.steps import Step, Stop, take_steps

if TYPE_CHECKING:
    from model_utils.loading import LoadedModel
    from model_utils.sampling import SamplingSettings


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One row of the engine: its prompt as token ids, how it draws, and which of the samples under its seed it is.

    Its text depends on these alone, never on the other rows of the batch.
    """

    prompt: tuple[int, ...]
    settings: SamplingSettings
    sample: int = 0

    def __post_init__(self) -> None:
        if not self.prompt:
            raise InputError("A prompt is empty: it needs at least one token.")


@dataclass(kw_only=True)
class _State:
    """The batch as it grows: what the next forward pass reads."""

    input_ids: torch.Tensor  # (B, T) at first, then (B, 1)
    attention_mask: torch.Tensor  # (B, T so far)
    position_ids: torch.Tensor  # (B, T) at first, then (B, 1)
    lengths: list[int]  # B, real tokens so far
    cache: Any = None  # transformers' key-value cache


def decode(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> Iterator[tuple[Step, ...]]:
    """Yield after each forward pass one Step for every lane that still goes on.

    Prompts are padded on the left, with mask and position ids. A lane ends at end-of-text, at `max_new_tokens`, or where
    prompt and new tokens fill the model's context; it then fills with masked pads while the others go on. Whoever
    iterates may stop between steps. Raises InputError at once for more than MAX_NEW_TOKENS, or for a prompt that leaves
    no room for a single token.
    """
    if not 1 <= max_new_tokens <= MAX_NEW_TOKENS:
        raise InputError(f"{max_new_tokens} new tokens do not fit: choose 1 to {MAX_NEW_TOKENS}.")
    for number, lane in enumerate(lanes, start=1):
        if len(lane.prompt) >= loaded.context:
            raise InputError(
                f"Sentence {number} has {len(lane.prompt):,} tokens and this model reads {loaded.context:,} in all, "
                "so nothing can be added: shorten it."
            )
    return _decode(loaded, lanes, max_new_tokens)


def _decode(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> Iterator[tuple[Step, ...]]:
    state = _first(loaded, lanes)
    live = list(range(len(lanes)))
    for number in range(max_new_tokens):
        steps = tuple(
            replace(step, stop=_stop(step.token_id, state.lengths[step.lane], number, loaded, max_new_tokens))
            for step in _draw(_forward(loaded, state), lanes, live, number)
        )
        yield steps
        drawn = {step.lane: step.token_id for step in steps if not step.stop}
        if not drawn:
            return
        live = list(drawn)
        _grow(state, drawn, loaded)


def _first(loaded: LoadedModel, lanes: Sequence[Lane]) -> _State:
    """Return the prompts as one left-padded batch."""
    width = max(len(lane.prompt) for lane in lanes)
    ids = torch.full((len(lanes), width), _pad_id(loaded), dtype=torch.long)  # (B, T)
    mask = torch.zeros_like(ids)  # (B, T)
    for b, lane in enumerate(lanes):
        ids[b, width - len(lane.prompt) :] = torch.tensor(lane.prompt)
        mask[b, width - len(lane.prompt) :] = 1
    positions = (mask.cumsum(-1) - 1).clamp(min=0)  # (B, T)
    return _State(
        input_ids=ids, attention_mask=mask, position_ids=positions, lengths=[len(lane.prompt) for lane in lanes]
    )


def _grow(state: _State, tokens: dict[int, int], loaded: LoadedModel) -> None:
    """Add a column: the drawn token of each lane that goes on, a masked pad for the others."""
    alive = torch.tensor([[int(b in tokens)] for b in range(len(state.lengths))])  # (B, 1)
    state.input_ids = torch.tensor([[tokens.get(b, _pad_id(loaded))] for b in range(len(state.lengths))])  # (B, 1)
    state.attention_mask = torch.cat([state.attention_mask, alive], dim=-1)  # (B, T so far)
    for b in tokens:
        state.lengths[b] += 1
    state.position_ids = torch.tensor(state.lengths)[:, None] - 1  # (B, 1)


@torch.inference_mode()
def _forward(loaded: LoadedModel, state: _State) -> torch.Tensor:
    """Return the logits `[B, V]` of every lane's next token, in float32, and keep the grown cache."""
    out = loaded.model(
        input_ids=state.input_ids,
        attention_mask=state.attention_mask,
        position_ids=state.position_ids,
        past_key_values=state.cache,
        use_cache=True,
        logits_to_keep=1,
    )
    state.cache = out.past_key_values
    logits: torch.Tensor = out.logits[:, -1].float()
    return logits


def _pad_id(loaded: LoadedModel) -> int:
    return int(loaded.model.config.eos_token_id)


def _draw(logits: torch.Tensor, lanes: Sequence[Lane], live: Sequence[int], number: int) -> list[Step]:
    """Return the Step of each lane that goes on, in the order of the lanes; equal settings are filtered together."""
    groups: dict[SamplingSettings, list[int]] = {}
    for b in live:
        groups.setdefault(lanes[b].settings, []).append(b)
    steps: list[Step] = []
    for settings, members in groups.items():
        samples = [lanes[b].sample for b in members]
        steps += take_steps(logits[members], settings, lanes=members, samples=samples, number=number)
    return sorted(steps, key=lambda step: step.lane)


def _stop(token_id: int, length: int, number: int, loaded: LoadedModel, max_new_tokens: int) -> Stop:
    """Return why a lane ends with this token, its `length` counted before it; empty when it goes on."""
    if token_id == _pad_id(loaded):
        return "end"
    if number + 1 == max_new_tokens:
        return "length"
    return "context" if length + 1 == loaded.context else ""
