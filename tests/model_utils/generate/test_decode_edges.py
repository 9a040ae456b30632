"""Policies at their edges: a prompt dropped at once or never, the end of the context, one token, nothing to read."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model_utils.errors import InputError
from model_utils.generate.decode import decode
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel
from tests.tools.decoding import GREEDY, LONG, assert_same, grown, ids, lane_of, watched

NEW = 9
SHORT = "It will rain in the"


def test_the_prompt_is_read_by_the_first_draws_and_by_none_after_it_was_dropped(tiny: LoadedModel) -> None:
    whole, dropped = (lane_of(tiny, LONG, MaskPolicy(drop_after=after)) for after in (None, 4))
    n = len(whole.prompt)
    model, rows = watched(tiny, [whole, dropped], NEW)
    assert ids(rows[1])[:4] == ids(rows[0])[:4]
    for step in range(NEW):
        on_prompt = model.attentions[step][:, 1, :, -1, :n].numpy()  # (L, H, K)
        assert (on_prompt.max() > 0) == (step < 4)
    assert (model.logits[4][1] - model.logits[4][0]).abs().max() > 0.1


def test_a_prompt_dropped_beyond_the_end_changes_nothing(tiny: LoadedModel) -> None:
    rows = grown(tiny, [lane_of(tiny, LONG, MaskPolicy(drop_after=after)) for after in (None, NEW, NEW + 50)], NEW)
    assert_same(rows[1], rows[0])
    assert_same(rows[2], rows[0])


def test_a_prompt_dropped_at_once_leaves_its_last_token_alone_at_its_place(tiny: LoadedModel) -> None:
    alone = MaskPolicy(spec=MaskSpec(pattern="window", width=1))
    lanes = [lane_of(tiny, LONG, MaskPolicy(drop_after=0)), lane_of(tiny, LONG, alone)]
    model, _ = watched(tiny, lanes, 1)
    np.testing.assert_allclose(model.logits[0][0], model.logits[0][1], atol=1e-4)
    with torch.inference_mode():
        last = torch.tensor([[lanes[0].prompt[-1]]])
        place = torch.tensor([[len(lanes[0].prompt) - 1]])
        expected = tiny.model(last, attention_mask=torch.ones_like(last), position_ids=place).logits[0, -1]
    np.testing.assert_allclose(model.logits[0][0], expected, atol=1e-4)


@pytest.mark.parametrize("policy", [MaskPolicy(drop_after=2), MaskPolicy(spec=MaskSpec(pattern="bidirectional"))])
def test_the_context_ends_a_lane_under_a_policy_and_not_its_neighbours(tiny: LoadedModel, policy: MaskPolicy) -> None:
    full = Lane(prompt=(11,) * (tiny.context - 3), settings=GREEDY, policy=policy)
    last = Lane(prompt=(11,) * (tiny.context - 1), settings=GREEDY, policy=policy)
    lane = lane_of(tiny, LONG, policy)
    rows = grown(tiny, [full, lane, last], 8)
    assert [(len(row), row[-1].stop) for row in rows] == [(3, "context"), (8, "length"), (1, "context")]
    assert_same(rows[1], grown(tiny, [lane], 8)[0])
    assert_same(rows[0], grown(tiny, [full], 8)[0])


@pytest.mark.parametrize("pattern", ["bidirectional", "prefix", "documents"])
def test_a_prompt_of_one_token_reads_the_same_under_patterns_that_concern_the_prompt(
    tiny: LoadedModel, pattern: str
) -> None:
    lanes = [lane_of(tiny, "She", MaskPolicy(spec=MaskSpec(pattern=pattern))), lane_of(tiny, "She", MaskPolicy())]
    rows = grown(tiny, lanes, NEW)
    assert_same(rows[0], rows[1])


@pytest.mark.parametrize(
    ("policy", "token"),
    [
        (MaskPolicy(spec=MaskSpec(weights=dict.fromkeys(range(5), 0.0))), 4),
        (MaskPolicy(spec=MaskSpec(weights={4: 0}), drop_after=0), 4),
        (MaskPolicy(spec=MaskSpec(cells=frozenset({(0, 0)}))), 0),
        (MaskPolicy(spec=MaskSpec(cells=frozenset({(7, 7)}), pattern="window", width=1)), 7),
    ],
)
def test_a_policy_that_leaves_a_token_nothing_to_read_is_refused_at_once_with_the_way_out(
    tiny: LoadedModel, policy: MaskPolicy, token: int
) -> None:
    lanes = [lane_of(tiny, LONG, MaskPolicy()), lane_of(tiny, SHORT, policy)]
    with pytest.raises(InputError, match=rf"token {token} of prompt 1 may read nothing.*let it read"):
        decode(tiny, lanes, NEW)


def test_a_token_that_is_never_read_needs_nothing_to_read(tiny: LoadedModel) -> None:
    """The last token that is drawn, of those asked for or of those that fit the context, is no longer read."""

    def blind(token: int) -> MaskPolicy:
        return MaskPolicy(spec=MaskSpec(cells=frozenset({(token, token)}), pattern="window", width=1))

    assert len(grown(tiny, [lane_of(tiny, SHORT, blind(7))], 3)[0]) == 3
    end = tiny.context - 1
    last, one_before = (Lane(prompt=(11,) * (end - 2), settings=GREEDY, policy=blind(t)) for t in (end, end - 1))
    assert len(grown(tiny, [last], 8)[0]) == 3
    with pytest.raises(InputError, match=f"token {end - 1} of prompt 0"):
        decode(tiny, [one_before], 8)
