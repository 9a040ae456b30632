"""The lines that all code given away begins with: plain text, to be run unedited in an empty folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_utils.models.registry import ModelEntry


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
