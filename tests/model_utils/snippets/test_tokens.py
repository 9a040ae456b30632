"""The code of the Tokens page runs unedited in an empty folder and prints what the page shows."""

from __future__ import annotations

import ast

import pytest

from model_utils.experiments.batch_invariance import readings
from model_utils.models.loading import LoadedModel
from model_utils.snippets.tokens import tokens_code
from model_utils.tokens.batch import encode
from tests.tools.snippets import Run

TEXTS = ("It will rain in the", "I want to eat a big bowl of", 'My "dog"\\ is\n🦊')


@pytest.mark.parametrize(("side", "pad_id"), [("left", 50256), ("right", 464)])
def test_the_code_prints_the_ids_masks_positions_and_next_words_of_the_page(
    tiny: LoadedModel, run_code: Run, side: str, pad_id: int
) -> None:
    lines = run_code(tokens_code(tiny.entry, TEXTS, side=side, pad_id=pad_id))
    batch = encode(tiny.tokenizer, TEXTS, side=side, pad_id=pad_id)  # type: ignore[arg-type]
    assert lines[0] == f"ids {batch.input_ids.tolist()}"
    assert lines[1] == f"mask {batch.attention_mask.tolist()}"
    assert lines[2] == f"positions {batch.position_ids.tolist()}"
    for line, reading in zip(lines[3:], readings(tiny, batch, range(3)), strict=True):
        printed = ast.literal_eval(line)
        assert [word.replace(" ", "␣").replace("\n", "⏎") for word, _ in printed] == [w for w, _ in reading.right.words]
        assert [probability for _, probability in printed] == pytest.approx(
            [c for _, c in reading.right.words], abs=1e-4
        )
