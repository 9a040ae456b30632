"""The receptive field, computed from the mask alone, equals the influence that a changed word is measured to have."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2Model

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.masks.patterns import PATTERNS
from model_utils.masks.receptive_field import NEVER, receptive_field
from model_utils.tokens.batch import TokenBatch, encode

LAYERS = 3


@pytest.fixture(scope="module")
def small() -> GPT2Model:
    """Return a GPT-2 of 3 layers in double precision, its random weights large enough for influence to reach far."""
    torch.manual_seed(0)
    config = GPT2Config(n_layer=LAYERS, n_head=2, n_embd=16, vocab_size=8, n_positions=64, attn_implementation="eager")
    model = GPT2Model(config).double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model


@torch.inference_mode()
def influence(model: GPT2Model, spec: MaskSpec, batch: TokenBatch) -> np.ndarray:
    """Return `[Q, K]`: whether the output of row q changes when the embedding of token k does."""
    mask, T, at = build_mask(spec, batch), batch.size[1], spec.sentence
    noise = torch.Generator().manual_seed(1)
    words = torch.randn(T, 16, generator=noise, dtype=torch.float64)
    changed = words.repeat(T + 1, 1, 1)  # (T + 1, T, 16): the last one stays as it is
    changed[torch.arange(T), torch.arange(T)] += torch.randn(T, 16, generator=noise, dtype=torch.float64)
    out = model(
        inputs_embeds=changed,
        attention_mask=torch.from_numpy(mask.bias()[at : at + 1]).double().expand(T + 1, -1, -1, -1),
        position_ids=torch.from_numpy(mask.position_ids[at : at + 1].copy()).expand(T + 1, -1),
        use_cache=False,
    ).last_hidden_state
    moved = (out[:-1] - out[-1]).abs().amax(-1)  # (K, Q)
    assert not ((moved > 1e-12) & (moved < 1e-9)).any(), "no difference may be too small to tell from rounding"
    return (moved > 1e-10).numpy().T


def sentences(tiny, lengths: list[int], side: str) -> TokenBatch:
    text = " a b c<|endoftext|> d e f g h i j k l"
    ids = tiny.tokenizer(text)["input_ids"]
    return encode(tiny.tokenizer, tuple(tiny.tokenizer.decode(ids[:n]) for n in lengths), side=side)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "spec",
    [
        MaskSpec(),
        MaskSpec(pattern="bidirectional"),
        MaskSpec(pattern="prefix", first=3),
        MaskSpec(pattern="window", width=2),
        MaskSpec(pattern="window", width=3, padding=False),
        MaskSpec(pattern="sink", width=2, first=1),
        MaskSpec(pattern="documents"),
        MaskSpec(pattern="window", width=2, weights={2: 0.0, 4: 0.3}),
        MaskSpec(cells=frozenset({(5, 2), (6, 2), (3, 3)})),
        MaskSpec(cells=frozenset({(0, 0)})),
    ],
    ids=lambda spec: f"{spec.pattern} {spec.width} {spec.weights} {spec.cells}",
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_receptive_field_equals_measured_influence(tiny, small, spec, side) -> None:
    batch = sentences(tiny, [8, 11], side)
    np.testing.assert_array_equal(
        receptive_field(build_mask(spec, batch), 0, LAYERS) != NEVER, influence(small, spec, batch)
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nothing_outside_the_receptive_field_of_a_row_changes_its_output(tiny, small, data) -> None:
    length = data.draw(st.integers(1, 9))
    token = st.integers(0, length - 1)
    spec = MaskSpec(
        pattern=data.draw(st.sampled_from(sorted(PATTERNS))),
        width=data.draw(st.integers(1, 5)),
        first=data.draw(st.integers(0, 4)),
        padding=data.draw(st.booleans()),
        weights=data.draw(st.dictionaries(token, st.sampled_from([0.0, 0.5, 1.0]), max_size=3)),
        cells=data.draw(st.frozensets(st.tuples(token, token), max_size=4)),
    )
    batch = sentences(tiny, [length, data.draw(st.integers(1, 9))], data.draw(st.sampled_from(["left", "right"])))
    never = receptive_field(build_mask(spec, batch), 0, LAYERS) == NEVER
    assert not (influence(small, spec, batch) & never).any()


def test_under_a_window_news_travels_width_minus_one_places_a_layer(tiny) -> None:
    batch = encode(tiny.tokenizer, (" a" * 9,))
    after = receptive_field(build_mask(MaskSpec(pattern="window", width=3), batch), 0, LAYERS)
    assert after[8].tolist() == [NEVER, NEVER, 3, 3, 2, 2, 1, 1, 0]
    assert after[1].tolist() == [1, 0, *[NEVER] * 7]


def test_a_row_keeps_its_own_token_even_when_it_may_not_read_it(tiny) -> None:
    batch = encode(tiny.tokenizer, (" a b c",))
    after = receptive_field(build_mask(MaskSpec(weights={1: 0.0}), batch), 0, LAYERS)
    assert after.tolist() == [[0, NEVER, NEVER], [1, 0, NEVER], [1, NEVER, 0]]


def test_a_row_that_may_read_nothing_hears_everything_and_hands_it_on(tiny) -> None:
    batch = encode(tiny.tokenizer, (" a b c",))
    after = receptive_field(build_mask(MaskSpec(cells=frozenset({(0, 0)})), batch), 0, LAYERS)
    assert after.tolist() == [[0, 1, 1], [1, 0, 2], [1, 1, 0]]
