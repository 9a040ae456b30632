"""The lines of transformers code that show one head, measure all, find one by a cell, make many one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from model_utils.snippets.masks import given_lines, mask_lines
from model_utils.snippets.setup import batch_lines, preamble, sentences_lines

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.registry import ModelEntry

Part = Literal["measures", "find", "together"]


def heads_code(entry: ModelEntry, texts: Sequence[str], *, side: str, sentence: int, layer: int, head: int) -> str:
    """Return the lines that print one head's weights `[T, T]` on one sentence of the batch, nan where blocked."""
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"{sentences_lines(texts)}"
        f"SENTENCE, LAYER, HEAD = {sentence}, {layer}, {head}\n"
        f"{batch_lines(side)}"
        "positions = (mask.cumsum(-1) - 1).clamp(min=0) * mask  # forward() would count the pads too\n"
        "with torch.inference_mode():\n"
        "    out = model(input_ids=ids, attention_mask=mask, position_ids=positions, output_attentions=True)\n"
        "weights = out.attentions[LAYER][SENTENCE, HEAD]  # rows are queries, columns are keys\n"
        "\n"
        "visible = torch.ones_like(weights).tril().bool() & mask[SENTENCE].bool()  # not later, not padding\n"
        'weights = weights.masked_fill(~visible, float("nan"))\n'
        "for row in weights.tolist():\n"
        '    print(" ".join(f"{weight:.6f}" for weight in row))\n'
    )


def many_code(
    entry: ModelEntry,
    texts: Sequence[str],
    spec: MaskSpec,
    *,
    side: str,
    part: Part,
    query: int = -1,
    key: int = 0,
    layer: int = 0,
) -> str:
    """Return the lines that print one `part` of what Heads says of all heads, on the sentence of `spec` and under it.

    `find` ranks heads by the weight of token `key` in row `query`, real tokens from 0; `together` prints the mean of
    `layer`, of all heads, and rollout up to `layer`.
    """
    asked = {"measures": "", "find": f"QUERY, KEY = {query}, {key}\n", "together": f"LAYER = {layer}\n"}[part]
    tail = {"measures": _MEASURES, "find": _FIND, "together": _TOGETHER}[part]
    return f"{mask_lines(entry, texts, spec, side)}{asked}{given_lines(spec)}{_RUN}{tail}"


_RUN = """with torch.inference_mode():
    out = model(
        input_ids=ids[SENTENCE][None], attention_mask=added, position_ids=positions[None], output_attentions=True,
        output_hidden_states=True,
    )
weights = torch.stack(out.attentions)[:, 0]  # (layers, heads, T, T)
words = slice(first, first + int(real.sum()))
"""

_MEASURES = """
w, reads, tokens = weights[:, :, words, words].double(), visible[words, words] > 0, ids[SENTENCE, words]
n = len(tokens)
place = torch.arange(n)
rows = reads.any(-1) & (place >= min(2, max(1, n - 1)))  # where the token before, the first and itself are three
copies = (tokens[:, None] == tokens[None, :]).tril(-1)
followers = torch.zeros_like(copies)
followers[:, 1:] = copies[:, :-1]
same, after = copies & reads, followers.tril(-1) & reads
mixes = w[:, :, rows] / w[:, :, rows].sum(-1, keepdim=True)
found = {
    "previous": w.diagonal(-1, 2, 3)[..., rows[1:]].mean(-1),
    "first": w[:, :, rows, 0].mean(-1),
    "itself": w.diagonal(0, 2, 3)[..., rows].mean(-1),
    "same": (w * same).sum((-1, -2)) / same.any(-1).sum(),
    "induction": (w * after).sum((-1, -2)) / after.any(-1).sum(),
    "entropy_bits": (torch.special.entr(mixes).sum(-1) / torch.tensor(2.0).log()).mean(-1),
    "distance_tokens": (mixes * (place[rows][:, None] - place[None, :]).abs()).sum(-1).mean(-1),
    "leak": (w[:, :, reads.any(-1)] * (place[None, :] > place[reads.any(-1)][:, None])).sum((-1, -2)) / reads.any(-1).sum(),
}
for layer in range(w.shape[0]):
    for head in range(w.shape[1]):
        print(layer, head, " ".join(f"{name}={value[layer, head]:.6f}" for name, value in found.items()))
"""

_FIND = """
at, of = words.start + QUERY % int(real.sum()), words.start + KEY % int(real.sum())
H, W = model.config.n_head, model.config.n_embd // model.config.n_head
lines = []
for layer, block in enumerate(model.transformer.h):
    with torch.inference_mode():
        value = block.attn.c_attn(block.ln_1(out.hidden_states[layer]))[0, of, 2 * H * W :].view(H, 1, W)
        given = (value @ block.attn.c_proj.weight.view(H, W, -1)).norm(dim=-1)[:, 0]  # what each head would hand on
    for head in range(H):
        weight = float(weights[layer, head, at, of])
        lines.append((weight, layer, head, weight * float(given[head])))
for weight, layer, head, contribution in sorted(lines, key=lambda line: (-line[0], line[1], line[2])):
    print(layer, head, f"weight={weight:.6f} contribution={contribution:.6f}")
"""

_TOGETHER = """
means = weights.mean(1)  # (layers, T, T)
rolled = torch.eye(means.shape[-1])
for mean in means[: LAYER + 1]:
    mixed = mean + torch.eye(len(mean))  # half for what the residual stream keeps
    rolled = (mixed / mixed.sum(-1, keepdim=True)) @ rolled
for name, matrix in (("layer", means[LAYER]), ("all heads", means.mean(0)), ("rollout", rolled)):
    print(name)
    for row in matrix.tolist():
        print(" ".join(f"{cell:.6f}" for cell in row))
"""
