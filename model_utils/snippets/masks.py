"""The lines of transformers code that build a mask of any pattern, show it, and run the model under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.snippets.setup import preamble

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.registry import ModelEntry

_PATTERNS = {
    "causal": "pattern = key <= query",
    "bidirectional": "pattern = torch.ones(T, T).bool()",
    "prefix": "pattern = (key <= query) | ((query < first + FIRST) & (key < first + FIRST))",
    "window": "pattern = (key <= query) & (query - key < WIDTH)",
    "sink": (
        "pattern = (key <= query) & ((query - key < WIDTH) | ((key >= first) & (key < first + FIRST)))  "
        "# first tokens plus window"
    ),
    "documents": (
        "document = ((ids[SENTENCE] == tokenizer.eos_token_id) & real).cumsum(0)\n"
        "pattern = (key <= query) & (document[:, None] == document)  # an end-of-text token opens a new one"
    ),
}


def mask_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str) -> str:
    """Return the lines that print what each row of the sentence sees, its next words, its tokens' surprise."""
    return f'{mask_lines(entry, texts, spec, side)}print("visible", visible.tolist())\n{given_lines(spec)}{_RUN}'


def reach_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str) -> str:
    """Return the lines that print after how many layers each row of the sentence has heard of each token; -1 = never."""
    return f"{mask_lines(entry, texts, spec, side)}{_REACH}"


def head_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str, layer: int, head: int) -> str:
    """Return the lines that print one head's weights `[T, T]` on the sentence of `spec`, under it, nan where blocked."""
    return f"{mask_lines(entry, texts, spec, side)}LAYER, HEAD = {layer}, {head}\n{given_lines(spec)}{_HEAD}"


def mask_lines(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, side: str) -> str:
    """Return the lines that build `visible[T, T]` of `spec`: causes are combined before anything is added to a score."""
    sentences = "".join(f"    {text!r},\n" for text in texts)
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"SENTENCES = [\n{sentences}]\n"
        f"SENTENCE, WIDTH, FIRST = {spec.sentence}, {spec.width}, {spec.first}\n"
        f"WEIGHTS = {dict(spec.pairs)!r}  # real token of the sentence: its weight, 0 hides it\n"
        f"CELLS = {sorted(spec.cells)!r}  # single blocked cells: row that reads, token that is read\n"
        f'tokenizer.padding_side = "{side}"\n'
        "tokenizer.pad_token = tokenizer.eos_token  # GPT-2 has no pad token of its own\n"
        "\n"
        'batch = tokenizer(SENTENCES, return_tensors="pt", padding=True)\n'
        'ids, mask = batch["input_ids"], batch["attention_mask"]\n'
        "real = mask[SENTENCE].bool()\n"
        "first, T = int(real.int().argmax()), ids.shape[1]\n"
        "query, key = torch.arange(T)[:, None], torch.arange(T)[None, :]\n"
        f"{_PATTERNS[spec.pattern]}\n"
        f"visible = (pattern{' & real' if spec.padding else ''}).float()\n"
        "for token, weight in WEIGHTS.items():\n"
        "    visible[:, first + token] *= weight\n"
        "for reader, token in CELLS:\n"
        "    visible[first + reader, first + token] = 0\n"
    )


_RUN = """with torch.inference_mode():
    logits = model(input_ids=ids[SENTENCE][None], attention_mask=added, position_ids=positions[None]).logits[0]
last = first + int(real.sum()) - 1
chances, words = logits[last].softmax(-1).topk(5)
for word, chance in zip(words.tolist(), chances.tolist()):
    print("next", repr(tokenizer.decode([word])), f"{chance:.6f}")
for place in range(first + 1, last + 1):
    bits = -logits[place - 1].double().log_softmax(-1)[ids[SENTENCE, place]] / torch.tensor(2.0).log()
    print("bits", repr(tokenizer.decode([int(ids[SENTENCE, place])])), f"{bits:.4f}")
"""

_HEAD = """with torch.inference_mode():
    out = model(
        input_ids=ids[SENTENCE][None], attention_mask=added, position_ids=positions[None], output_attentions=True
    )
weights = out.attentions[LAYER][0, HEAD]  # rows are queries, columns are keys
for row in weights.masked_fill(visible == 0, float("nan")).tolist():
    print(" ".join(f"{weight:.6f}" for weight in row))
"""

_REACH = """
reads = visible > 0
reads[~reads.any(-1)] = True  # a row that may read nothing reads every column alike
heard = torch.eye(T).bool()  # a row keeps what it holds
after = torch.where(heard, 0, -1)
for layer in range(1, model.config.n_layer + 1):
    now = heard | (reads.float() @ heard.float() > 0)
    after[now & ~heard] = layer
    heard = now
for row in after[real][:, real].tolist():
    print(row)
"""


_ADDED = """
# A 4-D float mask is added to the scores as it is: 0 lets through, log(w) multiplies a weight by w.
added = torch.where(visible > 0, visible.log(), torch.finfo(torch.float32).min)[None, None]  # [1, 1, T, T]
"""


def given_lines(spec: MaskSpec) -> str:
    """Return the lines that make what the model is given beside the ids: `added[1, 1, T, T]`, after the positions.

    Positions are kept, closed up behind hidden tokens, or counted anew per document.
    """
    lines = "counted = real.long()\n"
    if spec.gap == "close":
        lines += (
            "for token, weight in WEIGHTS.items():\n"
            "    counted[first + token] *= weight > 0  # the words behind a hidden one move up\n"
        )
    lines += "positions = (counted.cumsum(0) - 1).clamp(min=0) * real\n"
    if spec.pattern == "documents":
        lines += (
            "for number in document[real].unique():  # positions begin anew in each document\n"
            "    members = real & (document == number)\n"
            "    positions[members] -= positions[members].min()\n"
        )
    return lines + _ADDED
