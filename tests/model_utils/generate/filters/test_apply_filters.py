"""The filters equal transformers' own over the whole vocabulary, ties included, and say what each cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.generate.decode import decode
from model_utils.generate.filters.apply_filters import process, warp
from model_utils.generate.filters.filter_settings import CUTS, FILTERS, GENERATE_ORDER, SamplingSettings
from model_utils.generate.filters.one_filter import Filter, WordsFilter
from model_utils.generate.lane import Lane
from model_utils.generate.text_so_far import TextSoFar, banned_tokens, vocabulary
from model_utils.models.loading import LoadedModel

VOCABULARY = 50257
OFF = {one.field: one.off for one in FILTERS}


ENDS = (50256,)
# Short texts that repeat themselves, end-of-text among them, of two lengths: each row has its own.
TEXTS = (
    TextSoFar(ids=(50256, 5, 7, 5, 7, 9, 5), new=2, ends=ENDS, banned=((11,), (12, 13), (7, 5, 400), (50256,))),
    TextSoFar(ids=(3, 3, 12), new=0, ends=ENDS, banned=((11,), (12, 13), (7, 5, 400), (50256,))),
)


def reference(chosen: SamplingSettings, given: torch.Tensor, texts: Sequence[TextSoFar] = ()) -> torch.Tensor:
    """Return `given[B, V]` after transformers' classes for these settings in their order, each row alone."""
    rows = []
    for row, text in zip(given, texts or [None] * len(given), strict=True):
        of_text: dict[str, list[Any]] = {}
        if text is not None:
            of_text = {
                "repetition_penalty": [chosen.repetition_penalty],
                "no_repeat_ngram_size": [chosen.no_repeat_ngram_size],
                "bad_words": [[list(tokens) for tokens in text.banned], list(ENDS)],
                "min_new_tokens": [len(text.ids) - text.new, chosen.min_new_tokens, list(ENDS)],
            }
        made = transformers.LogitsProcessorList(
            [getattr(transformers, one.warper)(*of_text.get(one.field, [one.value(chosen)])) for one in chosen.acting]
        )
        rows.append(made(None if text is None else torch.tensor([text.ids]), row[None].clone()))
    return torch.cat(rows)


def scores(seed: int, *, ties: bool, spread: float) -> torch.Tensor:
    """Return random scores `[2, V]`, rounded so that many are equal when there shall be ties."""
    drawn = torch.randn(2, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * spread
    return (drawn * 4).round() / 4 if ties else drawn


def values_of(one: Filter) -> st.SearchStrategy[Any]:
    """Return values of a filter: off, its bounds, and between them."""
    if isinstance(one, WordsFilter):
        return st.sampled_from([one.off, "son, king"])
    if one.processor and isinstance(one.off, int):
        return st.integers(0, 4)
    if isinstance(one.off, int):
        return st.one_of(st.just(one.off), st.integers(1, 200), st.integers(201, 60_000))
    low, high = max(one.low, 0.05 if one.field == "temperature" else one.low), min(one.high, 5.0)
    return st.one_of(st.sampled_from([one.off, low, 0.5, min(0.95, high)]), st.floats(low, high))


SETTINGS = st.builds(
    SamplingSettings,
    **{one.field: values_of(one) for one in FILTERS},
    order=st.permutations(GENERATE_ORDER).map("".join),
)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000), ties=st.booleans(), spread=st.sampled_from([0.0, 0.2, 1.0, 3.0, 8.0]), chosen=SETTINGS
)
def test_filters_equal_those_of_transformers_over_the_whole_vocabulary(
    seed: int, ties: bool, spread: float, chosen: SamplingSettings
) -> None:
    given_scores = scores(seed, ties=ties, spread=spread)
    expected = reference(chosen, given_scores, TEXTS)
    warped = warp(given_scores, chosen, TEXTS)
    assert torch.equal(warped.scores, expected)
    assert torch.equal(warped.cut > 0, expected == -float("inf"))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.booleans(), chosen=SETTINGS)
def test_at_temperature_zero_processors_act_and_filters_do_not(seed: int, ties: bool, chosen: SamplingSettings) -> None:
    chosen = replace(chosen, temperature=0.0)
    given_scores = scores(seed, ties=ties, spread=3.0)
    expected = reference(chosen, given_scores, TEXTS)
    warped = warp(given_scores, chosen, TEXTS)
    assert torch.equal(warped.scores.argmax(-1), expected.argmax(-1))
    assert (warped.cut == 0).sum(-1).tolist() == [1, 1]
    banned = (warped.cut > 0) & (warped.cut != CUTS.index("greedy"))
    assert torch.equal(banned, expected == -float("inf"))
    after, cut = process(given_scores, chosen, TEXTS)
    assert torch.equal(after, expected)
    assert torch.equal(cut > 0, banned)


def test_what_bans_a_token_is_named_and_pads_are_no_words() -> None:
    """One text repeats `5 7`, the other ends with the first token of a bad word of two."""
    chosen = SamplingSettings(**{**OFF, "no_repeat_ngram_size": 2, "bad_words": "son", "min_new_tokens": 3})
    cut = warp(torch.zeros(2, VOCABULARY), chosen, TEXTS).cut
    named = [{int(token): CUTS[row[token]] for token in row.nonzero()[:, 0]} for row in cut]
    assert named[0] == {7: "no-repeat n-gram", 11: "bad words", 50256: "min new tokens"}
    assert named[1] == {11: "bad words", 13: "bad words", 50256: "min new tokens"}


