"""The lines of transformers code that reproduce a beam search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.generate.beam_search.beam_settings import EARLY_STOPPING
from model_utils.generate.filters.one_filter import listed_words
from model_utils.snippets.filters import bad_words_lines
from model_utils.snippets.setup import ends_line, preamble, sentences_lines

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beam_settings import BeamSettings
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.models.registry import ModelEntry


def beams_code(
    entry: ModelEntry,
    texts: Sequence[str],
    settings: SamplingSettings,
    beams: BeamSettings,
    *,
    max_new_tokens: int,
) -> str:
    """Return the lines that print all finished texts of each sentence with their scores, best first, by `generate`."""
    arguments = {"num_return_sequences": str(beams.num_beams), **search_arguments(settings, beams)}
    listed = "".join(f"    {name}={value},\n" for name, value in arguments.items())
    return (
        f"{preamble(entry)}"
        f"{sentences_lines(texts)}"
        f"NEW_TOKENS = {max_new_tokens}\n"
        f"{ends_line(entry)}"
        f"{bad_words_lines([settings])}"
        f"SEARCH = dict(\n    do_sample=False,\n{listed})\n"
        f"{_REST}"
    )


def search_arguments(settings: SamplingSettings, beams: BeamSettings) -> dict[str, str]:
    """Return what `generate` is given for a beam search, as code; bad words by the function of `bad_words_lines`."""
    arguments = {
        "num_beams": repr(beams.num_beams),
        "length_penalty": repr(float(beams.length_penalty)),
        "early_stopping": repr(EARLY_STOPPING[beams.early_stopping]),
    }
    arguments |= {one.field: repr(one.value(settings)) for one in settings.processors if one.field != "bad_words"}
    if settings.bad_words:
        arguments["bad_words_ids"] = f"with_and_without_space({list(listed_words(settings.bad_words))!r})"
    return arguments


_REST = """
for text in SENTENCES:  # one by one: in a padded batch processors would take the pads for words
    ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
    out = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), eos_token_id=ENDS, pad_token_id=ENDS[0],
        max_new_tokens=min(NEW_TOKENS, model.config.n_positions - ids.shape[1]),
        return_dict_in_generate=True, output_scores=True, **SEARCH,
    )
    for row, score in zip(out.sequences[:, ids.shape[1] :].tolist(), out.sequences_scores.tolist()):
        ended = [place for place, token in enumerate(row) if token in ENDS]
        row = row[: ended[0] + 1] if ended else row
        print(f"{score:.6f}", row, repr(tokenizer.decode(row)))
"""
