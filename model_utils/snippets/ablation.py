"""The lines of transformers code that reproduce the pictures of hidden and softened words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.experiments.ablation import without_hand
from model_utils.experiments.ablation_curve import orders
from model_utils.snippets.setup import preamble
from model_utils.tokens.batch import END_OF_TEXT_ID

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.registry import ModelEntry
    from model_utils.tokens.batch import TokenBatch
    from model_utils.tokens.words import Word

_CHANCES = """

def chances(visible, positions):
    bias = visible.log().clamp(min=torch.finfo(torch.float32).min)  # log(w) multiplies a key's weight by w
    with torch.inference_mode():
        out = model(input_ids=ids, attention_mask=bias[None, None], position_ids=positions[None])
    return out.logits[0, LAST].double().softmax(-1)

"""

_REPORT = """
for name, row in ("before", before), ("after", after):
    top, words = row.topk(5)
    print(name, [(tokenizer.decode([word]), round(chance, 6)) for word, chance in zip(words.tolist(), top.tolist())])
    print("entropy in bits", round(float(-(row * row.clamp(min=1e-300).log2()).sum()), 6))
print("total variation", round(float((before - after).abs().sum() / 2), 6))
"""


def hiding_code(entry: ModelEntry, batch: TokenBatch, spec: MaskSpec) -> str:
    """Return the lines that print the next words of the sentence of `spec` before and after its hand mask."""
    return (
        f"{preamble(entry)}\n"
        f"{_ids(batch, spec)}"
        f"WEIGHTS = {dict(spec.pairs)!r}  # token: 0 hidden, 1 visible, between softened\n"
        f"CELLS = {sorted(spec.cells)!r}  # single blocked (query, key) cells\n"
        "\n"
        f"{_pattern(spec)}"
        f"{_CHANCES}\n"
        "masked = visible.clone()\n"
        "for token, weight in WEIGHTS.items():\n"
        "    masked[:, START + token] *= weight\n"
        "for query, key in CELLS:\n"
        "    masked[START + query, START + key] = 0\n"
        f"{_closing(spec)}"
        "before, after = chances(visible, positions), chances(masked, moved)\n"
        f"{_REPORT}"
    )


def _ids(batch: TokenBatch, spec: MaskSpec) -> str:
    """Return the lines that make `ids`, `real`, START and LAST: of the sentence alone, or of its padded row."""
    b = spec.sentence
    if spec.padding:
        return (
            f"SENTENCE = {batch.texts[b]!r}\n"
            'ids = tokenizer(SENTENCE, return_tensors="pt")["input_ids"]\n'
            "real = torch.ones_like(ids[0])\n"
            "START, LAST = 0, ids.shape[1] - 1\n"
        )
    return (
        f"# The padded row of {batch.texts[b]!r}; without a padding mask its pads are read.\n"
        f"ids = torch.tensor([{batch.input_ids[b].tolist()}])\n"
        f"real = torch.tensor({batch.attention_mask[b].tolist()})\n"
        f"START, LAST = {batch.first(b)}, {batch.last(b)}\n"
    )


def _pattern(spec: MaskSpec) -> str:
    """Return the lines that make `visible[query, key]` and `positions` before any word is hidden."""
    lines = ["T = ids.shape[1]", "visible = torch.ones(T, T).tril()"]
    if spec.pattern == "bidirectional":
        lines = ["T = ids.shape[1]", "visible = torch.ones(T, T)"]
    elif spec.pattern == "prefix":
        lines.append(f"visible[: START + {spec.first}, : START + {spec.first}] = 1")
    elif spec.pattern in {"window", "sink"}:
        lines.append(f"visible = visible.triu({1 - spec.width})")
        if spec.pattern == "sink":
            lines.append(f"sink = slice(START, START + {spec.first})")
            lines.append("visible[:, sink] = torch.ones(T, T).tril()[:, sink]")
    elif spec.pattern == "documents":
        lines.append(f"document = ((ids[0] == {END_OF_TEXT_ID}) & (real == 1)).cumsum(0)")
        lines.append("visible *= document[:, None] == document[None, :]")
    lines.append("positions = (real.cumsum(0) - 1).clamp(min=0) * real")
    if spec.pattern == "documents":
        lines += _restart("positions")
    return "\n".join(lines) + "\n"


def _closing(spec: MaskSpec) -> str:
    """Return the lines that make `moved`, the positions under the mask."""
    if spec.gap == "hole":
        return "moved = positions  # a hole: hidden words keep their places\n"
    lines = [
        "counted = real.clone()",
        "for token, weight in WEIGHTS.items():",
        "    counted[START + token] *= weight > 0",
        "moved = (counted.cumsum(0) - 1).clamp(min=0) * real  # the gap is closed, as generate() does",
    ]
    if spec.pattern == "documents":
        lines += _restart("moved")
    return "\n".join(lines) + "\n"


def _restart(name: str) -> list[str]:
    return [
        "for number in document[real == 1].unique():",
        "    inside = (real == 1) & (document == number)",
        f"    {name}[inside] -= {name}[inside].min()",
    ]


def softening_code(entry: ModelEntry, text: str, tokens: Sequence[int], weight: float, *, layer: int, head: int) -> str:
    """Return the lines that print the last row of one head with `weight` on `tokens`, in the three ways it is meant."""
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"SENTENCE, TOKENS, WEIGHT = {text!r}, {list(tokens)!r}, {weight!r}\n"
        f"LAYER, HEAD = {layer}, {head}\n"
        'ids = tokenizer(SENTENCE, return_tensors="pt")["input_ids"]\n'
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
        "for way, mask in masks.items():\n"
        "    with torch.inference_mode():\n"
        "        out = model(input_ids=ids, attention_mask=mask, position_ids=positions, output_attentions=True)\n"
        '    print(way, " ".join(f"{share:.6f}" for share in out.attentions[LAYER][0, HEAD, -1].tolist()))\n'
    )


def sweep_code(entry: ModelEntry, batch: TokenBatch, spec: MaskSpec, words: Sequence[Sequence[int]]) -> str:
    """Return the lines that print for each word its attention in the last row and the change when it is hidden.

    `words` are the tokens of each word; `spec` must have its padding mask on: the sentence runs alone.
    """
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"{_ids(batch, spec)}"
        f"WORDS = {[tuple(word) for word in words]!r}  # the tokens of each word\n"
        f"WEIGHTS = {dict(spec.pairs)!r}  # token: 0 hidden, 1 visible, between softened\n"
        f"CELLS = {sorted(spec.cells)!r}  # single blocked (query, key) cells\n"
        "\n"
        f"{_pattern(spec)}\n"
        f"{_SWEEP_HEAD}"
        f"{_indented(_closing(spec).replace('WEIGHTS', 'weights'))}"
        f"{_SWEEP_RUN}{_SWEEP_BODY}"
    )


def trade_off_code(entry: ModelEntry, batch: TokenBatch, spec: MaskSpec, words: Sequence[Word]) -> str:
    """Return the lines that print change and entropy as more and more `words` are hidden, from either end.

    `spec` must have its padding mask on: the sentence runs alone.
    """
    shown = without_hand(spec)
    hidden = {end: [list(word.tokens) for word in order] for end, order in orders(words).items()}
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"{_ids(batch, spec)}"
        f"ORDERS = {hidden!r}  # the tokens of the words, in the order in which they are hidden\n"
        "CELLS = []\n"
        "\n"
        f"{_pattern(shown)}\n"
        f"{_SWEEP_HEAD}"
        f"{_indented(_closing(shown).replace('WEIGHTS', 'weights'))}"
        f"{_SWEEP_RUN}{_TRADE_OFF_BODY}"
    )


def _indented(lines: str) -> str:
    return "".join(f"    {line}\n" for line in lines.splitlines())


_SWEEP_HEAD = """
def run(weights):
    masked = visible.clone()
    for token, weight in weights.items():
        masked[:, token] *= weight
    for query, key in CELLS:
        masked[query, key] = 0
"""

_SWEEP_RUN = """    bias = masked.log().clamp(min=torch.finfo(torch.float32).min)
    with torch.inference_mode():
        out = model(
            input_ids=ids, attention_mask=bias[None, None], position_ids=moved[None], output_attentions=True
        )
    return out.logits[0, -1].double().softmax(-1), torch.stack(out.attentions)[:, 0, :, -1].mean((0, 1))

"""

_SWEEP_BODY = """

before, attention = run(WEIGHTS)
for word in WORDS:
    after, _ = run({**WEIGHTS, **dict.fromkeys(word, 0.0)})
    name = tokenizer.decode(ids[0, list(word)])
    print(repr(name), f"{float(attention[list(word)].sum()):.6f} {float((before - after).abs().sum() / 2):.6f}")
"""

_TRADE_OFF_BODY = """

before, _ = run({})
for end, order in ORDERS.items():
    for n in range(len(order) + 1):
        after, _ = run({token: 0.0 for word in order[:n] for token in word})
        bits = float(-(after * after.clamp(min=1e-300).log2()).sum())
        print(end, n, f"{float((before - after).abs().sum() / 2):.6f} {bits:.6f}")
"""
