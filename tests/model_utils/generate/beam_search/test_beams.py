"""Beam search equals `generate(num_beams=n, do_sample=False)`: tokens, scores, all hypotheses; and records what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_settings import EARLY_STOPPING, BeamSettings
from model_utils.generate.beam_search.beams import BeamStep, beam_search, finished, replay
from model_utils.generate.beam_search.hypotheses import Hypothesis
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.generate.text_so_far import banned_tokens
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel
from tests.tools.decoding import grown, ids

END, STOP, COMMA = 50256, 13, 11
ONCE = "Once upon a time there was a"
PROMPTS = (ONCE, "He shook his", "It was", "<|endoftext|>", "The king said that he had no time. The king said")
OFF = SamplingSettings(temperature=0.0)


def ending_with(loaded: LoadedModel, ends: tuple[int, ...]) -> LoadedModel:
    """Return the model with other tokens that end a text, so that short texts end by themselves."""
    return replace(loaded, entry=replace(loaded.entry, end_of_text=ends))


def lane(loaded: LoadedModel, text: str, chosen: SamplingSettings = OFF, policy: MaskPolicy | None = None) -> Lane:
    prompt = tuple(loaded.tokenizer(text, add_special_tokens=False).input_ids)
    return Lane(prompt=prompt, settings=chosen, policy=policy or MaskPolicy())


def searched(loaded: LoadedModel, lanes: Sequence[Lane], beams: BeamSettings, new: int) -> list[list[BeamStep]]:
    """Return the steps of each sentence's search."""
    rows: list[list[BeamStep]] = [[] for _ in lanes]
    for steps in beam_search(loaded, lanes, beams, new):
        for step in steps:
            rows[step.sentence].append(step)
    return rows


def generated(loaded: LoadedModel, one: Lane, beams: BeamSettings, new: int) -> list[tuple[list[int], float]]:
    """Return all hypotheses of transformers, best first: new tokens and score."""
    chosen, arguments = one.settings, dict[str, Any]()
    if chosen.bad_words:
        arguments["bad_words_ids"] = [list(found) for found in banned_tokens(loaded.tokenizer, chosen.bad_words)]
    for name in ("repetition_penalty", "no_repeat_ngram_size", "min_new_tokens"):
        arguments[name] = getattr(chosen, name)
    out = loaded.model.generate(
        torch.tensor([one.prompt]),
        attention_mask=torch.ones(1, len(one.prompt), dtype=torch.long),
        do_sample=False,
        num_beams=beams.num_beams,
        num_return_sequences=beams.num_beams,
        length_penalty=beams.length_penalty,
        early_stopping=EARLY_STOPPING[beams.early_stopping],
        max_new_tokens=new,
        eos_token_id=list(loaded.end_of_text),
        pad_token_id=END,
        return_dict_in_generate=True,
        output_scores=True,
        **arguments,
    )
    found = []
    for row, score in zip(out.sequences.tolist(), out.sequences_scores.tolist(), strict=True):
        tokens = row[len(one.prompt) :]
        ended = next((at + 1 for at, token in enumerate(tokens) if token in loaded.end_of_text), len(tokens))
        found.append((tokens[:ended], score))
    return found


def assert_same(found: Sequence[Hypothesis], expected: Sequence[tuple[list[int], float]]) -> None:
    assert [list(one.tokens) for one in found] == [tokens for tokens, _ in expected]
    assert [one.normalised for one in found] == pytest.approx([score for _, score in expected], abs=1e-4, rel=1e-5)


