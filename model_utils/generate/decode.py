"""The decoding engine: a batch of lanes, one forward pass per step for all. Axis letters: B lane, T token, V vocabulary."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from model_utils.generate.noise import StepNoise
from model_utils.generate.plan import Plan, make_plan
from model_utils.generate.step import Drawn, GroupDraw, Step, Stop, draw_group, record
from model_utils.generate.text_so_far import vocabulary
from model_utils.models.forward import forward

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.lane import Lane
    from model_utils.generate.mask_policy import MaskPolicy
    from model_utils.generate.text_so_far import TextSoFar
    from model_utils.models.loading import LoadedModel
    from model_utils.models.prefix_cache import PrefixCache

D = TypeVar("D", bound=Drawn)

_CORES = torch.get_num_threads()


def decode(
    loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int, *, prefix_cache: PrefixCache | None = None
) -> Generator[tuple[Step, ...], None, None]:
    """Yield after each forward pass one Step for every lane that still goes on.

    Prompts are padded on the left, with mask and position ids; each lane reads under its own policy. A lane ends at
    end-of-text, at `max_new_tokens`, or where prompt and new tokens fill the model's context; it then fills with pads
    while the others go on. Whoever iterates may stop between steps. Raises InputError at once for more than
    MAX_NEW_TOKENS, for more keys and values than MAX_CACHE_MB, for a prompt that leaves no room for a single token, or for
    a policy that leaves a token of the text nothing to read (see `policies.rows_that_read_nothing`).

    Prompts that `prefix_cache` keeps are not read again, which changes no number; a model that runs elsewhere has its own.
    """
    plan = make_plan(loaded, lanes, max_new_tokens)
    if loaded.remote is not None:
        return loaded.remote.stream("decode", lanes, max_new_tokens, cached=prefix_cache is not None)
    return _decode(loaded, lanes, plan, max_new_tokens, _steps, prefix_cache)


def decode_tokens(
    loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int
) -> Generator[tuple[Drawn, ...], None, None]:
    """Yield what `decode` draws, without what its steps saw: sooner, and with nothing to keep."""
    plan = make_plan(loaded, lanes, max_new_tokens)
    if loaded.remote is not None:
        return loaded.remote.stream("decode_tokens", lanes, max_new_tokens)
    return _decode(loaded, lanes, plan, max_new_tokens, _drawn)


def _decode(
    loaded: LoadedModel,
    lanes: Sequence[Lane],
    plan: Plan,
    max_new_tokens: int,
    made_of: Callable[[Sequence[GroupDraw], Mapping[int, int]], list[D]],
    prefix_cache: PrefixCache | None = None,
) -> Generator[tuple[D, ...], None, None]:
    logits, cache = read_prompts(loaded, lanes, plan, prefix_cache)
    # Lanes that go on, each with a number that it shares with those of the same sample that have read the same.
    pasts = dict(enumerate(_numbered((lane.prompt, lane.policy, lane.sample) for lane in lanes)))
    texts = _Texts(loaded, lanes)
    for number in range(max_new_tokens):
        drawn = tuple(
            replace(step, stop=_stop(step, lanes[step.lane], loaded, max_new_tokens))
            for step in sorted(
                made_of(_draw(logits, lanes, texts, list(pasts), number), pasts), key=lambda one: one.lane
            )
        )
        yield drawn
        going = {step.lane: step.token_id for step in drawn if not step.stop}
        texts.grow(going)
        if not going:
            return
        pasts = dict(zip(going, _numbered((pasts[lane], token) for lane, token in going.items()), strict=True))
        newest = torch.tensor([[going.get(b, loaded.pad_id)] for b in range(len(lanes))])  # (B, 1)
        logits, cache = read_columns(loaded, plan, number + 1, newest, cache)


def read_prompts(
    loaded: LoadedModel, lanes: Sequence[Lane], plan: Plan, prefix_cache: PrefixCache | None
) -> tuple[torch.Tensor, Any]:
    """Return what `read_columns` does of the prompts, reading once each that several lanes have in common."""
    alike: dict[tuple[tuple[int, ...], MaskPolicy], int] = {}
    shares = [alike.setdefault((lane.prompt, lane.policy), len(alike)) for lane in lanes]
    once = [shares.index(row) for row in range(len(alike))]

    def read() -> tuple[torch.Tensor, Any]:
        ids = _prompts(loaded, [lanes[row] for row in once], plan.width)  # (B, T)
        return read_columns(loaded, plan if len(once) == len(lanes) else plan.of(torch.tensor(once)), 0, ids, None)

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


def read_columns(
    loaded: LoadedModel, plan: Plan, number: int, input_ids: torch.Tensor, cache: Any
) -> tuple[torch.Tensor, Any]:
    """Return the logits `[B, V]` of every lane's next token, in float32, and the grown key-value cache."""
    positions = plan.position_ids[:, plan.columns(number)]
    out = forward(loaded, input_ids, plan.mask_at(number), positions, logits="last", use_cache=True, cache=cache)
    return out.logits[:, -1].float(), out.cache


