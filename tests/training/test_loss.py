"""The losses against sums by hand; the sampled one stands for the full one."""

from __future__ import annotations

import math

import pytest
import torch

from training.batches import IGNORED
from training.loss import full_loss, sampled_loss, taught_loss


def parts(words: int = 40, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    hidden, embedding = (torch.randn(size, 8, generator=generator) for size in (6, words))
    return hidden, embedding, torch.tensor([0, 3, IGNORED, 9, 25, 39])


def test_the_full_loss_is_cross_entropy_over_all_tokens_that_count():
    hidden, embedding, targets = parts()
    probabilities = (hidden @ embedding.T).double().softmax(-1)
    by_hand = -torch.stack([probabilities[n, t].log() for n, t in enumerate(targets) if t != IGNORED]).mean()
    assert float(full_loss(hidden, embedding, targets)) == pytest.approx(float(by_hand), rel=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_taught_loss_mixes_the_targets_with_the_distribution_of_the_teacher(share):
    hidden, embedding, targets = parts()
    expected = torch.randn(6, 40, generator=torch.Generator().manual_seed(3))
    loss = taught_loss(hidden, embedding, targets, expected, share)
    logs, wanted = (hidden @ embedding.T).double().log_softmax(-1), expected.double().softmax(-1)
    each = [
        -(1 - share) * float(logs[n, t]) - share * float((wanted[n] * logs[n]).sum())
        for n, t in enumerate(targets)
        if t != IGNORED
    ]
    assert float(loss) == pytest.approx(sum(each) / len(each), rel=1e-5)


def test_few_tokens_need_no_sampling():
    hidden, embedding, targets = parts()
    loss = sampled_loss(hidden, embedding, targets, frequent=10, drawn=30, generator=torch.Generator())
    assert float(loss) == float(full_loss(hidden, embedding, targets))


def test_one_draw_equals_the_sum_by_hand():
    hidden, embedding, targets = parts()
    drawn = 10 + torch.randint(30, (8,), generator=torch.Generator().manual_seed(5))
    loss = sampled_loss(hidden, embedding, targets, frequent=10, drawn=8, generator=torch.Generator().manual_seed(5))
    losses = []
    for state, target in zip(hidden, targets, strict=True):
        if target == IGNORED:
            continue
        logits = (embedding @ state).double()
        sum_ = math.exp(logits[target])
        sum_ += sum(math.exp(logits[n]) for n in range(10) if n != target)
        sum_ += sum(math.exp(logits[n]) * 30 / 8 for n in drawn.tolist() if n != target)
        losses.append(math.log(sum_) - float(logits[target]))
    assert float(loss) == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_on_average_over_draws_it_is_near_the_full_loss():
    hidden, embedding, targets = parts(words=400)
    draws = torch.Generator().manual_seed(0)
    found = [
        float(sampled_loss(hidden, embedding * 0.3, targets, frequent=40, drawn=90, generator=draws))
        for _ in range(300)
    ]
    assert sum(found) / 300 == pytest.approx(float(full_loss(hidden, embedding * 0.3, targets)), abs=0.02)


def test_gradients_reach_hidden_states_and_every_token_that_took_part():
    hidden, embedding, targets = parts()
    hidden.requires_grad_()
    embedding.requires_grad_()
    sampled_loss(
        hidden, embedding, targets, frequent=10, drawn=8, generator=torch.Generator().manual_seed(5)
    ).backward()
    moved = embedding.grad.abs().sum(1) > 0
    assert moved[:10].all()
    assert moved[39]
    assert not moved.all()
    assert (hidden.grad[2] == 0).all()
