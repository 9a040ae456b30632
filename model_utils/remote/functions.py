"""What replicas compute, by name: a closed list, each with the model that it is of."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from model_utils.generate.beam_search.beams import beam_rows, beam_search
from model_utils.generate.decode import decode, decode_tokens
from model_utils.generate.needs import decoding_needs
from model_utils.job_queue import too_much
from model_utils.limits import RUNS_SHARE
from model_utils.models.forward import ForwardPass, forward, head_outputs, output_logits
from model_utils.models.memory import free_mb

if TYPE_CHECKING:
    import torch

    from model_utils.generate.beam_search.beam_settings import BeamSettings
    from model_utils.generate.beam_search.beams import BeamStep
    from model_utils.generate.lane import Lane
    from model_utils.generate.step import Drawn, Step
    from model_utils.models.attention import LayerTrace
    from model_utils.models.loading import LoadedModel


def _forward(
    loaded: LoadedModel,
    given: Mapping[str, torch.Tensor],
    logits: Literal["all", "last", "none"] | Sequence[Sequence[int]],
    attentions: bool,
    traced: bool,
) -> tuple[ForwardPass, list[LayerTrace]]:
    layers: list[LayerTrace] = []
    out = forward(
        loaded,
        given["input_ids"],
        given.get("attention_mask"),
        given.get("position_ids"),
        logits=logits,
        attentions=attentions,
        trace=layers if traced else None,
    )
    return out, layers


def _decode(
    loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int, *, cached: bool
) -> Generator[tuple[Step, ...], None, None]:
    _check_room(loaded, lanes, max_new_tokens)
    return decode(loaded, lanes, max_new_tokens, prefix_cache=loaded.prefix_cache if cached else None)


def _decode_tokens(
    loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int
) -> Generator[tuple[Drawn, ...], None, None]:
    _check_room(loaded, lanes, max_new_tokens)
    return decode_tokens(loaded, lanes, max_new_tokens)


def _beam_search(
    loaded: LoadedModel, lanes: Sequence[Lane], beams: BeamSettings, max_new_tokens: int
) -> Generator[tuple[BeamStep, ...], None, None]:
    _check_room(loaded, beam_rows(lanes, beams), max_new_tokens)
    return beam_search(loaded, lanes, beams, max_new_tokens)


def _check_room(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> None:
    """Raise InputError where decoding would take more memory than this computer has to give."""
    needs, room = decoding_needs([(loaded, lanes)], max_new_tokens), RUNS_SHARE * free_mb()
    if needs.megabytes > room:
        raise too_much(needs, room)


COMPUTED: Mapping[str, Callable[..., Any]] = {
    "forward": _forward,
    "output_logits": output_logits,
    "head_outputs": head_outputs,
}
STREAMED: Mapping[str, Callable[..., Generator[Any, None, None]]] = {
    "decode": _decode,
    "decode_tokens": _decode_tokens,
    "beam_search": _beam_search,
}
