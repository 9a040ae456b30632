"""The plane of k and p: every cell equals what the filters themselves leave, and the word is the one that is drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.compare import kp_plane
from model_utils.distributions import entropy_bits
from model_utils.errors import InputError
from model_utils.generate.filters.apply_filters import warp
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.noise import draw, gumbel, uniforms

FOUR = np.log([0.1, 0.4, 0.2, 0.3])


def test_four_words_by_hand() -> None:
    ranked = kp_plane.rank(FOUR)
    assert ranked.ids.tolist() == [1, 3, 2, 0]
    kept = kp_plane.kept_tokens(ranked, [0, 1, 2, 3], [0.0, 0.5, 0.75, 1.0])
    # p of what k left: 0.5 x 0.7 is reached by 0.4 alone when k = 2.
    assert kept.tolist() == [[1, 1, 1, 1], [2, 1, 1, 2], [3, 1, 2, 2], [4, 1, 2, 3]]
    assert kp_plane.kept_mass(ranked, kept)[3] == pytest.approx([1.0, 0.4, 0.7, 0.9])
    assert kp_plane.entropy(ranked, kept)[3] == pytest.approx(
        [entropy_bits([0.1, 0.4, 0.2, 0.3]), 0.0, entropy_bits([4 / 7, 3 / 7]), entropy_bits([4 / 9, 3 / 9, 2 / 9])]
    )


def test_the_same_cut_by_k_and_by_p() -> None:
    ranked = kp_plane.rank(FOUR)
    assert kp_plane.equal_k(ranked, 0.6) == 2
    assert kp_plane.equal_p(ranked, 2) == pytest.approx(0.7)
    assert kp_plane.equal_k(ranked, 0.6999) == 2


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 9_999),
    spread=st.sampled_from([0.3, 1.0, 4.0]),
    temperature=st.sampled_from([0.5, 1.0, 1.7]),
    k=st.integers(0, 2_500),
    p=st.floats(0.0, 1.0),
)
def test_a_cell_equals_the_filters_and_the_draw(seed: int, spread: float, temperature: float, k: int, p: float) -> None:
    """A sum in another order may turn one token that lies on the border: float32 of the filters against float64."""
    logits = torch.randn(1, 2_000, generator=torch.Generator().manual_seed(seed)) * spread
    warped = warp(logits, SamplingSettings(temperature=temperature, top_k=k, top_p=p, min_p=0.0))
    ranked = kp_plane.rank(logits[0].numpy(), temperature)
    kept = kp_plane.kept_tokens(ranked, [k], [p])
    expected = int((warped.cut == 0).sum())
    assert abs(int(kept[0, 0]) - expected) <= 1
    if kept[0, 0] != expected:
        return
    after = warped.scores[0].softmax(-1).numpy()
    assert kp_plane.entropy(ranked, kept)[0, 0] == pytest.approx(float(entropy_bits(after)), abs=1e-4)
    assert kp_plane.kept_mass(ranked, kept)[0, 0] == pytest.approx(
        float(warped.tempered[0].softmax(-1)[warped.cut[0] == 0].sum()), abs=1e-4
    )
    noise = gumbel(uniforms(seed, 0, 0, 2_000))
    token, margin = draw(warped.scores[0].numpy(), noise)
    ranks = kp_plane.drawn_ranks(ranked, logits[0].numpy(), temperature, noise)
    if margin > 1e-4:
        assert ranked.ids[ranks[kept[0, 0] - 1]] == token


def test_the_axes_hold_both_ends_and_nothing_twice() -> None:
    ks, ps = kp_plane.axis_k(50_257), kp_plane.axis_p()
    assert (ks[0], ks[-1]) == (1, 50_257)
    assert (np.diff(ks) > 0).all()
    assert len(ps) == 50
    assert ps[-1] == 1
    assert kp_plane.kept_tokens(kp_plane.rank(FOUR), kp_plane.axis_k(4), ps).shape == (50, 4)


@pytest.mark.parametrize(("ks", "ps"), [([-1], [0.5]), ([1], [1.5]), ([1], [-0.1])])
def test_a_plane_outside_its_bounds_is_refused(ks: list[int], ps: list[float]) -> None:
    with pytest.raises(InputError, match="from 0"):
        kp_plane.kept_tokens(kp_plane.rank(FOUR), ks, ps)


def test_greedy_has_no_plane() -> None:
    with pytest.raises(InputError, match="temperature 0"):
        kp_plane.rank(FOUR, 0.0)
