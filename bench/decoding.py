"""The decoding engine against transformers' own `generate`, GPT-2 124M in shape with random weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from transformers import GPT2LMHeadModel

from bench.forward import full_size
from bench.report import Figure, alternate
from model_utils.compare import kp_plane
from model_utils.compare.settings import parse
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.beam_search.beam_tree import beam_tree
from model_utils.generate.beam_search.beams import beam_search
from model_utils.generate.decode import decode, decode_tokens
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.tokens.batch import END_OF_TEXT_ID, encode

NEW, ROUNDS = 40, 5
EIGHT = "t0;k2;k50;p0.9;t0.7,p0.9;t1;m0.1;k50,p0.95"
TEXTS = ("It will rain in the", "I want to eat a big bowl of", "My dog is", "He shook his")


def measure() -> Iterator[Figure]:
    """Yield the engine's time over that of `generate`: many settings at once, the same batch, and the plane of k and p."""
    bundled = load_model(BUNDLED, BUNDLED_FOLDER)
    model = full_size("sdpa")
    # Random weights hardly ever end a text; were one to, the two ways would do unequal work.
    model.lm_head.weight.data[END_OF_TEXT_ID] = -1.0
    loaded = LoadedModel(entry=BUNDLED, model=model, tokenizer=bundled.tokenizer)
    yield _settings(loaded)
    yield from _batch(loaded)
    yield _beams(loaded)
    yield _planes(loaded)


def _settings(loaded: LoadedModel) -> Figure:
    """Return how much sooner eight settings are compared in one batch than by eight calls of `generate`."""
    rows = [row.seeded(0) for row in parse(EIGHT)]
    ids = tuple(loaded.tokenizer(TEXTS[1])["input_ids"])
    lanes = [Lane(prompt=ids, settings=settings) for settings in rows]

    def together() -> None:
        for _ in decode(loaded, lanes, NEW):
            pass

    def apart() -> None:
        for settings in rows:
            _generate(loaded.model, torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.long), settings)

    ours, theirs = alternate(together, apart, rounds=ROUNDS)
    return Figure(
        name=f"8 settings, {NEW} tokens: 8 calls of generate : one batch, steps recorded",
        value=theirs / ours,
        at_least=2.5,
        detail={"one_batch_s": ours, "eight_calls_s": theirs},
    )


def _batch(loaded: LoadedModel) -> Iterator[Figure]:
    """Yield the engine's time over that of one `generate` of the same batch, without a record of the steps and with it."""
    batch, settings = encode(loaded.tokenizer, TEXTS), SamplingSettings()
    lanes = [Lane(prompt=tuple(token.id for token in row), settings=settings) for row in batch.tokens]
    ids, mask = torch.tensor(batch.input_ids), torch.tensor(batch.attention_mask)

    def bare() -> None:
        for _ in decode_tokens(loaded, lanes, NEW):
            pass

    def recorded() -> None:
        for _ in decode(loaded, lanes, NEW):
            pass

    def generated() -> None:
        _generate(loaded.model, ids, mask, settings)

    without, with_record, theirs = alternate(bare, recorded, generated, rounds=ROUNDS)
    for name, ours, most in (("without a record", without, 1.1), ("steps recorded", with_record, 1.3)):
        yield Figure(
            name=f"{len(TEXTS)} sentences, {NEW} tokens, {name}: engine : generate",
            value=ours / theirs,
            at_most=most,
            detail={"engine_s": ours, "generate_s": theirs},
        )


def _beams(loaded: LoadedModel) -> Figure:
    """Return the time of a beam search whose steps are recorded and drawn as a tree over that of `generate`."""
    ids = tuple(loaded.tokenizer(TEXTS[1])["input_ids"])
    lane, beams = Lane(prompt=ids, settings=SamplingSettings(temperature=0.0)), BeamSettings(num_beams=4)

    def searched() -> None:
        beam_tree([step for (step,) in beam_search(loaded, [lane], beams, NEW)])

    def generated() -> None:
        loaded.model.generate(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=NEW,
            num_beams=beams.num_beams,
            do_sample=False,
            pad_token_id=END_OF_TEXT_ID,
        )

    ours, theirs = alternate(searched, generated, rounds=ROUNDS)
    return Figure(
        name=f"{beams.num_beams} beams, {NEW} tokens, tree recorded: engine : generate",
        value=ours / theirs,
        at_most=1.15,
        detail={"engine_s": ours, "generate_s": theirs},
    )


def _generate(
    model: GPT2LMHeadModel, ids: torch.Tensor, mask: torch.Tensor, settings: SamplingSettings
) -> torch.Tensor:
    sampled = (
        {"do_sample": False}
        if settings.greedy
        else {
            "do_sample": True,
            "temperature": settings.temperature,
            "top_k": settings.top_k,
            "top_p": settings.top_p,
            "min_p": settings.min_p or None,
        }
    )
    return model.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=NEW,
        min_new_tokens=NEW,
        pad_token_id=END_OF_TEXT_ID,
        **sampled,
    )


def _planes(loaded: LoadedModel) -> Figure:
    """Return the time of the plane of 50 x 50 settings, all surfaces, over its bound of 20 ms."""
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([[40, 765]])).logits[0, -1].numpy()
    ks, ps = kp_plane.axis_k(len(logits), 60)[-50:], kp_plane.axis_p()
    noise = np.random.default_rng(0).gumbel(size=len(logits))

    def planes() -> None:
        ranked = kp_plane.rank(logits)
        kept = kp_plane.kept_tokens(ranked, ks, ps)
        kp_plane.kept_mass(ranked, kept)
        kp_plane.entropy(ranked, kept)
        kp_plane.drawn_ranks(ranked, logits, 1.0, noise)[kept - 1]

    (seconds,) = alternate(planes, rounds=20)
    return Figure(
        name=f"surfaces and fortune map of {len(ps)} x {len(ks)} settings after the forward pass : 20 ms",
        value=seconds / 0.02,
        at_most=1.0,
        detail={"planes_s": seconds},
    )
