"""Our forward pass with attentions against plain transformers, GPT-2 124M in shape with random weights."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from bench.report import Figure, alternate
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.attention import KIND, register
from model_utils.models.forward import forward
from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.tokens.batch import TokenBatch, encode

SENTENCES, TOKENS = 4, 64


def full_size(kind: str) -> GPT2LMHeadModel:
    """Return a model of GPT-2 124M's shape with seeded random weights and the attention `kind`."""
    torch.manual_seed(0)
    config = GPT2Config()
    config._attn_implementation = kind
    return GPT2LMHeadModel(config).eval()


def long_batch(loaded: LoadedModel) -> TokenBatch:
    """Return SENTENCES sentences, the longest of TOKENS tokens, pads on the left."""
    texts = tuple(" the" * (TOKENS - 8 * row) for row in range(SENTENCES))
    return encode(loaded.tokenizer, texts)


def measure() -> Iterator[Figure]:
    """Yield the time of our pass with attentions over that of plain transformers' eager pass with attentions."""
    bundled = load_model(BUNDLED, BUNDLED_FOLDER)
    ours = LoadedModel(entry=BUNDLED, model=full_size(register()), tokenizer=bundled.tokenizer)
    plain = full_size("eager")
    plain.load_state_dict(ours.model.state_dict())
    batch = long_batch(bundled)
    inputs = {
        "input_ids": torch.from_numpy(batch.input_ids.copy()),
        "attention_mask": torch.from_numpy(batch.attention_mask.copy()),
        "position_ids": torch.from_numpy(batch.position_ids.copy()),
    }

    def run_ours() -> None:
        forward(ours, batch.input_ids, build_mask(MaskSpec(), batch), attentions=True)

    @torch.inference_mode()
    def run_plain() -> None:
        plain(**inputs, output_attentions=True, use_cache=False)

    mine, theirs = alternate(run_ours, run_plain, rounds=15)
    yield Figure(
        name=f"forward with attentions, {SENTENCES} x {TOKENS} tokens, {KIND} : transformers",
        value=mine / theirs,
        at_most=1.1,
        detail={"ours_s": mine, "transformers_s": theirs},
    )
