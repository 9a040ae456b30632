"""One model loaded, checked, ready to be shared by all sessions."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import torch
import transformers
from transformers import AutoTokenizer, GenerationConfig, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerBase
from transformers.activations import ACT2FN

from model_utils import garbage
from model_utils.errors import ModelTooLargeError
from model_utils.models.attention import register
from model_utils.models.files import CONFIG, Architecture, read_json
from model_utils.models.forward import Remote, forward
from model_utils.models.memory import check_memory, fits, free_mb
from model_utils.models.prefix_cache import PrefixCache
from model_utils.models.registry import ModelEntry, check_folder
from model_utils.tokens.batch import END_OF_TEXT, END_OF_TEXT_ID, token_label

log = logging.getLogger("maskscope")

# The server's log is for the operator; what a reader must know stands on the page.
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedModel:
    """A model in memory: float32, evaluation mode, attention that can be traced. Holds no state of any session.

    `prefix_cache` holds what it computed of prompts read lately, for whoever asks again: that changes no answer.
    Of a model that runs elsewhere, at `remote`, this process holds the tokenizer and the shape: `model` has no weights.
    """

    entry: ModelEntry
    model: GPT2LMHeadModel
    tokenizer: PreTrainedTokenizerBase
    remote: Remote | None = None
    prefix_cache: PrefixCache = field(default_factory=PrefixCache, init=False)
    _labels: dict[int, str] = field(default_factory=dict, init=False, repr=False)

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

    @cached_property
    def parameters(self) -> int:
        """Return the number of parameters; an output matrix that is the token embedding counts once."""
        return int(self.model.num_parameters())

    def label(self, token_id: int) -> str:
        """Return how a token reads, as in `Token.label`; a page of texts asks for a thousand."""
        found = self._labels.get(token_id)
        if found is None:
            found = self._labels[token_id] = token_label(self.tokenizer, token_id)
        return found

    @property
    def context(self) -> int:
        """Return the most tokens that the model reads at once."""
        return int(self.model.config.n_positions)

    @property
    def end_of_text(self) -> tuple[int, ...]:
        """Return the tokens at which a text ends (see `files.Architecture`)."""
        return self.entry.end_of_text

    @property
    def pad_id(self) -> int:
        """Return the token that fills short rows: GPT-2's <|endoftext|>, which every model here has. Masks hide it."""
        return END_OF_TEXT_ID


def load_model(entry: ModelEntry, folder: Path, remote: Remote | None = None) -> LoadedModel:
    """Return the model of `entry` from the files in `folder`: float32, safetensors only, no code from the folder.

    Of one that runs at `remote` no weights are read. Raises ModelDamagedError when the files cannot be used,
    ModelTooLargeError when memory runs out on the way.
    """
    held = check_folder(entry, folder)
    if remote is not None:
        with torch.device("meta"):
            shape = GPT2LMHeadModel(_config(entry, folder, held))
        return LoadedModel(entry=entry, model=shape, tokenizer=_tokenizer(entry, folder), remote=remote)
    loaded = LoadedModel(entry=entry, model=_model(entry, folder, held), tokenizer=_tokenizer(entry, folder))
    _check_numbers(loaded)
    return loaded


class ModelCache:
    """The models in memory, one copy of each for all sessions.

    Where memory is short for one more, models that have gone unused for longest make room, but never the bundled one.
    Sessions that still work with one keep it until they are through. `remote` says where they run, where that is not here.
    """

    def __init__(
        self, free: Callable[[], float] = free_mb, remote: Callable[[ModelEntry], Remote] | None = None
    ) -> None:
        self._free, self._remote = free, remote
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
                loaded = load_model(entry, folder, None if self._remote is None else self._remote(entry))
                with self._lock:
                    self._models[entry] = loaded
                garbage.set_aside()
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
        garbage.set_aside()


