"""One model loaded, checked, ready to be shared by all sessions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoTokenizer, GPT2LMHeadModel, PreTrainedTokenizerBase

from model_utils.attention import register
from model_utils.errors import ModelDamagedError
from model_utils.registry import ModelEntry


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedModel:
    """A model in memory: float32, evaluation mode, eager attention that can be traced. Holds no state of any session."""

    entry: ModelEntry
    model: GPT2LMHeadModel
    tokenizer: PreTrainedTokenizerBase

    @property
    def layers(self) -> int:
        """Return the number of layers."""
        return int(self.model.config.n_layer)

    @property
    def heads(self) -> int:
        """Return the number of heads per layer."""
        return int(self.model.config.n_head)

    @property
    def context(self) -> int:
        """Return the most tokens that the model reads at once."""
        return int(self.model.config.n_positions)


def load_model(entry: ModelEntry, folder: Path) -> LoadedModel:
    """Return the model of `entry` from the files in `folder`. Raises ModelDamagedError when they cannot be used."""
    model = GPT2LMHeadModel.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation=register(),
        use_safetensors=True,
        local_files_only=True,
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    loaded = LoadedModel(entry=entry, model=model, tokenizer=tokenizer)
    _check_attentions(loaded)
    return loaded


@torch.inference_mode()
def _check_attentions(loaded: LoadedModel) -> None:
    """Raise ModelDamagedError unless one attention tensor per layer comes back, with rows that sum to 1."""
    out = loaded.model(input_ids=torch.zeros(1, 2, dtype=torch.long), output_attentions=True, use_cache=False)
    attentions = out.attentions or ()
    if len(attentions) != loaded.layers or not all(
        torch.allclose(layer.sum(-1), torch.ones(1), atol=1e-4) for layer in attentions
    ):
        raise ModelDamagedError(f"Model {loaded.entry.id!r} loads but returns no usable attention: check its weights.")
