"""The code of the masks' pictures runs unedited in an empty folder and prints what the page shows."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from model_utils.experiments.pattern_runs import run
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.masks.patterns import PATTERNS
from model_utils.masks.receptive_field import receptive_field
from model_utils.models.forward import attention_maps
from model_utils.snippets.masks import head_code, mask_code, receptive_field_code
from model_utils.tokens.batch import encode
from tests.tools.snippets import Run

TEXTS = ("It will rain in the", 'The cat sat.<|endoftext|>He "shook" his head\\ and', "So")


def check(lines: list[str], tiny, spec: MaskSpec, side: str) -> None:
    batch = encode(tiny.tokenizer, TEXTS, side=side)  # type: ignore[arg-type]
    visible = np.array(ast.literal_eval(lines[0].removeprefix("visible ")))
    np.testing.assert_allclose(visible, build_mask(spec, batch).visible[spec.sentence], atol=1e-7)
    found = run(tiny, batch, spec)
    probabilities = [float(line.split()[-1]) for line in lines if line.startswith("next")]
    assert probabilities == pytest.approx(np.sort(found.probabilities)[:-6:-1].tolist(), abs=2e-5)
    bits = [float(line.split()[-1]) for line in lines if line.startswith("bits")]
    known = ~np.isnan(found.bits[1:])
    np.testing.assert_allclose(np.array(bits)[known], found.bits[1:][known], atol=2e-3)


def test_the_code_of_a_mask_runs_in_an_empty_folder(tiny, run_code: Run) -> None:
    spec = MaskSpec(pattern="documents", sentence=1, weights={1: 0.5, 2: 0.0}, cells=frozenset({(8, 6)}), gap="close")
    check(run_code(mask_code(tiny.entry, TEXTS, spec, side="left")), tiny, spec, "left")


# Documents run above.
@pytest.mark.parametrize("pattern", [pattern for pattern in PATTERNS if pattern != "documents"])
def test_the_code_of_every_pattern_prints_the_pages_numbers(tiny, run_code: Run, pattern) -> None:
    side = "right" if pattern in ("prefix", "window") else "left"
    spec = MaskSpec(pattern=pattern, width=3, first=2, padding=pattern != "bidirectional")
    check(run_code(mask_code(tiny.entry, TEXTS, spec, side=side)), tiny, spec, side)


def test_the_code_of_receptive_fields_prints_the_pages_matrix(tiny, run_code: Run) -> None:
    spec = MaskSpec(pattern="window", width=2, sentence=0, cells=frozenset({(0, 0)}))
    batch = encode(tiny.tokenizer, TEXTS)
    after, first = receptive_field(build_mask(spec, batch), 0, tiny.layers), batch.first(0)
    printed = [ast.literal_eval(line) for line in run_code(receptive_field_code(tiny.entry, TEXTS, spec, side="left"))]
    assert printed == after[first:, first:].tolist()


@pytest.mark.parametrize(
    "spec",
    [
        MaskSpec(sentence=0, weights={1: 0.0, 2: 0.5}, cells={(3, 0)}),
        MaskSpec(sentence=1, pattern="sink", width=2, first=1),
        MaskSpec(sentence=0, weights={1: 0.0}, gap="close", pattern="bidirectional"),
    ],
    ids=lambda spec: spec.pattern,
)
def test_the_code_of_a_head_prints_the_weights_of_the_picture(tiny, run_code: Run, spec) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    printed = run_code(head_code(tiny.entry, TEXTS, spec, side="left", layer=3, head=2))
    shown = np.array([[float(cell) for cell in line.split()] for line in printed])
    maps = attention_maps(tiny, batch, build_mask(spec, batch))[spec.sentence]
    expected = np.where(maps.cause > 0, np.nan, maps.weights[3, 2])
    reads = ~(maps.cause > 0).all(-1)
    np.testing.assert_allclose(shown[reads], expected[reads], atol=2e-6)
