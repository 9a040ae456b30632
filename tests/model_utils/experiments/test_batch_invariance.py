"""Is the answer independent of the batch? Only under mask and positions; and the measure notices when it is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import GPT2LMHeadModel

from model_utils import limits
from model_utils.experiments.batch_invariance import (
    GIVEN,
    MASK_AND_POSITIONS,
    MASK_ONLY,
    NO_MASK,
    TOLERANCE,
    measure,
    passes,
    readings,
)
from model_utils.models.loading import LoadedModel
from model_utils.tokens import batch as tokens_batch
from model_utils.tokens.batch import TokenBatch, encode
from tests.conftest import MISSION

ALL = range(3)


def test_left_pads_need_mask_and_positions(tiny: LoadedModel, mission: TokenBatch) -> None:
    found = measure(tiny, mission, ALL)
    assert [one.in_batch[MASK_AND_POSITIONS].same for one in found] == [True, True, True]
    for way in (NO_MASK, MASK_ONLY):
        assert [one.in_batch[way].same for one in found] == [False, True, False]  # the longest row has no pads
        assert found[0].in_batch[way].logit_difference > 1
        assert 0.1 < found[0].in_batch[way].total_variation <= 1


def test_right_pads_change_nothing_where_the_last_real_token_is_read(tiny: LoadedModel) -> None:
    found = measure(tiny, encode(tiny.tokenizer, MISSION, side="right"), ALL)
    assert all(one.in_batch[way].same for one in found for way in GIVEN)


@pytest.mark.parametrize("pad_id", [0, 7, 50255])
def test_any_pad_id_gives_the_same_answers_under_mask_and_positions(tiny: LoadedModel, pad_id: int) -> None:
    found = measure(tiny, encode(tiny.tokenizer, MISSION, pad_id=pad_id), ALL)
    assert all(one.in_batch[MASK_AND_POSITIONS].same for one in found)


def test_broken_positions_are_noticed(tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        tokens_batch, "positions", lambda mask: np.broadcast_to(np.arange(mask.shape[1]), mask.shape).copy()
    )
    found = measure(tiny, encode(tiny.tokenizer, MISSION), ALL)
    assert [one.in_batch[MASK_AND_POSITIONS].same for one in found] == [False, True, False]


def test_the_three_ways_are_the_calls_that_plain_transformers_makes(tiny: LoadedModel, mission: TokenBatch) -> None:
    plain = GPT2LMHeadModel.from_pretrained(
        tiny.entry.location, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    ids, mask = torch.tensor(mission.input_ids), torch.tensor(mission.attention_mask)
    calls = {
        NO_MASK: {},
        MASK_ONLY: {"attention_mask": mask},
        MASK_AND_POSITIONS: {"attention_mask": mask, "position_ids": torch.tensor(mission.position_ids)},
    }
    found = measure(tiny, mission, ALL)
    with torch.inference_mode():
        alone = plain(input_ids=torch.tensor([[3666, 3290, 318]])).logits[0, -1]
        for way, call in calls.items():
            logits = plain(input_ids=ids, **call).logits[2, -1]
            assert found[2].in_batch[way].logit_difference == pytest.approx(
                float((logits - alone).abs().max()), abs=1e-4
            )
            best = logits.softmax(-1).topk(5).values.tolist()
            assert [probability for _, probability in found[2].in_batch[way].words] == pytest.approx(best, abs=1e-5)


def test_the_last_column_of_right_pads_is_what_generate_goes_on_from(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, MISSION, side="right")
    ids = tiny.model.generate(
        torch.tensor(batch.input_ids),
        attention_mask=torch.tensor(batch.attention_mask),
        max_new_tokens=1,
        do_sample=False,
        pad_token_id=50256,
    )[:, -1]
    found = readings(tiny, batch, ALL)
    assert [one.last_column.words[0][0] for one in found] == [
        tokens_batch.token_label(tiny.tokenizer, int(token_id)) for token_id in ids
    ]
    assert [one.last_column.logit_difference > TOLERANCE for one in found] == [True, False, True]


def test_rows_measured_one_by_one_give_what_the_whole_batch_gives(tiny: LoadedModel, mission: TokenBatch) -> None:
    whole = measure(tiny, mission, ALL)
    single = [measure(tiny, mission, range(b, b + 1))[0] for b in ALL]
    for one, other in zip(whole, single, strict=True):
        assert [word for word, _ in one.in_batch[MASK_ONLY].words] == [
            word for word, _ in other.in_batch[MASK_ONLY].words
        ]


def test_a_batch_above_the_memory_bound_goes_row_by_row(
    tiny: LoadedModel, mission: TokenBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passes(tiny, mission) == (range(3),)
    monkeypatch.setattr(
        "model_utils.experiments.batch_invariance.MAX_ATTENTION_MB", limits.attention_megabytes(6, 8, 8, 3) / 2
    )
    assert passes(tiny, mission) == (range(1), range(1, 2), range(2, 3))


def test_the_chances_of_one_token_alone_are_read_too(tiny: LoadedModel) -> None:
    (found,) = measure(tiny, encode(tiny.tokenizer, ("I",)), range(1))
    assert all(found.in_batch[way].same for way in GIVEN)
    assert len(found.alone.words) == 5
