"""The engine: equal to `generate` when greedy, each lane independent of its neighbours, every step accounted for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from model_utils.errors import InputError
from model_utils.generate import decode as decode_module
from model_utils.generate.decode import decode, decode_tokens, leave_a_core
from model_utils.generate.filters.filter_settings import CUTS, SamplingSettings
from model_utils.generate.filters.full_distribution import full_distribution
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.generate.plan import cache_megabytes
from model_utils.generate.step import Step
from model_utils.limits import MAX_CACHE_MB
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode
from tests.tools.decoding import assert_same, grown, ids, watched

NEW = 20


def lanes(batch: TokenBatch, settings: SamplingSettings) -> list[Lane]:
    return [Lane(prompt=tuple(token.id for token in row), settings=settings) for row in batch.tokens]


@pytest.fixture(scope="module")
def uneven(tiny: LoadedModel) -> TokenBatch:
    """Return prompts of very different lengths."""
    return encode(
        tiny.tokenizer, ("She", "He shook his head and said that in the middle of the night he had", "My dog is")
    )


@pytest.fixture(scope="module")
def sampled(tiny: LoadedModel, uneven: TokenBatch) -> list[list[Step]]:
    return grown(tiny, lanes(uneven, SamplingSettings(seed=5)), NEW)


def test_greedy_equals_generate_token_for_token(tiny: LoadedModel, uneven: TokenBatch) -> None:
    expected = tiny.model.generate(
        input_ids=torch.tensor(uneven.input_ids),
        attention_mask=torch.tensor(uneven.attention_mask),
        max_new_tokens=NEW,
        do_sample=False,
        pad_token_id=50256,
    )[:, uneven.size[1] :]
    for row, wanted in zip(grown(tiny, lanes(uneven, SamplingSettings(temperature=0.0)), NEW), expected, strict=True):
        assert ids(row) == wanted[: len(row)].tolist()
        assert len(row) == NEW or row[-1].stop == "end"


def test_a_text_is_the_same_alone_and_beside_longer_neighbours(
    tiny: LoadedModel, uneven: TokenBatch, sampled: list[list[Step]]
) -> None:
    every = lanes(uneven, SamplingSettings(seed=5))
    for b, lane in enumerate(every):
        assert_same(grown(tiny, [lane], NEW)[0], sampled[b])
    assert_same(grown(tiny, [every[1], every[0]], NEW)[1], sampled[0])


def test_neighbours_with_other_settings_change_nothing(
    tiny: LoadedModel, uneven: TokenBatch, sampled: list[list[Step]]
) -> None:
    every = lanes(uneven, SamplingSettings(seed=5))
    other = [Lane(prompt=every[1].prompt, settings=SamplingSettings(temperature=0.0), sample=3) for _ in range(2)]
    assert_same(grown(tiny, [other[0], every[2], other[1]], NEW)[1], sampled[2])


def test_four_readers_at_once_get_the_same_texts(
    tiny: LoadedModel, uneven: TokenBatch, sampled: list[list[Step]]
) -> None:
    every = lanes(uneven, SamplingSettings(seed=5))
    with ThreadPoolExecutor(4) as pool:
        for rows in pool.map(lambda _: grown(tiny, every, 8), range(4)):
            for row, wanted in zip(rows, sampled, strict=True):
                assert_same(row, wanted[:8])


def test_a_prompt_that_lanes_share_is_read_once_and_its_texts_are_those_of_lanes_alone(
    tiny: LoadedModel, uneven: TokenBatch
) -> None:
    long, short = lanes(uneven, SamplingSettings(seed=5))[1], lanes(uneven, SamplingSettings(seed=5))[0]
    hidden = replace(long, policy=MaskPolicy(spec=MaskSpec(weights={1: 0.0})))
    every = [long, short, replace(long, sample=1), hidden, replace(long, settings=SamplingSettings(temperature=0.0))]
    model, rows = watched(tiny, every, NEW)
    assert [given["input_ids"].shape[0] for given in model.given[:2]] == [3, 5]
    for lane, row in zip(every, rows, strict=True):
        assert_same(row, grown(tiny, [lane], NEW)[0])


def test_drawing_without_a_record_gives_the_same_tokens(tiny: LoadedModel, uneven: TokenBatch) -> None:
    every = [*lanes(uneven, SamplingSettings(seed=5)), *lanes(uneven, SamplingSettings(temperature=0.0))]
    every[0] = replace(every[0], taken=(11,))
    recorded = [[(step.token_id, step.stop) for step in row] for row in grown(tiny, every, NEW)]
    drawn: list[list[tuple[int, str]]] = [[] for _ in every]
    for steps in decode_tokens(tiny, every, NEW):
        for step in steps:
            drawn[step.lane].append((step.token_id, step.stop))
    assert drawn == recorded


def test_more_keys_and_values_than_there_is_room_for_are_refused_with_both_numbers(tiny: LoadedModel) -> None:
    lane = Lane(prompt=(11,) * 200, settings=SamplingSettings())
    size = cache_megabytes(tiny, 1, 300)
    assert size == pytest.approx(2 * tiny.layers * 300 * tiny.entry.width * 4 / 1e6)
    many = int(MAX_CACHE_MB / size) + 1
    with pytest.raises(InputError, match=rf"{many} texts of 300 tokens need 1,0\d\d MB .* 1,024 MB"):
        decode(tiny, [lane] * many, 100)


def test_seed_and_sample_change_the_text(tiny: LoadedModel, uneven: TokenBatch, sampled: list[list[Step]]) -> None:
    prompt = lanes(uneven, SamplingSettings())[0].prompt
    others = [
        Lane(prompt=prompt, settings=SamplingSettings(seed=6)),
        Lane(prompt=prompt, settings=SamplingSettings(seed=5), sample=1),
    ]
    assert all(ids(row) != ids(sampled[0]) for row in grown(tiny, others, NEW))


def test_every_step_equals_a_fresh_pass_over_the_text_so_far(
    tiny: LoadedModel, uneven: TokenBatch, sampled: list[list[Step]]
) -> None:
    row, prompt = sampled[0], lanes(uneven, SamplingSettings())[0].prompt
    text = torch.tensor([[*prompt, *ids(row)]])
    with torch.inference_mode():
        probabilities = tiny.model(text, attention_mask=torch.ones_like(text)).logits[0].softmax(-1).numpy()
    for step in row:
        expected = probabilities[len(prompt) - 1 + step.number]
        np.testing.assert_allclose(step.candidates.before, expected[step.candidates.ids], rtol=1e-3, atol=1e-6)
        assert step.rank == pytest.approx(1 + (expected > expected[step.token_id]).sum(), abs=1)


def test_stages_and_candidates_of_a_step_add_up(sampled: list[list[Step]]) -> None:
    for step in (step for row in sampled for step in row):
        kept = [stage.kept for stage in step.stages]
        assert [stage.filter for stage in step.stages] == ["top-k", "top-p"]
        assert kept == sorted(kept, reverse=True)
        assert kept[0] == 50
        found = step.candidates
        assert np.array_equal(found.cut == 0, found.after > 0)
        assert found.after.sum() == pytest.approx(1.0, abs=1e-5)  # all 50 that top-k kept are among the candidates
        assert (found.cut == 0).sum() == kept[-1]
        assert (np.diff(found.before) <= 0).all()
        assert found.cut[step.drawn] == 0
        assert step.entropy_after < step.entropy_before


def test_steps_record_what_cut_the_tokens_of_lanes_with_the_same_past(tiny: LoadedModel) -> None:
    """Only as long as the past is the same, and of the same sample; the record is that of the whole distribution."""
    wide, narrow = SamplingSettings(top_k=0, top_p=1.0, seed=3), SamplingSettings(top_k=2, top_p=0.9, seed=3)
    every = [
        Lane(prompt=(50256,), settings=settings, sample=sample) for settings in (wide, narrow) for sample in range(8)
    ]
    rows = grown(tiny, every, 4)
    for sample in range(8):
        one, other = rows[sample], rows[8 + sample]
        parted = next(n for n in range(4) if one[n].token_id != other[n].token_id)
        step, far = other[parted], one[parted].token_id
        cut = full_distribution(tiny, (50256, *ids(other[:parted])), narrow).cut
        assert step.cut_by(far) == CUTS[cut[far]]
        assert set(step.far.ids.tolist()) <= {far}
        for later in (*one[parted + 1 :], *other[parted + 1 :]):
            assert not len(later.far.ids)
    assert any(len(step.far.ids) for row in rows for step in row)


def test_a_step_stays_small_whatever_the_vocabulary(sampled: list[list[Step]]) -> None:
    found = sampled[0][0].candidates
    assert len(found.ids) <= 54
    assert sum(array.nbytes for array in (found.ids, found.ranks, found.before, found.after, found.cut)) < 3000


def test_end_of_text_ends_a_lane_while_the_others_go_on(tiny: LoadedModel, mission: TokenBatch) -> None:
    """Its neighbours equal their texts alone."""
    every = lanes(mission, SamplingSettings())
    every[2] = replace(every[2], taken=(262, 50256))
    rows = grown(tiny, every, 8)
    assert [row[-1].stop for row in rows] == ["length", "length", "end"]
    assert ids(rows[2]) == [262, 50256]
    for row, lane in zip(rows[:2], every, strict=False):
        assert_same(grown(tiny, [lane], 8)[0], row)


def test_the_context_ends_a_lane_and_not_its_neighbours(tiny: LoadedModel, mission: TokenBatch) -> None:
    lane = lanes(mission, SamplingSettings())[0]
    full = Lane(prompt=(11,) * (tiny.context - 3), settings=SamplingSettings(temperature=0.0))
    rows = grown(tiny, [full, lane], 8)
    assert (len(rows[0]), rows[0][-1].stop) == (3, "context")
    assert_same(rows[1], grown(tiny, [lane], 8)[0])


def test_a_prompt_that_leaves_no_room_is_refused_at_once_with_both_numbers(tiny: LoadedModel) -> None:
    with pytest.raises(InputError, match=r"256 tokens .* reads 256 in all"):
        decode(tiny, [Lane(prompt=(11,) * 256, settings=SamplingSettings())], 5)


@pytest.mark.parametrize("new", [0, 201])
def test_a_number_of_new_tokens_outside_its_bounds_is_refused(tiny: LoadedModel, new: int) -> None:
    with pytest.raises(InputError, match=f"{new} new tokens"):
        decode(tiny, [Lane(prompt=(11,), settings=SamplingSettings())], new)


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(InputError, match="at least one token"):
        Lane(prompt=(), settings=SamplingSettings())


def test_whoever_iterates_may_stop_and_keeps_what_was_made(tiny: LoadedModel, mission: TokenBatch) -> None:
    made = decode(tiny, lanes(mission, SamplingSettings()), NEW)
    first = next(made)
    made.close()
    assert len(first) == 3


def test_the_first_cut_word_is_the_next_in_rank_however_cold_the_draw(tiny: LoadedModel, uneven: TokenBatch) -> None:
    """At temperature 0.01 nearly all probabilities underflow to 0; scores still tell the words apart."""
    cold = lanes(uneven, SamplingSettings(temperature=0.01, top_k=50, top_p=1.0))[:1]
    found = grown(tiny, cold, 1)[0][0].candidates
    cut = found.cut > 0
    assert found.ranks[cut].tolist() == [51]
    assert found.ranks.tolist() == sorted(found.ranks.tolist())


def test_a_text_is_the_same_alone_in_a_pair_and_among_twelve(
    tiny: LoadedModel, uneven: TokenBatch, sampled: list[list[Step]]
) -> None:
    one = lanes(uneven, SamplingSettings(seed=5))[0]
    others = [
        Lane(prompt=lane.prompt, settings=SamplingSettings(temperature=0.5 + 0.2 * n, top_k=n, seed=n), sample=n)
        for n in range(1, 12)
        for lane in [lanes(uneven, SamplingSettings())[n % 3]]
    ]
    assert_same(grown(tiny, [others[0], one], NEW)[1], sampled[0])
    assert_same(grown(tiny, [*others[:6], one, *others[6:]], NEW)[6], sampled[0])


def elsewhere(work: Callable[[], object]) -> None:
    """Run `work` in a thread of its own."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let torch use four threads, and afterwards as many as before."""
    before = torch.get_num_threads()
    monkeypatch.setattr(decode_module, "_CORES", 4)
    elsewhere(lambda: torch.set_num_threads(4))
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("four")
def test_one_thread_leaves_a_core_and_later_ones_use_all() -> None:
    seen: list[int] = []

    def work() -> None:
        seen.append(torch.get_num_threads())
        leave_a_core()
        seen.append(torch.get_num_threads())
        leave_a_core()
        seen.append(torch.get_num_threads())

    elsewhere(work)
    elsewhere(lambda: seen.append(torch.get_num_threads()))
    assert seen == [4, 3, 3, 4]


def test_a_single_core_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_module, "_CORES", 1)
    seen: list[int] = []

    def work() -> None:
        torch.set_num_threads(1)
        leave_a_core()
        seen.append(torch.get_num_threads())

    before = torch.get_num_threads()
    elsewhere(work)
    torch.set_num_threads(before)
    assert seen == [1]


def test_numbers_that_are_the_same_are_equal_and_shares_end_at_1(tiny):
    """At temperature 1 without a penalty the model's probability is the one before the filters, to the last digit."""
    lane = Lane(prompt=tuple(tiny.tokenizer("My dog is").input_ids), settings=SamplingSettings(top_k=0, top_p=0.9))
    pure = replace(lane, settings=SamplingSettings(top_k=0, top_p=1.0))
    for steps in decode(tiny, [lane, pure], 8):
        assert all(step.probability_raw == step.probability for step in steps)
        assert all(step.stages[-1].mass == pytest.approx(1, abs=1e-6) for step in steps if step.lane == 1)
