"""The code of one head under a mask, run unedited in an empty folder: the weights of the picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import attention_maps
from model_utils.models.loading import LoadedModel
from model_utils.snippets.masks import head_code
from model_utils.tokens.batch import encode

TEXTS = ("He shook his head", "My dog is here and so am I")
SPECS = (
    MaskSpec(sentence=0, weights={1: 0.0, 2: 0.5}, cells=frozenset({(3, 0)})),
    MaskSpec(sentence=1, pattern="sink", width=2, first=1),
    MaskSpec(sentence=0, weights={1: 0.0}, gap="close", pattern="bidirectional"),
)


def test_the_code_prints_the_weights_of_the_picture(tiny: LoadedModel, tmp_path: Path) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    for place, spec in enumerate(SPECS):
        code = head_code(tiny.entry, TEXTS, spec, side="left", layer=3, head=2)
        (tmp_path / f"head{place}.py").write_text(code, "utf-8")
    script = "import runpy\nfor i in range(3):\n    runpy.run_path(f'head{i}.py'); print('----')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True
    )
    for printed, spec in zip(done.stdout.split("----"), SPECS, strict=False):
        shown = np.array([[float(cell) for cell in line.split()] for line in printed.strip().splitlines()])
        maps = attention_maps(tiny, batch, build_mask(spec, batch))[spec.sentence]
        expected = np.where(maps.cause > 0, np.nan, maps.weights[3, 2])
        read = ~(maps.cause > 0).all(-1)
        np.testing.assert_allclose(shown[read], expected[read], atol=2e-6)