BEAMS = st.builds(
    BeamSettings,
    num_beams=st.integers(2, 6),
    length_penalty=st.sampled_from([1.0, 0.0, 2.0, 0.5, -1.0, -2.0]),
    early_stopping=st.sampled_from(list(EARLY_STOPPING)),
)
PROCESSED = st.builds(
    SamplingSettings,
    temperature=st.just(0.0),
    repetition_penalty=st.sampled_from([1.0, 1.0, 1.3, 0.8]),
    no_repeat_ngram_size=st.sampled_from([0, 0, 1, 2, 3]),
    bad_words=st.sampled_from(["", "", "son, great many", "a"]),
    min_new_tokens=st.sampled_from([0, 0, 4]),
)


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    text=st.sampled_from(PROMPTS),
    beams=BEAMS,
    chosen=PROCESSED,
    ends=st.sampled_from([(END,), (STOP, END), (COMMA, STOP, END)]),
    new=st.integers(1, 12),
)
def test_hypotheses_equal_those_of_generate(
    tiny: LoadedModel, text: str, beams: BeamSettings, chosen: SamplingSettings, ends: tuple[int, ...], new: int
) -> None:
    model = ending_with(tiny, ends)
    one = lane(model, text, replace(chosen, min_new_tokens=min(chosen.min_new_tokens, new)))
    (steps,) = searched(model, [one], beams, new)
    assert_same(steps[-1].hypotheses, generated(model, one, beams, new))


@pytest.mark.parametrize("early_stopping", EARLY_STOPPING)
@pytest.mark.parametrize("length_penalty", [1.0, -1.0])
def test_a_batch_of_unequal_prompts_gives_what_each_sentence_gives_alone(
    tiny: LoadedModel, early_stopping: str, length_penalty: float
) -> None:
    """Texts end inside, at other steps than their neighbours."""
    model = ending_with(tiny, (STOP, COMMA, END))
    beams = BeamSettings(num_beams=3, length_penalty=length_penalty, early_stopping=early_stopping)
    lanes = [lane(model, text, replace(OFF, no_repeat_ngram_size=1)) for text in PROMPTS]
    rows = searched(model, lanes, beams, 15)
    assert len({len(steps) for steps in rows}) > 1
    for one, steps in zip(lanes, rows, strict=True):
        assert_same(steps[-1].hypotheses, generated(model, one, beams, 15))


def test_a_step_tells_what_became_of_every_candidate(tiny: LoadedModel) -> None:
    model = ending_with(tiny, (STOP, COMMA, END))
    beams = BeamSettings(num_beams=4, early_stopping="never")
    (steps,) = searched(model, [lane(model, ONCE)], beams, 20)
    texts: tuple[tuple[int, ...], ...] = ((),) * 4
    seen: set[tuple[int, ...]] = set()
    for step in steps[:-1]:
        best = [one for one in step.candidates if one.rank <= 16]
        assert [one.rank for one in best] == list(range(1, 17))
        assert [one.total for one in best] == sorted((one.total for one in best), reverse=True)
        assert len(step.kept) == 4
        assert [one.total for one in step.kept] == pytest.approx(list(step.totals))
        assert step.texts == tuple((*texts[one.beam], one.token_id) for one in step.kept)
        for one in best:
            assert (one.slot is not None) == (one.outcome == "kept")
            assert (one.normalised is not None) == (one.token_id in model.end_of_text)
            if one.outcome == "finished":
                assert one.rank <= 4
                seen.add((*texts[one.beam], one.token_id))
        assert {one.tokens for one in step.hypotheses} <= seen
        texts = step.texts
    assert [step.done for step in steps] == [*[False] * (len(steps) - 1), True]
    assert len(seen) > 1


def test_the_greedy_path_is_marked_until_it_falls_out(tiny: LoadedModel) -> None:
    (greedy,) = grown(tiny, [lane(tiny, ONCE)], 12)
    (steps,) = searched(tiny, [lane(tiny, ONCE)], BeamSettings(num_beams=4), 12)
    marked = [one for step in steps for one in step.candidates if one.greedy]
    assert len(marked) > 1
    assert [one.token_id for one in marked] == ids(greedy)[: len(marked)]
    assert all(one.outcome == "kept" for one in marked[:-1])
    assert len(marked) == len(steps) or marked[-1].slot is None