def _model(entry: ModelEntry, folder: Path, held: Architecture) -> GPT2LMHeadModel:
    """Return the model whose files in `folder` hold what `held` says; nothing else in them changes how it runs."""
    config = _config(entry, folder, held)
    try:
        model, report = GPT2LMHeadModel.from_pretrained(
            folder,
            config=config,
            generation_config=GenerationConfig(eos_token_id=config.eos_token_id, pad_token_id=END_OF_TEXT_ID),
            dtype=torch.float32,
            attn_implementation=register(),
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except MemoryError as error:
        raise _out_of_memory(entry) from error
    except Exception as error:  # many libraries read these files, and each has errors of its own
        if "memory" in str(error):  # torch reports a failed allocation as a RuntimeError
            raise _out_of_memory(entry) from error
        log.exception("Reading the weights of %s failed", entry.id)  # the reader gets a sentence, the log the fault
        raise entry.damaged(f"its weights cannot be read ({type(error).__name__})") from error
    # transformers fills what a file lacks with random numbers and says so in the log only.
    if lacking := sorted(report["missing_keys"]):
        raise entry.damaged(f"its weights lack {lacking[0]}")
    return model.eval()


def _config(entry: ModelEntry, folder: Path, held: Architecture) -> GPT2Config:
    """Return the configuration of what `held` says. Raises ModelDamagedError where transformers cannot make it."""
    try:
        GPT2Config.from_dict(read_json(folder / CONFIG))  # not used, but read so by the code that pages give away
    except Exception as error:
        log.exception("Making the configuration of %s failed", entry.id)
        cause = str(error).partition("\n")[0][:120].rstrip(":.")
        raise entry.damaged(f"its {CONFIG} is refused by transformers ({cause or type(error).__name__})") from error
    if held.activation_function not in ACT2FN:
        raise entry.damaged(
            f"its activation_function {held.activation_function[:40]!r} is none that transformers knows"
        )
    fields = asdict(held)
    del fields["parameters"]
    return GPT2Config(eos_token_id=list(fields.pop("end_of_text")), **fields)


def _out_of_memory(entry: ModelEntry) -> ModelTooLargeError:
    return ModelTooLargeError(
        f"Memory ran out while {entry.id} was loaded: its weights alone take {entry.memory_mb:,} MB, and "
        f"{free_mb():,.0f} MB are free now. Choose a smaller model, or free some memory."
    )


def _tokenizer(entry: ModelEntry, folder: Path) -> PreTrainedTokenizerBase:
    """Return the tokenizer in `folder`. Raises ModelDamagedError unless it is GPT-2's own kind and fits the weights."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, config=GPT2Config(), local_files_only=True, trust_remote_code=False
        )
        known, pieces = len(tokenizer), tokenizer.tokenize(" the")
        end = tokenizer.convert_tokens_to_ids(END_OF_TEXT)
        tokenizer(" the", return_offsets_mapping=True, add_special_tokens=False)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the tokenizers library raises bare Exceptions, and panics that are none
        log.exception("Reading the tokenizer of %s failed", entry.id)
        raise entry.damaged(f"its tokenizer cannot be read ({type(error).__name__})") from error
    if known != entry.vocabulary:
        raise entry.damaged(f"its tokenizer knows {known:,} tokens, its weights {entry.vocabulary:,}")
    # The pages count on byte-level tokens and on the place of the special one; transformers would take any tokenizer.
    if pieces != ["Ġthe"] or end != END_OF_TEXT_ID:
        raise entry.damaged(f"its tokenizer is not GPT-2's (byte-level pieces, {END_OF_TEXT} as {END_OF_TEXT_ID})")
    return tokenizer


def _check_numbers(loaded: LoadedModel) -> None:
    """Raise ModelDamagedError unless all weights are numbers, and a pass gives attention rows that sum to 1, and logits."""
    for name, weights in loaded.model.named_parameters():
        if not all(bool(end.isfinite()) for end in torch.aminmax(weights.detach())):
            raise loaded.entry.damaged(f"its weights hold what is no finite number (in {name})")
    if loaded.parameters != loaded.entry.parameters:
        raise loaded.entry.damaged("its output matrix is not its token embedding, as its tie_word_embeddings says")
    out = forward(loaded, [[0] * min(2, loaded.context)], attentions=True)
    rows = all(torch.allclose(layer.sum(-1), torch.ones(1), atol=1e-4) for layer in out.attentions)
    if len(out.attentions) != loaded.layers or not rows or not bool(out.logits.isfinite().all()):
        raise loaded.entry.damaged("it loads, but its weights give no usable attention or numbers")
