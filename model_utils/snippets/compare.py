"""The lines of transformers code that reproduce the texts of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.snippets.beams import search_arguments
from model_utils.snippets.filters import DRAW, bad_words_lines, warper_import, warpers
from model_utils.snippets.setup import ends_line, preamble, sentences_lines

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beam_settings import BeamSettings
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.models.registry import ModelEntry


def compare_code(
    entry: ModelEntry,
    texts: Sequence[str],
    rows: Sequence[tuple[str, SamplingSettings, BeamSettings | None]],
    *,
    samples: int,
    steps: int,
    stopped: bool = False,
) -> str:
    """Return the lines that print every text of one model of a comparison: `rows` are (name, settings, beams or None).

    `stopped` says that the texts have fewer tokens than were asked for: a beam search that goes on may choose another text.
    """
    drawn = [(name, settings) for name, settings, beams in rows if beams is None]
    searched = [(name, settings, beams) for name, settings, beams in rows if beams is not None]
    calls = [[call for _, call in warpers(settings)] for _, settings in drawn]
    listed = "".join(
        f"    ({name!r}, [{', '.join(made)}], {settings.seed}),\n"
        for (name, settings), made in zip(drawn, calls, strict=True)
    )
    more = ["LogitsProcessorList"] if drawn else []
    return (
        f"# The texts of {entry.id}.\n{'import numpy as np' + chr(10) if drawn else ''}"
        f"{preamble(entry)}"
        f"{warper_import((call for made in calls for call in made), *more)}"
        "\n"
        f"{sentences_lines(texts)}"
        f"NEW_TOKENS, SAMPLES = {steps}, {samples}\n"
        f"{ends_line(entry)}"
        f"{bad_words_lines(settings for _, settings, _ in rows)}"
        f"{DRAW + _WRITE if drawn else ''}"
        f"{_SEARCH if searched else ''}"
        f"{_STOPPED if searched and stopped else ''}"
        "\n\nfor number, text in enumerate(SENTENCES):\n"
        '    ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]\n'
        "    prompt_length = ids.shape[1]\n"
        f"{_drawn_lines(listed) if drawn else ''}"
        f"{_searched_lines(searched) if searched else ''}"
    )


def _drawn_lines(listed: str) -> str:
    indented = "".join(f"    {line}\n" for line in listed.splitlines())
    return f"    # name, filters in their order, seed\n    settings = [\n{indented}    ]\n{_EACH_DRAWN}"


def _searched_lines(searched: Sequence[tuple[str, SamplingSettings, BeamSettings]]) -> str:
    listed = "".join(
        f"        ({name!r}, dict({', '.join(f'{key}={value}' for key, value in search_arguments(settings, beams).items())})),\n"
        for name, settings, beams in searched
    )
    return f"    # name, how its beams are searched\n    searches = [\n{listed}    ]\n{_EACH_SEARCHED}"


def surface_code(entry: ModelEntry, ids: Sequence[int], temperature: float) -> str:
    """Return the lines that print what top-k and top-p leave of the word after `ids`, for a few pairs: count, share, bits."""
    return (
        f"{preamble(entry)}"
        "from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper\n"
        "\n"
        f"IDS, TEMPERATURE = {list(ids)}, {float(temperature)!r}\n"
        f"{_SURFACE}"
    )


_WRITE = '''

def write(ids, filters, seed, sample):
    """Return the new tokens of one text."""
    text, cache, room, newest = [], None, model.config.n_positions - ids.shape[1], ids
    while len(text) < min(NEW_TOKENS, room) and not set(text) & set(ENDS):
        with torch.inference_mode():
            out = model(input_ids=newest, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = out.past_key_values
        said = torch.cat([ids, torch.tensor([text], dtype=torch.long)], dim=1)
        scores = LogitsProcessorList(filters)(said, out.logits[:, -1].float())
        text.append(draw(scores[0], seed, sample, len(text)))
        newest = torch.tensor([text[-1:]])
    return text
'''

_SEARCH = '''

def search(ids, how):
    """Return the new tokens of the best text of a beam search, in which nothing is drawn."""
    room = model.config.n_positions - ids.shape[1]
    out = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, eos_token_id=ENDS, pad_token_id=ENDS[0],
        max_new_tokens=min(NEW_TOKENS, room), **how,
    )
    text = out[0, ids.shape[1] :].tolist()
    ended = [place for place, token in enumerate(text) if token in ENDS]
    return text[: ended[0] + 1] if ended else text
'''

_STOPPED = (
    "\n\n# The texts were stopped: a search that goes on to its end may choose another than led at that moment.\n"
)

_EACH_DRAWN = """    for name, filters, seed in settings:
        for sample in range(SAMPLES):
            text = write(ids, filters, seed, sample)
            print(number, name, sample, text, repr(tokenizer.decode(text)))
"""

_EACH_SEARCHED = """    for name, how in searches:
        text = search(ids, how)
        print(number, name, 0, text, repr(tokenizer.decode(text)))
"""

_SURFACE = """
with torch.inference_mode():
    logits = model(torch.tensor([IDS])).logits[:, -1]
scores = TemperatureLogitsWarper(TEMPERATURE)(None, logits)
before = scores.double().softmax(-1)
for k in (1, 5, 50, 500, len(tokenizer)):
    for p in (0.5, 0.9, 0.99, 1.0):
        filters = [TopKLogitsWarper(k)] + ([TopPLogitsWarper(p)] if p < 1 else [])
        kept = LogitsProcessorList(filters)(None, scores) > -float("inf")
        after = (before * kept)[kept] / before[kept].sum()
        bits = -(after * after.log2()).sum()
        print(k, p, int(kept.sum()), f"{before[kept].sum():.6f}", f"{bits:.6f}")
"""
