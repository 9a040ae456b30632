"""The lines of transformers code that reproduce the texts of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.snippets.filters import DRAW, bad_words_lines, warper_import, warpers
from model_utils.snippets.setup import ends_line, preamble

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.models.registry import ModelEntry


def compare_code(
    entry: ModelEntry, text: str, rows: Sequence[tuple[str, SamplingSettings]], *, samples: int, steps: int
) -> str:
    """Return the lines that print every text of one model of a comparison: `rows` are (name, settings)."""
    calls = [[call for _, call in warpers(settings)] for _, settings in rows]
    listed = "".join(
        f"    ({name!r}, [{', '.join(made)}], {settings.seed}),\n"
        for (name, settings), made in zip(rows, calls, strict=True)
    )
    return (
        f"# The texts of {entry.id}.\nimport numpy as np\n"
        f"{preamble(entry)}"
        f"{warper_import((call for made in calls for call in made), 'LogitsProcessorList')}"
        "\n"
        f"PROMPT = {text!r}\n"
        f"NEW_TOKENS, SAMPLES = {steps}, {samples}\n"
        f"{ends_line(entry)}"
        'ids = tokenizer(PROMPT, return_tensors="pt", add_special_tokens=False)["input_ids"]\n'
        "prompt_length = ids.shape[1]\n"
        f"{bad_words_lines(one for _, one in rows)}"
        "# name, filters in their order, seed\n"
        f"SETTINGS = [\n{listed}]\n"
        f"{DRAW}{_REST}"
    )


def surface_code(entry: ModelEntry, ids: Sequence[int], temperature: float) -> str:
    """Return the lines that print what top-k and top-p leave of the word after `ids`, for a few pairs: count, share, bits."""
    return (
        f"{preamble(entry)}"
        "from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper\n"
        "\n"
        f"IDS, TEMPERATURE = {list(ids)}, {float(temperature)!r}\n"
        f"{_SURFACE}"
    )


_REST = '''

def write(filters, seed, sample):
    """Return the new tokens of one text."""
    text, cache, room, newest = [], None, model.config.n_positions - prompt_length, ids
    while len(text) < min(NEW_TOKENS, room) and not set(text) & set(ENDS):
        with torch.inference_mode():
            out = model(input_ids=newest, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = out.past_key_values
        said = torch.cat([ids, torch.tensor([text], dtype=torch.long)], dim=1)
        scores = LogitsProcessorList(filters)(said, out.logits[:, -1].float())
        text.append(draw(scores[0], seed, sample, len(text)))
        newest = torch.tensor([text[-1:]])
    return text


for name, filters, seed in SETTINGS:
    for sample in range(SAMPLES):
        text = write(filters, seed, sample)
        print(name, sample, text, repr(tokenizer.decode(text)))
'''

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
