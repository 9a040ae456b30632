"""The lines of transformers code that take one row of one head apart, and that grade every word of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.snippets.masks import given_lines, mask_lines

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.registry import ModelEntry

_FILLS = {"min": "torch.finfo(torch.float32).min", "-10000": "-10000.0", "-inf": 'float("-inf")'}
FILL_VALUES = "{" + ", ".join(f'"{name}": {value}' for name, value in _FILLS.items()) + "}"


def row_code(
    entry: ModelEntry,
    texts: Sequence[str],
    spec: MaskSpec,
    *,
    side: str,
    layer: int,
    head: int,
    query: int,
    fill: str = "min",
) -> str:
    """Return the lines that print column `query`'s row of one head, a line per key: score, masked score, exp, weight.

    Then the head's output, and how far the weights are from the model's own (0 under the fill `min`).
    """
    lines = head_lines(entry, texts, spec, side=side, layer=layer, head=head)
    return f"{lines}\nQUERY, FILL = {query}, {_FILLS[fill]}{_ROW}"


def head_lines(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str, layer: int, head: int) -> str:
    """Return the lines that catch one head at work: `visible`, `scores` `[T, T]`, its `v`, and the model's own `out`."""
    scaling = " * width**-0.5" if entry.scale_attn_weights else ""
    scaling += " / (LAYER + 1)" if entry.scale_attn_by_inverse_layer_idx else ""
    lines = f"{mask_lines(entry, texts, spec, side)}LAYER, HEAD = {layer}, {head}\n{given_lines(spec)}{_HEAD}"
    return f"{lines}scores = q @ k.T{scaling}  # every pair, later words and pads too\n"


def loss_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str) -> str:
    """Return the lines that print the loss of each word in nats and transformers' own mean, pads and first word left out."""
    return f"{mask_lines(entry, texts, spec, side)}{given_lines(spec)}{_LOSS}"


_HEAD = """caught = {}
block = model.transformer.h[LAYER].attn
block.c_attn.register_forward_hook(lambda module, given, made: caught.update(qkv=made))
with torch.inference_mode():
    out = model(
        input_ids=ids[SENTENCE][None], attention_mask=added, position_ids=positions[None], output_attentions=True
    )
width = model.config.n_embd // model.config.n_head
q, k, v = (part[0, :, HEAD * width : (HEAD + 1) * width] for part in caught["qkv"].split(model.config.n_embd, -1))
"""

_ROW = """
masked = scores + torch.where(visible > 0, visible.log(), FILL)
weights = masked.softmax(-1)
exp = (masked[QUERY] - masked[QUERY].max()).exp()  # less the largest, so that nothing overflows
for place in range(T):
    numbers = scores[QUERY, place], masked[QUERY, place], exp[place], weights[QUERY, place]
    print("key", place, *(f"{float(number):.6g}" for number in numbers))
print("output", [round(number, 6) for number in (weights[QUERY] @ v).tolist()])
print("apart", float((weights[QUERY] - out.attentions[LAYER][0, HEAD, QUERY]).abs().max()))
"""

_LOSS = """labels = ids[SENTENCE].masked_fill(~real, -100)  # pads are left out
labels[first] = -100  # and a first word, which nothing stands before
with torch.inference_mode():
    out = model(
        input_ids=ids[SENTENCE][None], attention_mask=added, position_ids=positions[None], labels=labels[None]
    )
nats = torch.nn.functional.cross_entropy(out.logits[0, :-1], ids[SENTENCE, 1:], reduction="none")
for place in range(1, T):
    if labels[place] != -100:
        print("loss", repr(tokenizer.decode([int(ids[SENTENCE, place])])), f"{float(nats[place - 1]):.6f}")
print("mean", f"{float(out.loss):.6f}")
"""
