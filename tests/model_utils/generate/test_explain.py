"""One step in words, against steps made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from model_utils.generate.explain import (
    ban,
    counts_within,
    describe,
    ending,
    funnel,
    penalised,
    shift_before,
    uncertainty,
    why,
)
from model_utils.generate.filters.filter_settings import CUTS, SamplingSettings
from model_utils.generate.step import Step, draw_group, record
from model_utils.generate.tables import candidates_table, steps_table
from model_utils.generate.text_so_far import TextSoFar

WORDS = ("sun", "rain", "snow", "hail")
CHANCES = (0.5, 0.25, 0.125, 0.125)


def label(token_id: int) -> str:
    return WORDS[token_id]


def step_of(settings: SamplingSettings, drawn: int | None = None) -> Step:
    """Return a step over four words; with `drawn`, under the first seed that draws this one."""
    logits = torch.tensor([[math.log(probability) for probability in CHANCES]])
    for sample in range(200):
        (step,) = record(draw_group(logits, settings, lanes=[0], samples=[sample], number=0))
        if drawn in (None, step.token_id):
            return step
    raise AssertionError(f"no sample draws {drawn}")


def test_a_likeliest_word_that_was_not_drawn_is_named_with_the_drawn_one_and_its_rank() -> None:
    settings = SamplingSettings(top_k=2, top_p=1.0)
    said = why(step_of(settings, drawn=1), settings, label)
    assert said == "“sun” was the likeliest, but “rain” was drawn, rank 2."


def test_a_likeliest_word_that_was_drawn_is_named_once() -> None:
    settings = SamplingSettings(temperature=0.5, top_k=0, top_p=1.0)
    said = why(step_of(settings, drawn=0), settings, label)
    assert said.count("sun") == 1
    assert "and it was drawn" in said


def test_greedy_says_that_filters_and_noise_have_no_effect() -> None:
    settings = SamplingSettings(temperature=0.0)
    assert "filters and random numbers have no effect" in why(step_of(settings), settings, label)
    assert funnel(step_of(settings), settings, 4) == "4 tokens → 1 taken (greedy), with 50\xa0% of the probability."


def test_a_lone_word_leaves_nothing_to_draw() -> None:
    settings = SamplingSettings(top_p=0.0)
    assert "only token that the filters left" in why(step_of(settings), settings, label)


def test_a_likeliest_word_that_was_cut_is_explained_with_the_filter() -> None:
    settings = SamplingSettings(top_k=3, top_p=1.0)
    step = step_of(settings, drawn=1)
    cut = np.array([CUTS.index("top-k"), 0, 0, CUTS.index("top-k")], dtype=np.uint8)
    said = why(replace(step, candidates=replace(step.candidates, cut=cut)), settings, label)
    assert said.startswith("“sun” was the likeliest, but top-k 3 cut it; ")
    assert "“rain” was drawn, rank 2" in said
    lone = replace(step.stages[-1], kept=1)
    said = why(replace(step, stages=(lone,), candidates=replace(step.candidates, cut=cut)), settings, label)
    assert said.startswith("“rain” was the only token ")


def test_the_funnel_counts_what_each_filter_left_and_names_the_one_without_effect() -> None:
    settings = SamplingSettings(top_k=3, top_p=0.4, min_p=0.1)
    assert funnel(step_of(settings), settings, 4) == (
        "4 tokens → 4 after top-k (cuts nothing here) → 1 after top-p → 1 after min-p (cuts nothing here), "
        "with 50\xa0% of the probability. Top-p: 40\xa0% of what top-k left."
    )
    first = SamplingSettings(top_k=3, top_p=0.4, order="pk")
    assert counts_within(first) == ""
    off = SamplingSettings(top_k=0, top_p=1.0)
    assert "no filter" in funnel(step_of(off), off, 4)


def test_uncertainty_is_given_in_equal_words_and_in_bits() -> None:
    settings = SamplingSettings(top_k=1, top_p=1.0)
    assert uncertainty(step_of(settings)) == (
        "Like choosing among 3 equal tokens (1.8 bits), after the filters 1 (0.0 bits)."
    )
    uncut = SamplingSettings(top_k=0, top_p=1.0)
    assert uncertainty(step_of(uncut)).count("equal") == 1
    lone = replace(step_of(uncut), entropy_before=0.0, entropy_after=0.0)
    assert "equal" not in uncertainty(lone)


def test_settings_are_named_as_a_reader_does() -> None:
    assert describe(SamplingSettings(top_k=0, min_p=0.1)) == "temperature 1, top-k off, top-p 0.95, min-p 0.1, seed 0"


def test_a_step_that_goes_on_has_no_ending() -> None:
    assert ending(step_of(SamplingSettings()), 256) == ""


def test_the_tables_hold_each_candidate_and_each_step() -> None:
    step = step_of(SamplingSettings(top_k=2, top_p=1.0), drawn=1)
    table = candidates_table(step, label)
    assert table["token"].tolist()[:2] == ["sun", "rain"]
    assert table["outcome"].tolist() == ["kept", "drawn", "cut", "cut"]
    assert table["cut_by"].tolist() == ["", "", "top-k", "top-k"]
    row = steps_table([[step]], label).iloc[0]
    assert (row["step"], row["token"], row["rank"], row["kept_tokens"]) == (1, "rain", 2, 2)


def processed(settings: SamplingSettings, text: tuple[int, ...]) -> Step:
    """Return a step over the four words behind `text`."""
    logits = torch.tensor([[math.log(probability) for probability in CHANCES]])
    so_far = TextSoFar(ids=text, new=0, ends=(), banned=((0,),))
    (step,) = record(draw_group(logits, settings, lanes=[0], samples=[0], number=0, texts=[so_far]))
    return step


def test_a_likeliest_word_that_was_banned_is_explained_with_what_it_would_repeat() -> None:
    settings, text = SamplingSettings(temperature=0.0, no_repeat_ngram_size=2), (1, 0, 1)
    step = processed(settings, text)
    assert ban("no-repeat n-gram", 0, text, settings, label) == "banned: would repeat “rainsun”"
    said = why(step, settings, label, text)
    assert "banned: would repeat “rainsun”" in said
    assert "greedy takes “rain”" in said
    assert [(stage.filter, stage.kept) for stage in step.stages] == [("no-repeat n-gram", 3), ("greedy", 1)]
    assert funnel(step, settings, 4) == (
        "4 tokens → 3 after no-repeat n-gram → 1 taken (greedy), with 25\xa0% of the probability."
    )


def test_bad_words_and_an_early_end_have_their_own_reasons_and_filters_none() -> None:
    settings = SamplingSettings(temperature=0.0, bad_words="sun")
    assert CUTS[processed(settings, (3,)).candidates.cut[0]] == "bad words"
    reasons = [ban(name, 0, (3,), settings, label) for name in ("bad words", "min new tokens", "top-k", "greedy", "")]
    assert len(set(reasons)) == 3
    assert reasons[2:] == [""] * 3


def test_a_word_said_before_is_penalised_or_favoured() -> None:
    words = [
        penalised(token, (1,), SamplingSettings(repetition_penalty=value))
        for value in (1.2, 0.8, 1.0)
        for token in (1, 2)
    ]
    assert words == ["penalised: said before", "", "favoured: said before", "", "", ""]
    settings = SamplingSettings(temperature=0.0, repetition_penalty=3.0)
    step = processed(settings, (0,))
    assert step.token_id == 1
    assert "repetition penalty 3" in describe(settings)


def test_a_filter_is_told_with_the_temperature_where_that_comes_before_it() -> None:
    settings = SamplingSettings(temperature=0.7, top_k=3, top_p=0.9)
    assert shift_before("top-p", settings) == "at temperature 0.7"
    assert shift_before("top-p", replace(settings, order="ptk")) == ""
    assert shift_before("top-p", replace(settings, temperature=1.0)) == ""
    assert shift_before("greedy", replace(settings, temperature=0.0)) == ""
