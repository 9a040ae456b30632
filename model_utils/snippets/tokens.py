"""The lines of transformers code that reproduce a picture: plain text, to be run unedited in an empty folder."""

from __future__ import annotations

from collections.abc import Sequence

from model_utils.models.registry import ModelEntry
from model_utils.tokens.batch import END_OF_TEXT_ID


def preamble(entry: ModelEntry, *, attentions: bool = False) -> str:
    """Return the imports and the lines that load the model of `entry` with transformers.

    `attentions` loads the eager attention: the default kind returns no attention weights.
    """
    eager = ', attn_implementation="eager"' if attentions else ""
    return (
        "import torch\n"
        "from transformers import AutoTokenizer, GPT2LMHeadModel\n"
        "\n"
        f"MODEL = {entry.location!r}\n"
        "tokenizer = AutoTokenizer.from_pretrained(MODEL)\n"
        f"model = GPT2LMHeadModel.from_pretrained(MODEL, dtype=torch.float32{eager}).eval()\n"
    )


def tokens_code(entry: ModelEntry, texts: Sequence[str], *, side: str, pad_id: int) -> str:
    """Return the lines that print the padded batch of `texts` and each sentence's next words, read at the right place."""
    sentences = "".join(f"    {text!r},\n" for text in texts)
    other = f"ids = ids.masked_fill(mask == 0, {pad_id})  # the pads as chosen\n" if pad_id != END_OF_TEXT_ID else ""
    return (
        f"{preamble(entry)}\n"
        f"SENTENCES = [\n{sentences}]\n"
        f'tokenizer.padding_side = "{side}"\n'
        "tokenizer.pad_token = tokenizer.eos_token  # GPT-2 has no pad token of its own\n"
        "\n"
        'batch = tokenizer(SENTENCES, return_tensors="pt", padding=True)\n'
        'ids, mask = batch["input_ids"], batch["attention_mask"]\n'
        f"{other}"
        "positions = (mask.cumsum(-1) - 1).clamp(min=0) * mask  # forward() would count the pads too\n"
        'print("ids", ids.tolist())\n'
        'print("mask", mask.tolist())\n'
        'print("positions", positions.tolist())\n'
        "\n"
        "columns = torch.arange(mask.shape[1])\n"
        "last = (mask * columns).argmax(-1, keepdim=True)  # the last real token of each row\n"
        "with torch.inference_mode():\n"
        "    logits = model(\n"
        "        input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=last\n"
        "    ).logits[:, 0]\n"
        "for row in logits.softmax(-1):\n"
        "    chances, words = row.topk(5)\n"
        "    print([(tokenizer.decode([word]), round(chance, 4)) for word, chance in zip(words.tolist(), chances.tolist())])\n"
    )


def heads_code(entry: ModelEntry, texts: Sequence[str], *, side: str, sentence: int, layer: int, head: int) -> str:
    """Return the lines that print one head's weights `[T, T]` on one sentence of the batch, nan where blocked."""
    sentences = "".join(f"    {text!r},\n" for text in texts)
    return (
        f"{preamble(entry, attentions=True)}\n"
        f"SENTENCES = [\n{sentences}]\n"
        f"SENTENCE, LAYER, HEAD = {sentence}, {layer}, {head}\n"
        f'tokenizer.padding_side = "{side}"\n'
        "tokenizer.pad_token = tokenizer.eos_token  # GPT-2 has no pad token of its own\n"
        "\n"
        'batch = tokenizer(SENTENCES, return_tensors="pt", padding=True)\n'
        'ids, mask = batch["input_ids"], batch["attention_mask"]\n'
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
