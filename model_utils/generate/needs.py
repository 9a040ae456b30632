"""What decoding takes, told beforehand. Axis letters: B lane, T token, V vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.generate.plan import cache_megabytes
from model_utils.job_queue import Needs

if TYPE_CHECKING:
    from model_utils.generate.lane import Lane
    from model_utils.models.loading import LoadedModel

# Arrays [B, V] of float32 that live at once in a step: logits of the pass and of each group of lanes, tempered and filtered
# scores, what cut each token, and what a group takes while it is filtered, recorded and drawn.
_STEP_ARRAYS = 8
# kB of the record of one step of one lane, at most.
_STEP_KB = 3
# Memory between being freed and going back to the system, as a share of what is used: 336 MB were taken where 230 are.
_SLACK = 1.5


def decoding_needs(parts: Sequence[tuple[LoadedModel, Sequence[Lane]]], max_new_tokens: int) -> Needs:
    """Return what decoding `max_new_tokens` of all lanes takes, of each model its own.

    Of a model that runs elsewhere, only the records of the steps are here.
    """
    operations = megabytes = records = 0.0
    for loaded, lanes in parts:
        B, vocabulary = len(lanes), loaded.entry.vocabulary
        longest = max(len(lane.prompt) for lane in lanes)
        T = longest + max_new_tokens
        reading = {(lane.prompt, lane.policy) for lane in lanes}  # those that lanes have in common are read once
        tokens = sum(len(prompt) for prompt, _ in reading) + B * max_new_tokens
        operations += 2.0 * loaded.parameters * tokens
        records += B * max_new_tokens * _STEP_KB / 1e3
        if loaded.remote is not None:
            continue
        masks = 0 if all(lane.policy.plain for lane in lanes) else B * T * T * 4 / 1e6
        # While the prompts are read, each layer's scores and the wider states of its MLP.
        read = len(reading) * longest * (3 * loaded.heads * longest + 8 * loaded.width) * 4 / 1e6
        step = B * vocabulary * _STEP_ARRAYS * 4 / 1e6
        megabytes += cache_megabytes(loaded, B, T) + masks + max(read, step)
    return Needs(operations=operations, megabytes=_SLACK * megabytes + records, made_megabytes=records)
