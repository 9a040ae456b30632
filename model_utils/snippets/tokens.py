"""The lines of transformers code that make a padded batch, and read each sentence's next words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.snippets.setup import batch_lines, preamble, sentences_lines
from model_utils.tokens.batch import END_OF_TEXT_ID

if TYPE_CHECKING:
    from model_utils.models.registry import ModelEntry


def tokens_code(entry: ModelEntry, texts: Sequence[str], *, side: str, pad_id: int) -> str:
    """Return the lines that print the padded batch of `texts` and each sentence's next words, read at the right place."""
    other = f"ids = ids.masked_fill(mask == 0, {pad_id})  # the pads as chosen\n" if pad_id != END_OF_TEXT_ID else ""
    return (
        f"{preamble(entry)}\n"
        f"{sentences_lines(texts)}"
        f"{batch_lines(side)}"
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
