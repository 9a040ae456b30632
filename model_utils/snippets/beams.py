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
    arguments = {
        "num_beams": beams.num_beams,
        "num_return_sequences": beams.num_beams,
        "length_penalty": float(beams.length_penalty),
        "early_stopping": EARLY_STOPPING[beams.early_stopping],
    }
    arguments |= {one.field: one.value(settings) for one in settings.processors if one.field != "bad_words"}
    listed = "".join(f"    {name}={value!r},\n" for name, value in arguments.items())
    if settings.bad_words:
        listed += f"    bad_words_ids=with_and_without_space({list(listed_words(settings.bad_words))!r}),\n"
    return (
        f"{preamble(entry)}"
        f"{sentences_lines(texts)}"
        f"NEW_TOKENS = {max_new_tokens}\n"
        f"{ends_line(entry)}"
        f"{bad_words_lines([settings])}"
        f"SEARCH = dict(\n    do_sample=False,\n{listed})\n"
        f"{_REST}"
    )


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
