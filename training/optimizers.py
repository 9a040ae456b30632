"""The two optimisers of a run and the schedule of their rates."""

from __future__ import annotations

import math

import torch

from training.network import Network
from training.recipe import Recipe

FIRST_MOMENTUM, LAST_MOMENTUM = 0.85, 0.95


def optimizers(network: Network, recipe: Recipe) -> tuple[torch.optim.Muon, torch.optim.AdamW]:
    """Return Muon for the matrices of the blocks (Jordan et al. 2024) and AdamW for all else."""
    muon = torch.optim.Muon(
        network.matrices(),
        lr=recipe.matrix_rate,
        momentum=FIRST_MOMENTUM,
        weight_decay=recipe.matrix_decay,
        adjust_lr_fn="original",
    )
    adam = torch.optim.AdamW(
        network.others(), lr=recipe.other_rate, betas=(0.9, 0.95), eps=1e-6, weight_decay=recipe.other_decay, fused=True
    )
    return muon, adam


def rate_scale(done: float, recipe: Recipe) -> float:
    """Return what all rates are multiplied by when a share `done` of the run is over: a rise, then a cosine down."""
    if done < recipe.warm_up:
        return done / recipe.warm_up
    over = min((done - recipe.warm_up) / (1 - recipe.warm_up), 1.0)
    return recipe.last_scale + (1 - recipe.last_scale) * (1 + math.cos(math.pi * over)) / 2


def set_rates(muon: torch.optim.Muon, adam: torch.optim.AdamW, *, step: int, done: float, recipe: Recipe) -> float:
    """Set both optimisers' rates and Muon's momentum for a step and return the scale of the rates."""
    scale = rate_scale(done, recipe)
    rise = min(step / recipe.momentum_steps, 1.0)
    muon.param_groups[0]["lr"] = recipe.matrix_rate * scale
    muon.param_groups[0]["momentum"] = FIRST_MOMENTUM + (LAST_MOMENTUM - FIRST_MOMENTUM) * rise
    adam.param_groups[0]["lr"] = recipe.other_rate * scale
    return scale
