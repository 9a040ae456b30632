"""The network that trains is transformers' GPT-2 under other names."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import GPT2LMHeadModel

from tests.training.conftest import SMALL
from training.convert import to_gpt2
from training.export import config
from training.network import Network


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    network = Network(SMALL, 100)
    with torch.no_grad():  # biases and norms begin as zeros and ones, which would hide a wrong place
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.05)
    return network


def test_its_logits_are_those_of_transformers(network):
    network.eval()
    theirs = GPT2LMHeadModel(config(SMALL, 100)).eval()
    weights = to_gpt2(network.state_dict(), SMALL.layers)
    missing, unexpected = theirs.load_state_dict(weights, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"], [])
    ids = torch.randint(100, (3, 20), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        ours = network(ids) @ network.tokens.weight.T
        torch.testing.assert_close(ours, theirs(input_ids=ids).logits, atol=2e-5, rtol=1e-4)


def test_muon_gets_the_matrices_of_the_blocks_and_adamw_all_else(network):
    matrices, others = network.matrices(), network.others()
    assert len(matrices) == 6 * SMALL.layers
    assert {id(weight) for weight in matrices} | {id(weight) for weight in others} == set(map(id, network.parameters()))
    assert all(weight is not network.tokens.weight for weight in matrices)


def test_the_first_weights_of_what_writes_into_the_stream_are_smaller():
    torch.manual_seed(0)
    block = Network(SMALL, 100).blocks[0]
    up, down = (weight.detach().std() for weight in (block.up.weight, block.down.weight))
    assert float(up / down) == pytest.approx((2 * SMALL.layers) ** 0.5, rel=0.05)


def test_dropout_changes_what_is_trained_on_and_nothing_that_is_measured():
    network = Network(replace(SMALL, dropout=0.5), 100)
    ids = torch.arange(12).view(2, 6)
    with torch.inference_mode():
        assert not torch.allclose(network(ids), network(ids))
        network.eval()
        assert torch.equal(network(ids), network(ids))
