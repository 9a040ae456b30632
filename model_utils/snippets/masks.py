"""The lines of transformers code that build a mask of any pattern, show it, and run the model under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.masks.patterns import PATTERNS
from model_utils.snippets.setup import batch_lines, preamble, sentences_lines

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.registry import ModelEntry


def mask_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str) -> str:
    """Return the lines that print what each row of the sentence sees, its next words, its tokens' surprise."""
    return f'{mask_lines(entry, texts, spec, side)}print("visible", visible.tolist())\n{given_lines(spec)}{_RUN}'


def receptive_field_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str) -> str:
    """Return the lines that print after how many layers each row of the sentence depends on each token; -1 = never."""
    return f"{mask_lines(entry, texts, spec, side)}{_RECEPTIVE_FIELD}"


def head_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str, layer: int, head: int) -> str:
    """Return the lines that print one head's weights `[T, T]` on the sentence of `spec`, under it, nan where blocked."""
    return f"{mask_lines(entry, texts, spec, side)}LAYER, HEAD = {layer}, {head}\n{given_lines(spec)}{_HEAD}"


def mask_lines(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, side: str) -> str:
    """Return the lines that build `visible[T, T]` of `spec`: causes are combined before anything is added to a score."""
    return f"{pattern_lines(entry, texts, spec, side, hand_constants(spec))}{hand_lines('visible', 'WEIGHTS', 'CELLS')}"


def pattern_lines(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, side: str, constants: str = "") -> str:
    """Return the lines that load the model, tokenize, and build `visible[T, T]` of `spec` before its hand mask.

    They leave `ids` and `mask` of the batch; of the sentence `tokens[T]`, `real[T]`, `first` (the column of its first
    token), T, `query`, `key`, and `segment[T]` where positions begin anew. `constants` are lines that stand at the top.
    """
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"{sentences_lines(texts)}"
        f"SENTENCE, WIDTH, FIRST = {spec.sentence}, {spec.width}, {spec.first}\n"
        f"{constants}"
        f"{batch_lines(side)}"
        "tokens, real = ids[SENTENCE], mask[SENTENCE].bool()\n"
        "first, T = int(real.int().argmax()), len(tokens)\n"
        "query, key = torch.arange(T)[:, None], torch.arange(T)[None, :]\n"
        f"{PATTERNS[spec.pattern].code}\n"
        f"visible = (pattern{' & real' if spec.padding else ''}).float()\n"
    )


def hand_constants(spec: MaskSpec) -> str:
    """Return the lines that name the hand mask of `spec`: WEIGHTS and CELLS."""
    return (
        f"WEIGHTS = {dict(spec.pairs)!r}  # real token of the sentence: its weight, 0 hides it\n"
        f"CELLS = {list(spec.cells)!r}  # single blocked cells: row that reads, token that is read\n"
    )


def hand_lines(visible: str, weights: str, cells: str) -> str:
    """Return the lines that write `weights` and `cells` into `visible[T, T]`; all three are names in the code."""
    return (
        f"for token, weight in {weights}.items():\n"
        f"    {visible}[:, first + token] *= weight\n"
        f"for reader, token in {cells}:\n"
        f"    {visible}[first + reader, first + token] = 0\n"
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

_RECEPTIVE_FIELD = """
reads = visible > 0
reads[~reads.any(-1)] = True  # a row that may read nothing reads every column alike
seen = torch.eye(T).bool()  # a row keeps what it holds
after = torch.where(seen, 0, -1)
for layer in range(1, model.config.n_layer + 1):
    now = seen | (reads.float() @ seen.float() > 0)
    after[now & ~seen] = layer
    seen = now
for row in after[real][:, real].tolist():
    print(row)
"""


def given_lines(spec: MaskSpec, visible: str = "visible", weights: str = "WEIGHTS") -> str:
    """Return the lines that make what the model is given beside the ids: `positions`, then `added[1, 1, T, T]`.

    Positions are kept, closed up behind hidden tokens, or counted anew in each segment. `visible` and `weights` are names
    in the code.
    """
    lines = "counted = real.long()\n"
    if spec.gap == "close":
        lines += (
            f"for token, weight in {weights}.items():\n"
            "    counted[first + token] *= weight > 0  # the words behind a hidden one move up\n"
        )
    lines += "positions = (counted.cumsum(0) - 1).clamp(min=0) * real\n"
    if PATTERNS[spec.pattern].segments is not None:
        lines += (
            "for number in segment[real].unique():  # positions begin anew in each segment\n"
            "    members = real & (segment == number)\n"
            "    positions[members] -= positions[members].min()\n"
        )
    return (
        f"{lines}\n"
        "# A 4-D float mask is added to the scores as it is: 0 lets through, log(w) multiplies a weight by w.\n"
        f"added = torch.where({visible} > 0, {visible}.log(), torch.finfo(torch.float32).min)[None, None]"
        "  # [1, 1, T, T]\n"
    )
