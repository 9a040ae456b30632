"""One model loaded, checked, ready to be shared by all sessions."""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
import transformers
from safetensors import SafetensorError
from transformers import AutoTokenizer, GPT2LMHeadModel, PreTrainedTokenizerBase

from model_utils.errors import ModelTooLargeError
from model_utils.models.files import check_folder, damaged
from model_utils.models.forward import forward, register
from model_utils.models.memory import check_memory, fits, free_mb
from model_utils.models.prefix_cache import PrefixCache
from model_utils.models.registry import ModelEntry
from model_utils.tokens.batch import END_OF_TEXT, END_OF_TEXT_ID

# The server's log is for the operator; what a reader must know stands on the page.
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedModel:
    """A model in memory: float32, evaluation mode, attention that can be traced. Holds no state of any session.

    `prefix_cache` holds what it computed of prompts read lately, for whoever asks again: that changes no answer.
    """

    entry: ModelEntry
    model: GPT2LMHeadModel
    tokenizer: PreTrainedTokenizerBase
    prefix_cache: PrefixCache = field(default_factory=PrefixCache, init=False)

    @property
    def layers(self) -> int:
        """Return the number of layers."""
        return int(self.model.config.n_layer)

    @property
    def heads(self) -> int:
        """Return the number of heads per layer."""
        return int(self.model.config.n_head)

    @property
    def width(self) -> int:
        """Return the size of the residual stream."""
        return int(self.model.config.n_embd)

    @property
    def parameters(self) -> int:
        """Return the number of parameters; an output matrix that is the token embedding counts once."""
        return int(self.model.num_parameters())

    @property
    def context(self) -> int:
        """Return the most tokens that the model reads at once."""
        return int(self.model.config.n_positions)


def load_model(entry: ModelEntry, folder: Path) -> LoadedModel:
    """Return the model of `entry` from the files in `folder`: float32, safetensors only, no code from the folder.

    Raises ModelDamagedError when the files cannot be used, ModelTooLargeError when memory runs out on the way.
    """
    check_folder(entry, folder)
    loaded = LoadedModel(entry=entry, model=_weights(entry, folder), tokenizer=_tokenizer(entry, folder))
    _check_attentions(loaded)
    return loaded


class ModelCache:
    """The models in memory, one copy of each for all sessions.

    Where memory is short for one more, models that have gone unused for longest make room, but never the bundled one.
    Sessions that still work with one keep it until they are through.
    """

    def __init__(self, free: Callable[[], float] = free_mb) -> None:
        self._free = free
        self._models: OrderedDict[ModelEntry, LoadedModel] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    def present(self, entry: ModelEntry) -> LoadedModel | None:
        """Return the model of `entry` if it is in memory."""
        with self._lock:
            if entry in self._models:
                self._models.move_to_end(entry)
            return self._models.get(entry)

    def get(self, entry: ModelEntry, folder: Path) -> LoadedModel:
        """Return the model of `entry`, loaded from `folder` by the first who asks. Raises as `load_model` does.

        One model is loaded at a time: memory is measured before each, and a crowd that asks for the same waits for one.
        """
        with self._loading:
            loaded = self.present(entry)
            if loaded is None:
                check_folder(entry, folder)
                self._make_room(entry)
                loaded = load_model(entry, folder)
                with self._lock:
                    self._models[entry] = loaded
                _spare_the_collector()
            return loaded

    def _make_room(self, entry: ModelEntry) -> None:
        """Let go of unused models until `entry` fits. Where it cannot, raise ModelTooLargeError and let go of none."""
        free = self._free()
        with self._lock:
            idle = [other for other in self._models if other.source != "bundled"]
            check_memory(entry, free + sum(other.memory_mb for other in idle))
            for other in idle:
                if fits(entry, free):
                    break
                del self._models[other]
                free += other.memory_mb
        _spare_the_collector()


def _spare_the_collector() -> None:
    """Collect garbage once, models that were let go included, and keep what is left out of later collections.

    Streamlit collects after every run of a page or fragment. Over the 440,000 objects of torch and transformers that
    takes 0.3 s, in which nothing else runs: no download, no generation, no other session.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _weights(entry: ModelEntry, folder: Path) -> GPT2LMHeadModel:
    try:
        model, report = GPT2LMHeadModel.from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation=register(),
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except MemoryError as error:
        raise _out_of_memory(entry) from error
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        if "memory" in str(error):  # torch reports a failed allocation as a RuntimeError
            raise _out_of_memory(entry) from error
        raise damaged(entry, "its weights do not fit a GPT-2 of the size that its config.json says") from error
    # transformers fills what a file lacks with random numbers and says so in the log only.
    lacking = sorted(report["missing_keys"])
    if lacking:
        raise damaged(
            entry, f"its weights lack {lacking[0]}" + (f" and {len(lacking) - 1} more" if lacking[1:] else "")
        )
    return model.eval()


def _out_of_memory(entry: ModelEntry) -> ModelTooLargeError:
    return ModelTooLargeError(
        f"Memory ran out while {entry.id} was loaded: its weights alone take {entry.memory_mb:,} MB, and "
        f"{free_mb():,.0f} MB are free now. Choose a smaller model, or free some memory."
    )


def _tokenizer(entry: ModelEntry, folder: Path) -> PreTrainedTokenizerBase:
    """Return the tokenizer in `folder`. Raises ModelDamagedError unless it is GPT-2's own kind and fits the weights."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises bare Exceptions on damaged files
        raise damaged(entry, "its tokenizer cannot be read") from error
    if len(tokenizer) != entry.vocabulary:
        raise damaged(entry, f"its tokenizer knows {len(tokenizer):,} tokens, its weights {entry.vocabulary:,}")
    # The pages count on byte-level tokens and on the place of the special one; transformers would take any tokenizer.
    if tokenizer.tokenize(" the") != ["Ġthe"] or tokenizer.convert_tokens_to_ids(END_OF_TEXT) != END_OF_TEXT_ID:
        raise damaged(entry, f"its tokenizer is not GPT-2's (byte-level pieces, {END_OF_TEXT} as {END_OF_TEXT_ID})")
    return tokenizer


def _check_attentions(loaded: LoadedModel) -> None:
    """Raise ModelDamagedError unless each layer gives attention rows that sum to 1, and the logits are numbers."""
    out = forward(loaded, [[0, 0]], attentions=True)
    rows = all(torch.allclose(layer.sum(-1), torch.ones(1), atol=1e-4) for layer in out.attentions)
    if len(out.attentions) != loaded.layers or not rows or not bool(out.logits.isfinite().all()):
        raise damaged(loaded.entry, "it loads, but its weights give no usable attention or numbers")
