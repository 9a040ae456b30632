"""The code of the Masks page's first screen and parts runs unedited and prints what the page shows."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from model_utils.distributions import entropy_bits, total_variation
from model_utils.experiments.ablation import attention_vs_ablation, next_word, plain
from model_utils.experiments.ablation_curve import ablation_curves
from model_utils.experiments.soft_weights import run_soft_masks
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel
from model_utils.models.next_word import top_tokens
from model_utils.snippets.ablation import (
    ablation_curve_code,
    attention_vs_ablation_code,
    hiding_code,
    softening_code,
)
from model_utils.tokens.batch import TokenBatch, encode
from model_utils.tokens.words import group_words
from tests.tools.snippets import Run

TEXTS = ('My "dog"\\ is\n🦊 and', "The king died.<|endoftext|>The old queen was so", "I am")

SPECS = (
    MaskSpec(weights={1: 0.0, 3: 0.5}, cells=frozenset({(4, 2)})),
    MaskSpec(weights={0: 0.0, 2: 0.0}, gap="close"),
    MaskSpec(sentence=1, pattern="documents", weights={6: 0.0}, gap="close"),
    MaskSpec(pattern="window", width=3, weights={6: 0.25}),
    MaskSpec(pattern="sink", width=2, first=2, weights={1: 0.0}),
    MaskSpec(pattern="prefix", first=4, weights={3: 0.0}),
    MaskSpec(pattern="bidirectional", weights={3: 0.0}),
    MaskSpec(sentence=2, padding=False, weights={0: 0.0}, gap="close"),
)


def check(lines: list[str], tiny: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> None:
    before, after = next_word(tiny, batch, plain(spec)), next_word(tiny, batch, spec)
    for name, line, entropy, probabilities in zip(
        ("before", "after"), lines[0:4:2], lines[1:4:2], (before, after), strict=True
    ):
        printed = ast.literal_eval(line.removeprefix(f"{name} "))
        assert [probability for _, probability in printed] == pytest.approx(
            probabilities[top_tokens(probabilities, 5)], abs=2e-5
        )
        assert float(entropy.split()[-1]) == pytest.approx(float(entropy_bits(probabilities)), abs=1e-3)
    assert float(lines[4].split()[-1]) == pytest.approx(float(total_variation(before, after)), abs=1e-4)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.pattern}-{spec.gap}-{spec.padding}")
@pytest.mark.parametrize("side", ["left"])
def test_the_code_of_hiding_prints_the_numbers_of_the_page(
    tiny: LoadedModel, run_code: Run, spec: MaskSpec, side: str
) -> None:
    batch = encode(tiny.tokenizer, TEXTS, side=side)  # type: ignore[arg-type]
    check(run_code(hiding_code(tiny.entry, batch, spec)), tiny, batch, spec)


def test_the_code_runs_in_an_empty_folder_by_itself(tiny: LoadedModel, run_code_freshly: Run) -> None:
    batch, spec = encode(tiny.tokenizer, TEXTS, side="right"), MaskSpec(sentence=2, padding=False, weights={0: 0.5})
    check(run_code_freshly(hiding_code(tiny.entry, batch, spec)), tiny, batch, spec)


def test_the_code_of_half_a_word_prints_each_row(tiny: LoadedModel, run_code: Run) -> None:
    text = "He gave the boy a"
    lines = run_code(softening_code(tiny.entry, text, [1, 3], 0.5, layer=2, head=5))
    for line, one in zip(lines, run_soft_masks(tiny, encode(tiny.tokenizer, (text,)), [1, 3], 0.5), strict=True):
        kind, *weights = line.split()
        assert kind == one.kind
        assert np.array(weights, dtype=float) == pytest.approx(one.weights[2, 5], abs=2e-6)


@pytest.mark.parametrize(
    "spec", [MaskSpec(weights={2: 0.5, 1: 0.0}, gap="close"), SPECS[2]], ids=["words", "documents"]
)
def test_the_code_of_attention_vs_ablation_prints_attention_and_change(
    tiny: LoadedModel, run_code: Run, spec: MaskSpec
) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    words = group_words(batch.texts[spec.sentence], batch.tokens[spec.sentence])
    lines = run_code(attention_vs_ablation_code(tiny.entry, batch, spec, [word.tokens for word in words]))
    found = attention_vs_ablation(tiny, batch, spec, words)
    printed = np.array([line.split()[-2:] for line in lines], dtype=float)
    assert printed[:, 0] == pytest.approx(found.attention, abs=1e-5)
    assert printed[:, 1] == pytest.approx(found.change, abs=1e-4)


def test_the_code_of_the_ablation_curve_prints_change_and_entropy(tiny: LoadedModel, run_code: Run) -> None:
    batch, spec = encode(tiny.tokenizer, TEXTS), MaskSpec(weights={1: 0.0}, gap="close")
    words = group_words(batch.texts[0], batch.tokens[0])
    printed = [line.split() for line in run_code(ablation_curve_code(tiny.entry, batch, spec, words))]
    for one in ablation_curves(tiny, batch, spec, words):
        lines = [line for line in printed if line[0] == one.end]
        assert [int(line[1]) for line in lines] == list(range(len(words) - 1))
        assert [float(line[2]) for line in lines] == pytest.approx(one.change, abs=1e-4)
        assert [float(line[3]) for line in lines] == pytest.approx(one.bits, abs=1e-3)
