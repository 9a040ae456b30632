"""GPT-2's network in the form that trains fast. B batch, T token, H heads, D width, V vocabulary."""

from __future__ import annotations

import math

import torch
from torch import nn

from training.recipe import Recipe

SMALL_WIDTH = 768  # the width at which GPT-2 draws its matrices with a standard deviation of 0.02


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Return causal attention, `[B, H, T, D / H]`; on a CPU spelled out, which compiled takes half the time of torch's own."""
    if q.is_cuda:
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    later = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool).triu(1)
    scores = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).masked_fill(later, -math.inf)  # (B, H, T, T)
    return scores.softmax(-1).to(v.dtype) @ v


class Block(nn.Module):
    """One block of GPT-2: attention, then the perceptron, each on the normalised residual stream (Radford et al. 2019).

    Queries, keys and values have a matrix each, because Muon makes the update of each matrix orthogonal on its own.
    """

    def __init__(self, *, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the residual stream after this block, `[B, T, D]`."""
        B, T, D = x.shape
        weight = torch.cat([self.query.weight, self.key.weight, self.value.weight])  # (3 D, D)
        bias = torch.cat([self.query.bias, self.key.bias, self.value.bias])  # (3 D,)
        parts = nn.functional.linear(self.norm_1(x), weight, bias).view(B, T, 3, self.heads, D // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # (B, H, T, D / H) each
        mixed = attend(q, k, v)  # (B, H, T, D / H)
        x = x + self.dropout(self.out(mixed.transpose(1, 2).reshape(B, T, D)))
        return x + self.dropout(self.down(nn.functional.gelu(self.up(self.norm_2(x)), approximate="tanh")))


class Network(nn.Module):
    """GPT-2 without dropout of attention weights; the token embedding is the output matrix too."""

    def __init__(self, recipe: Recipe, vocabulary: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, recipe.width)
        self.positions = nn.Embedding(recipe.context, recipe.width)
        self.dropout = nn.Dropout(recipe.dropout)
        self.blocks = nn.ModuleList(
            Block(width=recipe.width, heads=recipe.heads, dropout=recipe.dropout) for _ in range(recipe.layers)
        )
        self.norm = nn.LayerNorm(recipe.width)
        self._draw(recipe)

    @torch.no_grad()
    def _draw(self, recipe: Recipe) -> None:
        """Draw the first weights as GPT-2 does: what writes into the residual stream is smaller the more blocks there are."""
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.01)
        std = 0.02 * math.sqrt(SMALL_WIDTH / recipe.width)
        for name, weight in self.blocks.named_parameters():
            if name.endswith("bias"):
                weight.zero_()
            elif weight.ndim == 2:
                into_stream = name.split(".")[1] in ("out", "down")
                nn.init.normal_(weight, std=std / math.sqrt(2 * recipe.layers) if into_stream else std)

    def matrices(self) -> list[nn.Parameter]:
        """Return the matrices of the blocks: what Muon trains."""
        return [weight for weight in self.blocks.parameters() if weight.ndim == 2]

    def others(self) -> list[nn.Parameter]:
        """Return embeddings, biases and norms: what AdamW trains."""
        chosen = {id(weight) for weight in self.matrices()}
        return [weight for weight in self.parameters() if id(weight) not in chosen]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the last hidden states, `[B, T, D]`; times the token embedding they are the logits."""
        x = self.dropout(self.tokens(ids) + self.positions.weight[: ids.shape[1]])
        for block in self.blocks:
            x = block(x)
        return self.norm(x)
