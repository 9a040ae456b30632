"""The lines that all code given away begins with: plain text, to be run unedited where the model is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.models.registry import BUNDLED_ID
from model_utils.tokens.batch import END_OF_TEXT, END_OF_TEXT_ID

if TYPE_CHECKING:
    from model_utils.models.registry import ModelEntry


def preamble(entry: ModelEntry, *, attentions: bool = False) -> str:
    """Return the imports and the lines that load the model of `entry` with transformers.

    A model that is not the hub's is named by a path from where the code runs, never by one of this server. `attentions`
    loads the eager attention: the default kind returns no attention weights.
    """
    eager = ', attn_implementation="eager"' if attentions else ""
    if entry.source == "folder":
        return _folder_preamble(entry, eager)
    bundled = f'"models/{BUNDLED_ID}"  # comes with MaskScope: run this in its folder, or put the path here'
    place = repr(entry.location) if entry.source == "hub" else bundled
    return (
        "import torch\n"
        "from transformers import AutoTokenizer, GPT2LMHeadModel\n"
        "\n"
        f"MODEL = {place}\n"
        "tokenizer = AutoTokenizer.from_pretrained(MODEL)\n"
        f"model = GPT2LMHeadModel.from_pretrained(MODEL, dtype=torch.float32{eager}).eval()\n"
    )


def _folder_preamble(entry: ModelEntry, eager: str) -> str:
    """Return the lines that load a folder's weights, and nothing else in it that would change what is computed of them."""
    return (
        "import torch\n"
        "from transformers import AutoTokenizer, GenerationConfig, GPT2LMHeadModel\n"
        "\n"
        f"MODEL = {entry.id!r}  # put the path of this model's folder here\n"
        "tokenizer = AutoTokenizer.from_pretrained(MODEL)\n"
        'tokenizer.model_input_names = ["input_ids", "attention_mask"]\n'
        "model = GPT2LMHeadModel.from_pretrained(\n"
        f"    MODEL, dtype=torch.float32{eager},\n"
        "    # What the folder says of runs and of generating is left out.\n"
        "    return_dict=True, output_attentions=False, output_hidden_states=False,\n"
        f"    generation_config=GenerationConfig(eos_token_id={list(entry.end_of_text)}, pad_token_id={END_OF_TEXT_ID}),\n"
        ").eval()\n"
    )


def sentences_lines(texts: Sequence[str]) -> str:
    """Return the lines that name the sentences."""
    return "SENTENCES = [\n" + "".join(f"    {text!r},\n" for text in texts) + "]\n"


def batch_lines(side: str) -> str:
    """Return the lines that make `ids` and `mask` of SENTENCES, padded on one side."""
    return (
        f'tokenizer.padding_side = "{side}"\n'
        f'tokenizer.pad_token = "{END_OF_TEXT}"  # GPT-2 has no pad token of its own\n'
        "\n"
        'batch = tokenizer(SENTENCES, return_tensors="pt", padding=True, add_special_tokens=False)\n'
        'ids, mask = batch["input_ids"], batch["attention_mask"]\n'
    )


def ends_line(entry: ModelEntry) -> str:
    """Return the line that names the tokens at which a text ends."""
    return f"ENDS = {list(entry.end_of_text)}  # a text ends with one of these\n"