@pytest.mark.parametrize("size", [1, 2, 3])
def test_processors_equal_generate_on_one_sentence(tiny: LoadedModel, size: int) -> None:
    chosen = SamplingSettings(
        temperature=0.0,
        repetition_penalty=1.3,
        no_repeat_ngram_size=size,
        bad_words="people, great many",
        min_new_tokens=4,
    )
    prompt = tuple(tiny.tokenizer("Once upon a time there was a").input_ids)
    out = tiny.model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        do_sample=False,
        max_new_tokens=12,
        pad_token_id=50256,
        return_dict_in_generate=True,
        output_logits=True,
        output_scores=True,
        repetition_penalty=1.3,
        no_repeat_ngram_size=size,
        bad_words_ids=[list(tokens) for tokens in banned_tokens(tiny.tokenizer, chosen.bad_words)],
        min_new_tokens=4,
    )
    new = out.sequences[0, len(prompt) :].tolist()
    known = vocabulary(tiny, chosen)
    for step, (logits, expected) in enumerate(zip(out.logits, out.scores, strict=True)):
        text = known.so_far(prompt, new[:step])
        assert torch.equal(process(logits.float(), chosen, [text])[0], expected)
    lanes = [Lane(prompt=prompt, settings=chosen), Lane(prompt=prompt[:2], settings=chosen)]
    assert [step.token_id for steps in decode(tiny, lanes, 12) for step in steps if step.lane == 0] == new


@pytest.mark.parametrize("seed", range(3))
def test_with_all_filters_on_the_scores_are_those_of_generate(tiny: LoadedModel, seed: int) -> None:
    of_filters = [one for one in FILTERS if not one.processor]
    values: dict[str, Any] = {
        one.field: 40 if isinstance(one.off, int) else (0.9, 0.7, 0.3)[seed] for one in of_filters
    }
    values |= {"min_p": 0.02, "epsilon_cutoff": 0.001, "eta_cutoff": 0.002}
    torch.manual_seed(seed)
    out = tiny.model.generate(
        torch.tensor([[50256, 464]]),
        attention_mask=torch.ones(1, 2, dtype=torch.long),
        do_sample=True,
        max_new_tokens=3,
        pad_token_id=50256,
        return_dict_in_generate=True,
        output_logits=True,
        output_scores=True,
        **values,
    )
    for logits, expected in zip(out.logits, out.scores, strict=True):
        warped = warp(logits.float(), SamplingSettings(**values))
        assert torch.equal(warped.scores, expected)
        assert 1 <= int((warped.cut == 0).sum()) < 40


def test_top_k_keeps_words_that_tie_with_the_last() -> None:
    warped = warp(torch.tensor([[3.0, 1.0, 2.0, 2.0, 0.0]]), SamplingSettings(**{**OFF, "top_k": 2}))
    assert warped.cut[0].tolist() == [0, CUTS.index("top-k"), 0, 0, CUTS.index("top-k")]


def test_off_values_keep_every_word_and_top_p_of_zero_keeps_one() -> None:
    given_scores = torch.tensor([[0.5, 2.0, 1.0]])
    assert not warp(given_scores, SamplingSettings(**OFF)).cut.any()
    cut = CUTS.index("top-p")
    assert warp(given_scores, SamplingSettings(**{**OFF, "top_p": 0.0})).cut[0].tolist() == [cut, 0, cut]


def test_top_p_stops_where_the_mass_reaches_p_exactly() -> None:
    """Four equal words are exact in binary: half of them are enough for p = 0.5."""
    chosen = SamplingSettings(**{**OFF, "top_p": 0.5})
    warped = warp(torch.zeros(1, 4), chosen)
    assert torch.equal(warped.scores, reference(chosen, torch.zeros(1, 4)))
    assert int((warped.cut == 0).sum()) == 2


def test_each_cut_word_names_the_first_filter_that_cut_it() -> None:
    probabilities = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05]])
    chosen = SamplingSettings(temperature=1.0, top_k=4, top_p=0.8, min_p=0.35)
    assert [CUTS[code] for code in warp(probabilities.log(), chosen).cut[0]] == ["", "", "min-p", "top-p", "top-k"]


def test_temperature_zero_keeps_the_likeliest_word_alone() -> None:
    warped = warp(torch.tensor([[0.5, 2.0, 1.0]]), SamplingSettings(temperature=0.0))
    assert [CUTS[code] for code in warped.cut[0]] == ["greedy", "", "greedy"]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), low=st.integers(1, 300), more=st.integers(0, 300), p=st.floats(0.01, 0.9))
def test_a_larger_k_or_p_never_removes_a_word(seed: int, low: int, more: int, p: float) -> None:
    given_scores = scores(seed, ties=False, spread=2.0)[:, :2000]

    def kept(**change: float) -> torch.Tensor:
        return warp(given_scores, SamplingSettings(**{**OFF, **change})).cut == 0

    assert bool((kept(top_k=low) <= kept(top_k=low + more)).all())
    assert bool((kept(top_p=p) <= kept(top_p=p + 0.1)).all())
