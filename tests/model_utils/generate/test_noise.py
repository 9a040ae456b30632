"""The draw follows the distribution, and its noise the names that it is made from and nothing else."""

from __future__ import annotations

import numpy as np

from model_utils.generate.noise import StepNoise, draw, gumbel, uniforms


def test_ten_thousand_draws_follow_the_distribution() -> None:
    """Chi-square with 5 degrees of freedom: 20.5 is exceeded in one of a thousand seeds; this seed is fixed."""
    probabilities = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01], dtype=np.float32)
    found = [draw(np.log(probabilities), gumbel(uniforms(7, sample, 0, 6)))[0] for sample in range(10_000)]
    counts, expected = np.bincount(found, minlength=6), probabilities * 10_000
    assert ((counts - expected) ** 2 / expected).sum() < 20.5


def test_noise_is_named_by_seed_sample_step_and_token_alone() -> None:
    noise = uniforms(1, 2, 3, 100)
    assert np.array_equal(noise, uniforms(1, 2, 3, 100))
    assert np.array_equal(noise[:50], uniforms(1, 2, 3, 50))
    for other in ((0, 2, 3), (1, 0, 3), (1, 2, 0)):
        assert not np.isclose(noise, uniforms(*other, 100)).any()


def test_the_noise_of_a_step_is_that_of_its_names_made_once() -> None:
    step_noise = StepNoise(3, 100)
    assert np.array_equal(step_noise.of(1, 2), gumbel(uniforms(1, 2, 3, 100)))
    assert step_noise.of(1, 2) is step_noise.of(1, 2)
    assert not np.array_equal(step_noise.of(1, 2), step_noise.of(1, 3))


def test_a_cut_word_is_never_drawn_and_a_lone_word_always() -> None:
    cut = -np.float32("inf")
    alone = np.array([cut, 1.0, cut], dtype=np.float32)
    assert {draw(alone, gumbel(uniforms(seed, 0, 0, 3))) for seed in range(20)} == {(1, float("inf"))}
