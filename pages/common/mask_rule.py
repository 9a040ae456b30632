"""A mask rule of the published controls without what has no effect in it, and in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from model_utils.masks.patterns import NUMBERS, PATTERNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import Token

_MOST_WORDS = 6


def settled(spec: MaskSpec) -> MaskSpec:
    """Return a rule without what has no effect in it, so that equal runs are one."""
    from model_utils.masks.mask import MaskSpec

    uses = PATTERNS[spec.pattern].uses
    unused = {name: getattr(MaskSpec, name) for name in NUMBERS if name not in uses}
    if not (spec.pairs or spec.cells):
        unused |= {"sentence": MaskSpec.sentence, "gap": MaskSpec.gap}
    return replace(spec, **unused)


def parts(spec: MaskSpec, words: Sequence[Token]) -> list[str]:
    """Return what a rule hides beside what comes later and the padding; `words` are the tokens of its sentence."""
    found = []
    if spec.pattern != "causal":
        pattern = PATTERNS[spec.pattern]
        numbers = [f"{name} {getattr(spec, name)}" for name in pattern.uses]
        found.append(", ".join([f"pattern {pattern.label}", *numbers]))
    if spec.pairs:
        told = [
            f"“{words[token].label}”" + (f" at weight {weight:g}" if weight else "") for token, weight in spec.pairs
        ]
        more = f" and {len(told) - _MOST_WORDS} more" if len(told) > _MOST_WORDS else ""
        found.append(f"hidden or softened by hand in sentence {spec.sentence}: {', '.join(told[:_MOST_WORDS])}{more}")
    if spec.cells:
        found.append(f"single cells blocked in sentence {spec.sentence}: {len(spec.cells)}")
    return found
