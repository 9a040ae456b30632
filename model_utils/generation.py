"""The decoding engine: a batch of lanes, one forward pass per step for all. Axis letters: B lane, T token, V vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from model_utils.errors import InputError
from model_utils.limits import MAX_CACHE_MB, MAX_NEW_TOKENS
from model_utils.policies import CAUSAL, MaskPolicy, stranded
from model_utils.sampling import Luck
from model_utils.steps import Drawn, Step, Stop, draw_tokens, take_steps

if TYPE_CHECKING:
    from model_utils.loading import LoadedModel
    from model_utils.sampling import SamplingSettings

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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """What every column of the whole run may read and where it stands; `width` columns hold the padded prompts.

    Known beforehand, since a row of a mask never changes. Columns behind the end of a lane hold pads that nobody reads.
    """

    width: int
    mask: torch.Tensor  # (B, T) of 0 and 1 where every lane reads causally, else (B, 1, T, T) to be added to the scores
    position_ids: torch.Tensor  # (B, T)

    def columns(self, number: int) -> slice:
        """Return the columns that the forward pass of step `number` reads: the prompts at first, then the newest one."""
        end = self.width + number
        return slice(end - 1 if number else 0, end)

    def mask_at(self, number: int) -> torch.Tensor:
        """Return what step `number` may read: `[B, T so far]`, or `[B, 1, columns, T so far]` to be added."""
        so_far = slice(self.width + number)
        return self.mask[:, so_far] if self.mask.ndim == 2 else self.mask[:, :, self.columns(number), so_far]

    def of(self, rows: torch.Tensor) -> _Plan:
        """Return the plan of some of the lanes."""
        return _Plan(width=self.width, mask=self.mask[rows], position_ids=self.position_ids[rows])


def decode(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> Generator[tuple[Step, ...], None, None]:
    """Yield after each forward pass one Step for every lane that still goes on.

    Prompts are padded on the left, with mask and position ids; each lane reads under its own policy. A lane ends at
    end-of-text, at `max_new_tokens`, or where prompt and new tokens fill the model's context; it then fills with pads
    while the others go on. Whoever iterates may stop between steps. Raises InputError at once for more than
    MAX_NEW_TOKENS, for more keys and values than MAX_CACHE_MB, for a prompt that leaves no room for a single token, or for
    a policy that leaves a token of the text nothing to read (see `policies.stranded`).
    """
    return _decode(loaded, lanes, _plan(loaded, lanes, max_new_tokens), max_new_tokens, take_steps)


def decode_tokens(
    loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int
) -> Generator[tuple[Drawn, ...], None, None]:
    """Yield what `decode` draws, without what its steps saw: sooner, and with nothing to keep."""
    return _decode(loaded, lanes, _plan(loaded, lanes, max_new_tokens), max_new_tokens, draw_tokens)


def cache_megabytes(loaded: LoadedModel, lanes: int, tokens: int) -> float:
    """Return the size in MB (10**6 bytes) of the float32 keys and values of `lanes` texts of `tokens` tokens."""
    return lanes * tokens * 2 * loaded.layers * int(loaded.model.config.n_embd) * 4 / 1e6


def _plan(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> _Plan:
    """Return what a run may read. Raises InputError for one that does not fit."""
    if not 1 <= max_new_tokens <= MAX_NEW_TOKENS:
        raise InputError(f"{max_new_tokens} new tokens do not fit: choose 1 to {MAX_NEW_TOKENS}.")
    for number, lane in enumerate(lanes, start=1):
        if len(lane.prompt) >= loaded.context:
            raise InputError(
                f"Sentence {number} has {len(lane.prompt):,} tokens and this model reads {loaded.context:,} in all, "
                "so nothing can be added: shorten it."
            )
    tokens = max(len(lane.prompt) for lane in lanes) + max_new_tokens
    if (size := cache_megabytes(loaded, len(lanes), tokens)) > MAX_CACHE_MB:
        raise InputError(
            f"{len(lanes)} texts of {tokens:,} tokens need {size:,.0f} MB for their keys and values, and {MAX_CACHE_MB:,} MB "
            "is the limit: ask for fewer texts, samples or new tokens."
        )
    plain = all(lane.policy.plain for lane in lanes)
    return (_plan_causal if plain else _plan_policies)(loaded, lanes, max_new_tokens)


def _decode(
    loaded: LoadedModel, lanes: Sequence[Lane], plan: _Plan, max_new_tokens: int, take: Callable[..., list[D]]
) -> Generator[tuple[D, ...], None, None]:
    input_ids, cache = _prompts(loaded, lanes, plan.width), None  # (B, T) at first, then (B, 1)
    live = list(range(len(lanes)))
    for number in range(max_new_tokens):
        read = _forward if number else _forward_prompts
        logits, cache = read(loaded, lanes, plan, number, input_ids, cache)
        drawn = tuple(
            replace(step, stop=_stop(step, lanes[step.lane], loaded, max_new_tokens))
            for step in _draw(logits, lanes, live, number, take)
        )
        yield drawn
        going = {step.lane: step.token_id for step in drawn if not step.stop}
        if not going:
            return
        live = list(going)
        input_ids = torch.tensor([[going.get(b, _pad_id(loaded))] for b in range(len(lanes))])


def _forward_prompts(
    loaded: LoadedModel, lanes: Sequence[Lane], plan: _Plan, number: int, input_ids: torch.Tensor, cache: Any
) -> tuple[torch.Tensor, Any]:
    """Return what `_forward` does of the prompts, reading once each that several lanes have in common."""
    alike: dict[tuple[tuple[int, ...], MaskPolicy], int] = {}
    shares = [alike.setdefault((lane.prompt, lane.policy), len(alike)) for lane in lanes]
    if len(alike) == len(lanes):
        return _forward(loaded, lanes, plan, number, input_ids, cache)
    once = torch.tensor([shares.index(row) for row in range(len(alike))])
    logits, cache = _forward(loaded, lanes, plan.of(once), number, input_ids[once], cache)
    cache.batch_select_indices(torch.tensor(shares))
    return logits[shares], cache


def _prompts(loaded: LoadedModel, lanes: Sequence[Lane], width: int) -> torch.Tensor:
    """Return the prompts `[B, width]`, padded on the left."""
    ids = torch.full((len(lanes), width), _pad_id(loaded), dtype=torch.long)
    for row, lane in zip(ids, lanes, strict=True):
        row[width - len(lane.prompt) :] = torch.tensor(lane.prompt)
    return ids


def _plan_causal(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> _Plan:
    """Return the plan of lanes that read all that came before: a mask in two dimensions says which columns are pads."""
    width = max(len(lane.prompt) for lane in lanes)
    mask = torch.ones(len(lanes), width + max_new_tokens - 1, dtype=torch.long)  # (B, T)
    for row, lane in zip(mask, lanes, strict=True):
        row[: width - len(lane.prompt)] = 0
    # Only the columns behind a lane that fills the context reach its end.
    return _Plan(width=width, mask=mask, position_ids=(mask.cumsum(-1) - 1).clamp(0, loaded.context - 1))


def _plan_policies(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> _Plan:
    """Return the plan of lanes of which each has its own policy."""
    width = max(len(lane.prompt) for lane in lanes)
    T = width + max_new_tokens - 1
    bias = torch.zeros(len(lanes), 1, T, T)  # (B, 1, Q, K)
    position_ids = torch.zeros(len(lanes), T, dtype=torch.long)
    for b, lane in enumerate(lanes):
        # The last token that is drawn, of those asked for or of those that fit, is never read.
        new = min(max_new_tokens, loaded.context - len(lane.prompt)) - 1
        mask = lane.policy.mask(lane.prompt, new, pads=width - len(lane.prompt))
        if (rows := stranded(mask, len(lane.prompt))).size:
            raise InputError(
                f"Under its mask token {rows[0]} of sentence {b + 1} may read nothing, and its text needs that token: "
                "let it read at least one, such as itself."
            )
        bias[b, :, : width + new, : width + new] = torch.from_numpy(mask.bias()[0])
        position_ids[b, : width + new] = torch.from_numpy(mask.position_ids[0].copy())
    return _Plan(width=width, mask=bias, position_ids=position_ids)


@torch.inference_mode()
def _forward(
    loaded: LoadedModel, _: Sequence[Lane], plan: _Plan, number: int, input_ids: torch.Tensor, cache: Any
) -> tuple[torch.Tensor, Any]:
    """Return the logits `[B, V]` of every lane's next token, in float32, and the grown key-value cache."""
    out = loaded.model(
        input_ids=input_ids,
        attention_mask=plan.mask_at(number),
        position_ids=plan.position_ids[:, plan.columns(number)],
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits: torch.Tensor = out.logits[:, -1].float()
    return logits, out.past_key_values


def _pad_id(loaded: LoadedModel) -> int:
    return int(loaded.model.config.eos_token_id)


def _draw(
    logits: torch.Tensor, lanes: Sequence[Lane], live: Sequence[int], number: int, take: Callable[..., list[D]]
) -> list[D]:
    """Return what each lane that goes on draws, in the order of the lanes; equal settings are filtered together."""
    groups: dict[SamplingSettings, list[int]] = {}
    for b in live:
        groups.setdefault(lanes[b].settings, []).append(b)
    drawn: list[D] = []
    luck = Luck(number, logits.size(-1))
    for settings, members in groups.items():
        samples = [lanes[b].sample for b in members]
        taken = [lanes[b].taken[number] if number < len(lanes[b].taken) else None for b in members]
        drawn += take(logits[members], settings, lanes=members, samples=samples, number=number, taken=taken, luck=luck)
    return sorted(drawn, key=lambda one: one.lane)


def _stop(step: Drawn, lane: Lane, loaded: LoadedModel, max_new_tokens: int) -> Stop:
    """Return why `lane` ends with this step's token; empty when it goes on."""
    if step.token_id == _pad_id(loaded):
        return "end"
    made = step.number + 1
    if made == max_new_tokens:
        return "length"
    return "context" if len(lane.prompt) + made == loaded.context else ""
