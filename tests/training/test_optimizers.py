"""The schedule of a run."""

from __future__ import annotations

import pytest
import torch

from tests.training.conftest import SMALL
from training.network import Network
from training.optimizers import optimizers, rate_scale, set_rates


def test_rates_rise_from_nothing_then_fall_along_a_cosine():
    assert rate_scale(0.0, SMALL) == 0.0
    assert rate_scale(0.01, SMALL) == pytest.approx(0.5)
    assert rate_scale(0.02, SMALL) == pytest.approx(1.0)
    assert rate_scale(0.51, SMALL) == pytest.approx((1 + 0.01) / 2)
    assert rate_scale(1.0, SMALL) == pytest.approx(0.01)


def test_both_optimisers_follow_the_schedule_and_momentum_rises():
    muon, adam = optimizers(Network(SMALL, 50), SMALL)
    assert set_rates(muon, adam, step=150, done=0.51, recipe=SMALL) == pytest.approx(0.505)
    assert muon.param_groups[0]["lr"] == pytest.approx(0.02 * 0.505)
    assert adam.param_groups[0]["lr"] == pytest.approx(3e-3 * 0.505)
    assert muon.param_groups[0]["momentum"] == pytest.approx(0.90)
    set_rates(muon, adam, step=9999, done=1.0, recipe=SMALL)
    assert muon.param_groups[0]["momentum"] == pytest.approx(0.95)


def test_muon_moves_a_matrix_by_a_nearly_orthogonal_step():
    torch.manual_seed(0)
    network = Network(SMALL, 50)
    muon, adam = optimizers(network, SMALL)
    set_rates(muon, adam, step=0, done=0.02, recipe=SMALL)
    matrix = network.blocks[0].query.weight
    before = matrix.detach().clone()
    matrix.grad = torch.randn_like(matrix)
    muon.step()
    moved = before * (1 - SMALL.matrix_rate * SMALL.matrix_decay) - matrix.detach()
    sizes = torch.linalg.svdvals(moved / SMALL.matrix_rate)
    # Five iterations bring all but the very smallest into the neighbourhood of 1 (Jordan et al. 2024).
    assert 0.6 < sizes[-2] < sizes[0] < 1.3