def test_one_beam_is_greedy(tiny: LoadedModel) -> None:
    chosen = replace(OFF, repetition_penalty=1.2, no_repeat_ngram_size=2)
    # The penalty acts on log-probabilities here, on raw scores there: only without it are the two the same.
    for one in (OFF, replace(chosen, repetition_penalty=1.0)):
        (greedy,) = grown(tiny, [lane(tiny, ONCE, one)], 10)
        (steps,) = searched(tiny, [lane(tiny, ONCE, one)], BeamSettings(), 10)
        assert list(steps[-1].hypotheses[0].tokens) == ids(greedy)


def test_a_ban_is_told_where_it_takes_a_beams_likeliest_token(tiny: LoadedModel) -> None:
    chosen = replace(OFF, bad_words="king")
    (steps,) = searched(tiny, [lane(tiny, ONCE, chosen)], BeamSettings(num_beams=2), 2)
    (ban,) = steps[0].bans
    assert (ban.beam, tiny.tokenizer.decode([ban.token_id]), ban.by) == (0, " king", "bad words")


def test_hidden_words_are_hidden_from_every_beam(tiny: LoadedModel) -> None:
    """A window of one token: the next word depends on the last one alone, so that two prompts that end alike go on alike."""
    policy = MaskPolicy(spec=MaskSpec(pattern="window", width=1))
    beams = BeamSettings(num_beams=3)
    lanes = [lane(tiny, "He was a", OFF, policy), lane(tiny, "Once upon a time there was a", OFF, policy)]
    one, other = searched(tiny, lanes, beams, 5)
    alone = searched(tiny, lanes[:1], beams, 5)[0]
    assert one[-1].hypotheses[0].tokens == alone[-1].hypotheses[0].tokens
    assert (
        one[-1].hypotheses[0].tokens != searched(tiny, [lane(tiny, "He was a")], beams, 5)[0][-1].hypotheses[0].tokens
    )
    assert len(other) == 5


def test_a_search_ends_where_the_context_does(tiny: LoadedModel) -> None:
    text = " a" * (tiny.context - 3)
    (steps,) = searched(tiny, [lane(tiny, text)], BeamSettings(num_beams=2), 10)
    assert len(steps) == 3
    assert [len(one.tokens) for one in steps[-1].hypotheses] == [3, 3]


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"num_beams": 0}, "0 beams .* 1 to 12"),
        ({"num_beams": 13}, "13 beams .* 1 to 12"),
        ({"length_penalty": 5.1}, "5.1 .* -5 to 5"),
        ({"length_penalty": float("nan")}, "nan"),
        ({"early_stopping": "maybe"}, "'maybe' .* false, true, never"),
    ],
)
def test_a_setting_outside_its_bounds_is_named(bad: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        BeamSettings(**bad)


def test_a_branch_is_refused(tiny: LoadedModel) -> None:
    with pytest.raises(InputError, match="taken by hand"):
        beam_search(tiny, [replace(lane(tiny, ONCE), taken=(5,))], BeamSettings(num_beams=2), 5)


@pytest.mark.parametrize("early_stopping", EARLY_STOPPING)
def test_a_recorded_search_tells_what_generate_does_under_another_penalty(
    tiny: LoadedModel, early_stopping: str
) -> None:
    """Where it would go on beyond the recorded steps, nothing is claimed."""
    model = ending_with(tiny, (STOP, COMMA, END))
    one = lane(model, ONCE)
    beams = BeamSettings(num_beams=4, early_stopping="never")
    (steps,) = searched(model, [one], beams, 25)
    known = 0
    for penalty in (-2.0, 0.0, 0.7, 1.0, 2.0):
        other = BeamSettings(num_beams=4, length_penalty=penalty, early_stopping=early_stopping)
        found, (fresh,) = replay(steps, other, 25), searched(model, [one], other, 25)
        assert found.steps in (len(fresh), None)
        if found.steps is not None:
            known += 1
            assert found.hypotheses == fresh[-1].hypotheses
            assert_same(found.hypotheses, generated(model, one, other, 25))
    assert known > 1
    every = finished(steps, beams)
    assert set(steps[-1].hypotheses) <= set(every)
    assert every[0].score(0.0) == every[0].total
