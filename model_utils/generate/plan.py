"""What the lanes of a run may read at every step, settled beforehand. Axis letters: B lane, T token, Q query, K key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from model_utils.errors import InputError
from model_utils.generate.mask_policy import rows_that_read_nothing
from model_utils.limits import MAX_CACHE_MB, MAX_NEW_TOKENS

if TYPE_CHECKING:
    from model_utils.generate.lane import Lane
    from model_utils.models.loading import LoadedModel


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
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

    def of(self, rows: torch.Tensor) -> Plan:
        """Return the plan of some of the lanes."""
        return Plan(width=self.width, mask=self.mask[rows], position_ids=self.position_ids[rows])


def cache_megabytes(loaded: LoadedModel, lanes: int, tokens: int) -> float:
    """Return the size in MB (10**6 bytes) of the float32 keys and values of `lanes` texts of `tokens` tokens."""
    return lanes * tokens * 2 * loaded.layers * loaded.width * 4 / 1e6


def check_cache(parts: Sequence[tuple[LoadedModel, Sequence[Lane]]], max_new_tokens: int) -> None:
    """Raise InputError when keys and values of all lanes, of each model its own, need more than MAX_CACHE_MB together."""
    longest = [max(len(lane.prompt) for lane in lanes) + max_new_tokens for _, lanes in parts]
    size = sum(
        cache_megabytes(loaded, len(lanes), tokens) for (loaded, lanes), tokens in zip(parts, longest, strict=True)
    )
    if size > MAX_CACHE_MB:
        texts = sum(len(lanes) for _, lanes in parts)
        asked = f"{texts} {'text' if texts == 1 else 'texts'} of {max(longest):,} tokens"
        raise InputError(
            f"{asked}{' by both models' if len(parts) > 1 else ''} need {size:,.0f} MB for their keys and values, and "
            f"{MAX_CACHE_MB:,} MB is the limit: ask for fewer texts, samples, beams or new tokens."
        )


def make_plan(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> Plan:
    """Return what a run may read. Raises InputError for one that does not fit."""
    if not 1 <= max_new_tokens <= MAX_NEW_TOKENS:
        raise InputError(f"{max_new_tokens} new tokens do not fit: choose 1 to {MAX_NEW_TOKENS}.")
    one_prompt = len({lane.prompt for lane in lanes}) == 1
    for number, lane in enumerate(lanes):
        if len(lane.prompt) >= loaded.context:
            raise InputError(
                f"{'The prompt' if one_prompt else f'Prompt {number}'} has {len(lane.prompt):,} tokens and this model "
                f"reads {loaded.context:,} in all, so nothing can be added: shorten it."
            )
    check_cache([(loaded, lanes)], max_new_tokens)
    plain = all(lane.policy.plain for lane in lanes)
    return (_causal if plain else _under_policies)(loaded, lanes, max_new_tokens)


def _causal(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> Plan:
    """Return the plan of lanes that read all that came before: a mask in two dimensions says which columns are pads."""
    width = max(len(lane.prompt) for lane in lanes)
    mask = torch.ones(len(lanes), width + max_new_tokens - 1, dtype=torch.long)  # (B, T)
    for row, lane in zip(mask, lanes, strict=True):
        row[: width - len(lane.prompt)] = 0
    # Only the columns behind a lane that fills the context reach its end.
    return Plan(width=width, mask=mask, position_ids=(mask.cumsum(-1) - 1).clamp(0, loaded.context - 1))


def _under_policies(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> Plan:
    """Return the plan of lanes of which each has its own policy."""
    width = max(len(lane.prompt) for lane in lanes)
    T = width + max_new_tokens - 1
    bias = torch.zeros(len(lanes), 1, T, T)  # (B, 1, Q, K)
    position_ids = torch.zeros(len(lanes), T, dtype=torch.long)
    for b, lane in enumerate(lanes):
        # The last token that is drawn, of those asked for or of those that fit, is never read.
        new = min(max_new_tokens, loaded.context - len(lane.prompt)) - 1
        mask = lane.policy.mask(lane.prompt, new, pads=width - len(lane.prompt))
        if (rows := rows_that_read_nothing(mask, len(lane.prompt))).size:
            raise InputError(
                f"Under its mask token {rows[0]} of prompt {b} may read nothing, and its text needs that token: "
                "let it read at least one, such as itself."
            )
        bias[b, :, : width + new, : width + new] = torch.from_numpy(mask.bias()[0])
        position_ids[b, : width + new] = torch.from_numpy(mask.position_ids[0].copy())
    return Plan(width=width, mask=bias, position_ids=position_ids)
