"""The lines of transformers code that apply a mask in wrong ways, leave it out, or fill it with other numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.mechanics.wrong_masks import FILL_RANGE
from model_utils.snippets.mechanics import FILL_VALUES, head_lines

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.registry import ModelEntry


def without_code(entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str, layer: int, head: int) -> str:
    """Return the lines that print each row's weights without and with the mask, and what lies on later words without it."""
    lines = head_lines(entry, texts, spec, side=side, layer=layer, head=head)
    return lines + (_WITHOUT if spec.padding else _WITHOUT.replace(_NO_PADS, "scores").replace(" & real &", " &"))


def applications_code(
    entry: ModelEntry, texts: Sequence[str], spec: MaskSpec, *, side: str, layer: int, head: int
) -> str:
    """Return the lines that print each row's sum and what lies on blocked cells, applied rightly and in three wrong ways."""
    return head_lines(entry, texts, spec, side=side, layer=layer, head=head) + _APPLICATIONS


def fills_code(
    entry: ModelEntry,
    texts: Sequence[str],
    spec: MaskSpec,
    *,
    side: str,
    layer: int,
    head: int,
    query: int,
    blocked_query: int,
) -> str:
    """Return the lines that print what each fill does to column `query`'s row and to `blocked_query`'s, all blocked.

    Then what still lies on blocked cells as the fill sinks, and which rows of each layer are NaN in a run with minus
    infinity.
    """
    return (
        f"{head_lines(entry, texts, spec, side=side, layer=layer, head=head)}\n"
        f"QUERY, BLOCKED = {query}, {blocked_query}\n"
        f"FILLS = {FILL_VALUES}\n"
        f"FILL_RANGE = {list(FILL_RANGE)}{_FILLS}"
    )


_NO_PADS = "scores.masked_fill(~real, lowest)"

_WITHOUT = f"""
lowest = torch.finfo(torch.float32).min
free = {_NO_PADS}.softmax(-1)  # pads are no words
masked = (scores + torch.where(visible > 0, visible.log(), lowest)).softmax(-1)
for row in range(first, first + int(real.sum())):
    print("without", row, [round(weight, 6) for weight in free[row].tolist()])
    print("with", row, [round(weight, 6) for weight in masked[row].tolist()])
later = (key > query) & real & real[:, None]
print("later", float(free[later].sum() / real.sum()))
"""

_APPLICATIONS = """
seen = visible > 0
applications = {
    "added": scores.masked_fill(~seen, torch.finfo(torch.float32).min).softmax(-1),  # the right one
    "after": scores.softmax(-1) * seen,
    "times": (scores * seen).softmax(-1),
    "zero": scores.softmax(-1),
}
for name, weights in applications.items():
    for row in range(first, first + int(real.sum())):
        print(name, "row", row, "sum", f"{float(weights[row].sum()):.6f} leaks {float(weights[row][~seen[row]].sum()):.6f}")
"""

_FILLS = """

def filled(rows, fill):
    return (scores[rows] + torch.where(visible[rows] > 0, visible[rows].log(), fill)).softmax(-1)


for name, fill in FILLS.items():
    print("read", name, [round(weight, 6) for weight in filled(QUERY, fill).tolist()])
    print("blocked", name, [round(weight, 6) for weight in (scores[BLOCKED] + fill).softmax(-1).tolist()])
for fill in FILL_RANGE:
    print("leak", fill, f"{float(filled(QUERY, fill)[visible[QUERY] == 0].sum()):.6g}")

added = torch.where(visible > 0, visible.log(), float("-inf"))[None, None]  # [1, 1, T, T]
with torch.inference_mode():
    out = model(
        input_ids=ids[SENTENCE][None], attention_mask=added, position_ids=positions[None], output_attentions=True
    )
for layer, weights in enumerate(out.attentions):
    print("NaN rows of layer", layer, weights[0].isnan().any(-1).any(0).nonzero().flatten().tolist())
print("NaN rows of the next words", out.logits[0].isnan().any(-1).nonzero().flatten().tolist())
"""
