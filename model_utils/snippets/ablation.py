"""The lines of transformers code that reproduce the pictures of hidden and softened words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import indent
from typing import TYPE_CHECKING

from model_utils.experiments.ablation_curve import orders
from model_utils.snippets.masks import given_lines, hand_constants, hand_lines, pattern_lines
from model_utils.snippets.setup import preamble

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.registry import ModelEntry
    from model_utils.tokens.batch import TokenBatch
    from model_utils.tokens.words import Word

_REPORT = """
with torch.inference_mode():  # the sentence alone, under the causal mask alone
    before = model(input_ids=tokens[real.bool()][None]).logits[0, -1].double().softmax(-1)
after = run(WEIGHTS, CELLS)[0]
for name, row in ("before", before), ("after", after):
    top, words = row.topk(5)
    print(name, [(tokenizer.decode([word]), round(chance, 6)) for word, chance in zip(words.tolist(), top.tolist())])
    print("entropy in bits", round(float(-(row * row.clamp(min=1e-300).log2()).sum()), 6))
print("total variation", round(float((before - after).abs().sum() / 2), 6))
"""


def hiding_code(entry: ModelEntry, batch: TokenBatch, spec: MaskSpec) -> str:
    """Return the lines that print the next words of the sentence of `spec` before and after its masks."""
    return f"{_run_lines(entry, batch, spec, hand_constants(spec))}{_REPORT}"


def _run_lines(entry: ModelEntry, batch: TokenBatch, spec: MaskSpec, constants: str) -> str:
    """Return the lines that define `run(weights, cells)`: the next word's probabilities, and the attention that makes them.

    The sentence runs alone, unless the padding mask is off: then its pads are read, and its row needs them.
    """
    texts = batch.texts
    if spec.padding:
        texts, spec = (batch.texts[spec.sentence],), replace(spec, sentence=0)
    body = (
        f"masked = visible.clone()\n{hand_lines('masked', 'weights', 'cells')}{given_lines(spec, 'masked', 'weights')}"
    )
    return (
        f"{pattern_lines(entry, texts, spec, batch.side, constants)}"
        "last = first + int(real.sum()) - 1  # the row that predicts the next word\n"
        "\n\n"
        "def run(weights, cells):\n"
        f"{indent(body + _RUN, '    ')}\n"
    )


def softening_code(entry: ModelEntry, text: str, tokens: Sequence[int], weight: float, *, layer: int, head: int) -> str:
    """Return the lines that print the last row of one head with `weight` on `tokens`, under each kind of mask."""
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"SENTENCE, TOKENS, WEIGHT = {text!r}, {list(tokens)!r}, {weight!r}\n"
        f"LAYER, HEAD = {layer}, {head}\n"
        'ids = tokenizer(SENTENCE, return_tensors="pt", add_special_tokens=False)["input_ids"]\n'
        "T, LOWEST = ids.shape[1], torch.finfo(torch.float32).min\n"
        "causal = torch.full((T, T), LOWEST).triu(1)[None, None]\n"
        "flat = torch.ones(1, T)\n"
        "flat[0, TOKENS] = WEIGHT\n"
        "masks = {\n"
        '    "none": causal,\n'
        '    "today": flat,  # a 2-D mask: transformers makes it a boolean\n'
        '    "formula": torch.where(causal == 0, (1 - flat) * LOWEST, causal),  # of older releases\n'
        '    "log": torch.where(causal == 0, flat.log().clamp(min=LOWEST), causal),\n'
        "}\n"
        "positions = torch.arange(T)[None]\n"
        "for kind, mask in masks.items():\n"
        "    with torch.inference_mode():\n"
        "        out = model(input_ids=ids, attention_mask=mask, position_ids=positions, output_attentions=True)\n"
        '    print(kind, " ".join(f"{share:.6f}" for share in out.attentions[LAYER][0, HEAD, -1].tolist()))\n'
    )


def attention_vs_ablation_code(
    entry: ModelEntry, batch: TokenBatch, spec: MaskSpec, words: Sequence[Sequence[int]]
) -> str:
    """Return the lines that print for each word its attention in the last row and the change when it is hidden.

    `words` are the tokens of each word; `spec` must have its padding mask on: the sentence runs alone.
    """
    constants = f"WORDS = {[tuple(word) for word in words]!r}  # the tokens of each word\n{hand_constants(spec)}"
    return f"{_run_lines(entry, batch, spec, constants)}{_ATTENTION_VS_ABLATION}"


def ablation_curve_code(entry: ModelEntry, batch: TokenBatch, spec: MaskSpec, words: Sequence[Word]) -> str:
    """Return the lines that print change and entropy as more and more `words` are hidden, from either end.

    `spec` must have its padding mask on: the sentence runs alone.
    """
    hidden = {end: [list(word.tokens) for word in order] for end, order in orders(words, spec).items()}
    order = f"ORDERS = {hidden!r}  # the tokens of the words, in the order in which they are hidden\n"
    return f"{_run_lines(entry, batch, spec, order + hand_constants(spec))}{_ABLATION_CURVE}"


_RUN = """with torch.inference_mode():
    out = model(input_ids=tokens[None], attention_mask=added, position_ids=positions[None], output_attentions=True)
attention = torch.stack(out.attentions)[:, 0, :, last]  # [layers, heads, T]
return out.logits[0, last].double().softmax(-1), attention.mean((0, 1))
"""

_ATTENTION_VS_ABLATION = """
before, attention = run(WEIGHTS, CELLS)
for word in WORDS:
    after, _ = run({**WEIGHTS, **dict.fromkeys(word, 0.0)}, CELLS)
    name = tokenizer.decode(tokens[list(word)])
    print(repr(name), f"{float(attention[list(word)].sum()):.6f} {float((before - after).abs().sum() / 2):.6f}")
"""

_ABLATION_CURVE = """
before, _ = run(WEIGHTS, CELLS)
for end, order in ORDERS.items():
    for n in range(len(order) + 1):
        after, _ = run({**WEIGHTS, **{token: 0.0 for word in order[:n] for token in word}}, CELLS)
        bits = float(-(after * after.clamp(min=1e-300).log2()).sum())
        print(end, n, f"{float((before - after).abs().sum() / 2):.6f} {bits:.6f}")
"""
