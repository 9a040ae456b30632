"""Cross entropy of the next token, over the whole vocabulary or over a part that stands for it. N: targets, V: vocabulary."""

from __future__ import annotations

import math

import torch
from torch import nn

from training.batches import IGNORED


def full_loss(hidden: torch.Tensor, embedding: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy in nats of `targets[N]`, from hidden states `[N, D]` and the embedding `[V, D]`."""
    logits = nn.functional.linear(hidden, embedding.to(hidden.dtype)).float()  # (N, V)
    return nn.functional.cross_entropy(logits, targets, ignore_index=IGNORED)


def taught_loss(
    hidden: torch.Tensor, embedding: torch.Tensor, targets: torch.Tensor, expected: torch.Tensor, share: float
) -> torch.Tensor:
    """Return `full_loss` mixed with the cross entropy of what a teacher expects.

    `expected[N, V]` are the teacher's logits, `share` is how much of the loss is theirs (Hinton et al. 2015, at
    temperature 1).
    """
    logits = nn.functional.linear(hidden, embedding.to(hidden.dtype)).float()  # (N, V)
    known = targets != IGNORED
    own = logits.gather(1, torch.where(known, targets, 0)[:, None]).squeeze(1)  # (N,)
    theirs = (expected.float().softmax(-1) * logits).sum(-1)  # (N,)
    each = logits.logsumexp(-1) - (1 - share) * own - share * theirs
    return torch.where(known, each, 0.0).sum() / known.sum()


def sampled_loss(
    hidden: torch.Tensor,
    embedding: torch.Tensor,
    targets: torch.Tensor,
    *,
    frequent: int,
    drawn: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return an estimate of `full_loss` that costs a fraction of it.

    The first `frequent` tokens count in full. `drawn` of the others, drawn evenly, stand for all of them: each is raised
    by log(others / drawn), which makes the sum over all tokens right on average (importance sampling; Jean et al. 2015,
    section 3). The target always counts exactly, once.
    """
    others = len(embedding) - frequent
    if others <= drawn:
        return full_loss(hidden, embedding, targets)
    picked = frequent + torch.randint(others, (drawn,), generator=generator).to(targets.device)
    shown = torch.cat([torch.arange(frequent, device=targets.device), picked])  # (frequent + drawn,)
    raised = torch.where(shown < frequent, 0.0, math.log(others / drawn))
    return _cross_entropy(hidden, embedding, targets, shown=shown, raised=raised)


def _cross_entropy(
    hidden: torch.Tensor,
    embedding: torch.Tensor,
    targets: torch.Tensor,
    *,
    shown: torch.Tensor,
    raised: torch.Tensor,
) -> torch.Tensor:
    """Return the mean cross entropy of `targets[N]` against the tokens `shown`, whose logits are `raised`."""
    known = targets != IGNORED
    safe = torch.where(known, targets, 0)
    own = (hidden * nn.functional.embedding(safe, embedding).to(hidden.dtype)).float().sum(-1)  # (N,)
    logits = nn.functional.linear(hidden, nn.functional.embedding(shown, embedding).to(hidden.dtype)).float() + raised
    others = torch.where(shown == safe[:, None], -math.inf, logits).logsumexp(-1)  # (N,), without the target
    return torch.where(known, torch.logaddexp(others, own) - own, 0.0).sum() / known.sum()