def _numbered(keys: Iterable[Hashable]) -> list[int]:
    """Return a number for each key, equal ones for equal keys."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


class _Texts:
    """The texts of the lanes so far, for the processors that look at them."""

    def __init__(self, loaded: LoadedModel, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        self._drawn: list[list[int]] = [[] for _ in lanes]
        self._known = {settings: vocabulary(loaded, settings) for settings in {lane.settings for lane in lanes}}

    def grow(self, tokens: Mapping[int, int]) -> None:
        """Append each lane's new token."""
        for lane, token in tokens.items():
            self._drawn[lane].append(token)

    def of(self, settings: SamplingSettings, members: Sequence[int]) -> list[TextSoFar]:
        """Return the texts of some lanes of equal settings; none where no processor looks at them."""
        if not settings.processors:
            return []
        return [self._known[settings].so_far(self._lanes[b].prompt, self._drawn[b]) for b in members]


def _draw(
    logits: torch.Tensor, lanes: Sequence[Lane], texts: _Texts, live: Sequence[int], number: int
) -> list[GroupDraw]:
    """Return what each lane that goes on draws; equal settings are filtered together."""
    groups: dict[SamplingSettings, list[int]] = {}
    for b in live:
        groups.setdefault(lanes[b].settings, []).append(b)
    step_noise = StepNoise(number, logits.size(-1))
    return [
        draw_group(
            logits[members],
            settings,
            lanes=members,
            samples=[lanes[b].sample for b in members],
            number=number,
            taken=[lanes[b].taken[number] if number < len(lanes[b].taken) else None for b in members],
            step_noise=step_noise,
            texts=texts.of(settings, members),
        )
        for settings, members in groups.items()
    ]


def _drawn(groups: Sequence[GroupDraw], _: Mapping[int, int]) -> list[Drawn]:
    """Return what the lanes of all groups drew."""
    return [one for group in groups for one in group.drawn]


def _steps(groups: Sequence[GroupDraw], pasts: Mapping[int, int]) -> list[Step]:
    """Return the steps of the lanes of all groups, each with what cut the tokens that lanes with the same past drew.

    Why two texts part is asked of the step at which they do, where both have the same past; which of 50,257 tokens the
    other one draws there is known once all have drawn.
    """
    tokens: dict[int, set[int]] = {}
    for one in _drawn(groups, pasts):
        tokens.setdefault(pasts[one.lane], set()).add(one.token_id)
    return [step for group in groups for step in record(group, [tokens[pasts[one.lane]] for one in group.drawn])]


def _stop(step: Drawn, lane: Lane, loaded: LoadedModel, max_new_tokens: int) -> Stop:
    """Return why `lane` ends with this step's token; empty when it goes on."""
    if step.token_id in loaded.end_of_text:
        return "end"
    made = step.number + 1
    if made == max_new_tokens:
        return "length"
    return "context" if len(lane.prompt) + made == loaded.context else ""


def leave_a_core() -> None:
    """Let torch use all cores but one in the calling thread from now on, where there are several.

    A decoding step reads every weight once and gains little from the last core; the page that shows its word needs it.
    """
    fewer = max(_CORES - 1, 1)
    if torch.get_num_threads() <= fewer:
        return
    torch.set_num_threads(fewer)
    # torch hands the number on to threads that begin to work later; set again in another thread, it is theirs as before.
    # One that begins between the two calls keeps the smaller number: it is slower, and nothing else.
    other = threading.Thread(target=torch.set_num_threads, args=(_CORES,))
    other.start()
    other.join()
