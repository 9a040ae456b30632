"""The lines of transformers code that open one step of a text: branch, mask and all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from model_utils.snippets.filters import DRAW, bad_words_lines, shifting, warper_import, warpers
from model_utils.snippets.setup import ends_line, preamble

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.masks.mask import Mask
    from model_utils.models.registry import ModelEntry


def step_code(
    entry: ModelEntry, ids: Sequence[int], settings: SamplingSettings, *, number: int, mask: Mask | None = None
) -> str:
    """Return the lines that print what each filter leaves of the step after `ids`, its candidates, 200 draws of it.

    `ids` are the prompt and what was drawn or taken by hand; `number` counts steps from 0; `mask` is what every token may
    read, a batch of one, None where each reads all before it.
    """
    used, shifts = warpers(settings), shifting(settings)
    listed = "".join(f"    ({name!r}, {call}),\n" for name, call in used)
    return (
        "import numpy as np\n"
        f"{preamble(entry)}"
        f"{warper_import(call for _, call in used)}"
        "\n"
        f"IDS = {list(map(int, ids))}  # the prompt, and the text so far\n"
        f"SEED, STEP = {settings.seed}, {number}\n"
        f"{_known(entry, settings)}"
        f"STAGES = [\n{listed}]\n"
        f"SHIFTING = [{', '.join(shifts)}]  # of the stages those that cut nothing\n"
        f"{_under(mask)}"
        f"{DRAW}{_REST}"
    )


def _known(entry: ModelEntry, settings: SamplingSettings) -> str:
    """Return the lines that name what processors know of the text; empty where none is on."""
    if not settings.processors:
        return ""
    return f"prompt_length = len(IDS) - STEP\n{ends_line(entry)}{bad_words_lines([settings])}"


def spans(visible: Sequence[bool]) -> list[tuple[int, int]]:
    """Return where a row is visible, as (start, stop)."""
    found, at = [], 0
    for value, run in groupby(visible):
        length = len(list(run))
        if value:
            found.append((at, at + length))
        at += length
    return found


def _under(mask: Mask | None) -> str:
    """Return the lines that set up what the model reads under."""
    if mask is None:
        return "under = {}\n"
    seen = mask.visible[0]  # (Q, K)
    rows = "".join(f"    {spans(row)},\n" for row in (seen > 0).tolist())
    soft = {
        key: round(float(weights[0]), 6)
        for key in range(seen.shape[1])
        if (weights := seen[(seen[:, key] > 0) & (seen[:, key] < 1), key]).size
    }
    return (
        f"# What each token may read, from and up to which column.\nROWS = [\n{rows}]\n"
        f"SOFT = {soft}  # columns of which a part may be read\n"
        f"POSITIONS = {np.asarray(mask.position_ids[0]).tolist()}\n"
        f"{_MASK}"
    )


_MASK = """
mask = torch.full((len(IDS), len(IDS)), torch.finfo(torch.float32).min)
for row, parts in enumerate(ROWS):
    for start, stop in parts:
        mask[row, start:stop] = 0
for column, weight in SOFT.items():
    mask[:, column] = torch.where(mask[:, column] == 0, float(np.log(weight)), mask[:, column])
under = {"attention_mask": mask[None, None], "position_ids": torch.tensor([POSITIONS])}
"""

_REST = """

with torch.inference_mode():
    scores = model(torch.tensor([IDS]), logits_to_keep=1, **under).logits[:, -1]
before, said = scores, torch.tensor([IDS])
for shift in SHIFTING:
    before = shift(said, before)
for name, stage in STAGES:
    scores = stage(said, scores)
    print(name, int((scores > -float("inf")).sum()))
scores = scores[0]
before, after = before[0].softmax(-1), scores.softmax(-1)
for token in before.topk(50).indices.tolist():
    print(token, repr(tokenizer.decode([token])), f"{before[token]:.6f} -> {after[token]:.6f}")
print("drawn", draw(scores, SEED, 0, STEP))
counts = np.bincount([draw(scores, SEED, sample, STEP) for sample in range(200)])
print("200 draws", {int(token): int(counts[token]) for token in np.argsort(-counts, kind="stable")[:12] if counts[token]})
"""
