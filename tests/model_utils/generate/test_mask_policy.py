"""The mask of a growing text: each row as it was when its token was read, drawn with the reason of every blocked cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.errors import InputError
from model_utils.generate.mask_policy import MaskPolicy, rows_that_read_nothing
from model_utils.masks.mask import CAUSE_CODE, CAUSES, MaskSpec, build_mask
from model_utils.masks.patterns import PATTERNS
from model_utils.tokens.batch import END_OF_TEXT_ID, encode

PROMPT = (5, 6, END_OF_TEXT_ID)
NEW = 3
CROSS = frozenset({*((0, key) for key in range(3)), *((query, 0) for query in range(5))})


def rows(visible: np.ndarray) -> list[str]:
    return ["".join(str(int(cell)) for cell in row) for row in visible]


policies = st.builds(
    MaskPolicy,
    spec=st.builds(
        MaskSpec,
        pattern=st.sampled_from(sorted(PATTERNS)),
        width=st.integers(1, 5),
        first=st.integers(0, 6),
        weights=st.dictionaries(st.integers(0, 2), st.sampled_from([0.0, 0.5, 1.0])),
        cells=st.frozensets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=4),
        gap=st.sampled_from(["hole", "close"]),
    ),
    drop_after=st.none() | st.integers(0, 6),
)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (MaskPolicy(), ["100000", "110000", "111000", "111100", "111110", "111111"]),
        (
            MaskPolicy(spec=MaskSpec(pattern="window", width=2)),
            ["100000", "110000", "011000", "001100", "000110", "000011"],
        ),
        (
            MaskPolicy(spec=MaskSpec(pattern="sink", first=1, width=2)),
            ["100000", "110000", "111000", "101100", "100110", "100011"],
        ),
        (
            MaskPolicy(spec=MaskSpec(pattern="sink", first=5, width=1)),
            ["100000", "110000", "111000", "111100", "111110", "111111"],
        ),
        (
            MaskPolicy(spec=MaskSpec(pattern="bidirectional")),
            ["111000", "111000", "111000", "111100", "111110", "111111"],
        ),
        (
            MaskPolicy(spec=MaskSpec(pattern="prefix", first=2)),
            ["110000", "110000", "111000", "111100", "111110", "111111"],
        ),
        (
            MaskPolicy(spec=MaskSpec(pattern="prefix", first=9)),
            ["111000", "111000", "111000", "111100", "111110", "111111"],
        ),
        (MaskPolicy(spec=MaskSpec(pattern="documents")), ["100000", "110000", "001000", "001100", "001110", "001111"]),
        (MaskPolicy(drop_after=0), ["100000", "110000", "001000", "000100", "000110", "000111"]),
        (MaskPolicy(drop_after=1), ["100000", "110000", "111000", "000100", "000110", "000111"]),
        (MaskPolicy(drop_after=3), ["100000", "110000", "111000", "111100", "111110", "000111"]),
        (MaskPolicy(drop_after=4), ["100000", "110000", "111000", "111100", "111110", "111111"]),
        (MaskPolicy(spec=MaskSpec(weights={1: 0})), ["100000", "100000", "101000", "101100", "101110", "101111"]),
        (
            MaskPolicy(spec=MaskSpec(sentence=2, weights={1: 0})),
            ["100000", "100000", "101000", "101100", "101110", "101111"],
        ),
        (
            MaskPolicy(spec=MaskSpec(cells=frozenset({(2, 0), (4, 1), (5, 3), (40, 2)}))),
            ["100000", "110000", "011000", "111100", "101110", "111011"],
        ),
        (
            MaskPolicy(spec=MaskSpec(pattern="sink", first=1, width=2, weights={2: 0}), drop_after=2),
            ["100000", "110000", "110000", "100100", "000110", "000011"],
        ),
    ],
)
def test_three_tokens_and_three_new_ones_by_hand(policy, expected):
    assert rows(policy.mask(PROMPT, NEW).visible[0]) == expected


@given(policy=policies, pads=st.integers(0, 4), earlier=st.integers(0, 4), more=st.integers(0, 4))
@settings(max_examples=80, deadline=None)
def test_the_mask_of_a_step_is_a_corner_of_that_of_every_later_step(policy, pads, earlier, more):
    """What a token may read, where it stands, and why a cell is blocked never change once the model has read it."""
    one = policy.mask(PROMPT, earlier, pads=pads)
    later = policy.mask(PROMPT, earlier + more, pads=pads)
    T = pads + len(PROMPT) + earlier
    assert one.visible.shape == (1, T, T)
    past = np.tril(np.ones((T, T), dtype=bool))
    past[: pads + len(PROMPT), : pads + len(PROMPT)] = True
    for a, b in ((one.visible, later.visible), (one.cause, later.cause)):
        np.testing.assert_array_equal(a[0][past], b[0, :T, :T][past])
    np.testing.assert_array_equal(later.visible[0, :T, T:], 0)
    np.testing.assert_array_equal(one.position_ids, later.position_ids[:, :T])


@given(policy=policies, pads=st.integers(0, 4), step=st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_a_cell_is_visible_or_has_a_cause_and_never_both(policy, pads, step):
    mask = policy.mask(PROMPT, step, pads=pads)
    blocked = np.any(list(mask.causes.values()), axis=0)
    np.testing.assert_array_equal(mask.visible == 0, blocked)
    for q, k in np.argwhere(blocked[0]):
        named = [cause for cause in CAUSES if mask.causes[cause][0, q, k]]
        assert mask.cause[0, q, k] == CAUSE_CODE[named[0]]
    assert (mask.cause[~blocked] == 0).all()


@pytest.mark.parametrize("pattern", ["causal", "window", "sink", "documents"])
@pytest.mark.parametrize("gap", ["hole", "close"])
def test_at_the_first_step_it_is_the_mask_of_the_padded_prompt(tiny, pattern, gap):
    batch = encode(tiny.tokenizer, ("one<|endoftext|>two three", "a much longer sentence stands beside it"))
    spec = MaskSpec(pattern=pattern, width=2, weights={1: 0, 2: 0.5}, cells=frozenset({(3, 0)}), gap=gap)
    expected = build_mask(spec, batch)
    mask = MaskPolicy(spec=spec).mask([token.id for token in batch.tokens[0]], pads=batch.pads(0))
    for name in ("visible", "cause", "position_ids"):
        np.testing.assert_array_equal(getattr(mask, name)[0], getattr(expected, name)[0])
    for cause in CAUSES:
        np.testing.assert_array_equal(mask.causes[cause][0], expected.causes[cause][0])


def test_a_dropped_prompt_is_blocked_by_the_pattern_and_a_hidden_word_of_it_by_hand_too():
    mask = MaskPolicy(spec=MaskSpec(weights={0: 0}), drop_after=1).mask(PROMPT, 2, pads=1)
    assert mask.cause[0, -1].tolist() == [CAUSE_CODE["padding"], CAUSE_CODE["hand"], *[CAUSE_CODE["pattern"]] * 2, 0, 0]
    assert mask.causes["pattern"][0, -1].tolist() == [False, True, True, True, False, False]
    assert not mask.causes["pattern"][0, :-2].any()


def test_softened_words_keep_their_weight_at_every_step():
    mask = MaskPolicy(spec=MaskSpec(weights={0: 0.25})).mask(PROMPT, NEW)
    assert mask.visible[0, :, 0].tolist() == [0.25] * 6
    assert mask.bias()[0, 0, -1].tolist() == pytest.approx([np.log(0.25), 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (MaskPolicy(spec=MaskSpec(weights={1: 0})), [0, 0, 1, 2, 3, 4]),
        (MaskPolicy(spec=MaskSpec(weights={0: 0, 1: 0}, gap="close")), [0, 0, 0, 0, 1, 2]),
        (MaskPolicy(spec=MaskSpec(weights={0: 0.5}, gap="close")), [0, 0, 1, 2, 3, 4]),
        (MaskPolicy(spec=MaskSpec(pattern="documents")), [0, 0, 1, 0, 1, 2]),
        (MaskPolicy(spec=MaskSpec(gap="close"), drop_after=0), [0, 0, 1, 2, 3, 4]),
    ],
)
def test_positions_keep_a_hole_close_it_up_or_restart_and_a_dropped_prompt_keeps_its_place(policy, expected):
    assert policy.mask(PROMPT, 2, pads=1).position_ids.tolist() == [expected]


def test_the_hand_mask_is_for_its_own_sentence_and_the_rest_of_the_policy_for_all():
    spec = MaskSpec(pattern="window", sentence=1, weights={0: 0}, cells=frozenset({(1, 0)}))
    policy = MaskPolicy(spec=spec, drop_after=2)
    assert policy.for_sentence(1) == policy
    assert policy.for_sentence(0) == MaskPolicy(spec=replace(spec, weights=(), cells=()), drop_after=2)


@pytest.mark.parametrize(
    "policy",
    [
        MaskPolicy(drop_after=3),
        MaskPolicy(spec=MaskSpec(pattern="window")),
        MaskPolicy(spec=MaskSpec(weights={0: 0})),
        MaskPolicy(spec=MaskSpec(cells=frozenset({(1, 0)}))),
    ],
)
def test_only_a_policy_that_blocks_nothing_is_plain(policy):
    assert MaskPolicy(spec=MaskSpec(sentence=2, width=7, gap="close")).plain
    assert not policy.plain


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (MaskPolicy(), []),
        (MaskPolicy(spec=MaskSpec(weights={0: 0, 1: 0})), []),  # nobody reads the rows before the first visible word
        (MaskPolicy(spec=MaskSpec(weights={0: 0, 1: 0, 2: 0})), [2]),
        (MaskPolicy(spec=MaskSpec(weights={2: 0}, pattern="window", width=1)), [2]),
        (MaskPolicy(spec=MaskSpec(weights={1: 0}, pattern="window", width=1)), []),
        (MaskPolicy(spec=MaskSpec(cells=frozenset({(0, 0)}))), [0]),
        (MaskPolicy(spec=MaskSpec(cells=frozenset({(0, 0)}), weights={0: 0})), []),
        (MaskPolicy(spec=MaskSpec(cells=frozenset({(3, 3)})), drop_after=1), [3]),
        # Pads read the prompt under this pattern, but what only pads read is read by nobody.
        (MaskPolicy(spec=MaskSpec(pattern="bidirectional", cells=CROSS)), []),
        (MaskPolicy(spec=MaskSpec(cells=frozenset({(2, 2)})), drop_after=0), [2]),
    ],
)
@pytest.mark.parametrize("pads", [0, 2])
def test_a_token_that_reads_nothing_strands_the_text_only_where_it_is_read(policy, pads, expected):
    assert rows_that_read_nothing(policy.mask(PROMPT, 2, pads=pads), len(PROMPT)).tolist() == expected


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"drop_after": -1}, r"after -1 tokens .* 0 or more"),
        ({"spec": MaskSpec(padding=False)}, "switch it on"),
    ],
)
def test_a_policy_out_of_bounds_is_refused_with_the_way_out(fields, words):
    with pytest.raises(InputError, match=words):
        MaskPolicy(**fields)


def test_a_weight_of_a_token_that_the_prompt_lacks_is_refused_and_never_given_to_a_new_token():
    with pytest.raises(InputError, match="token 3, but the prompt has tokens 0 to 2"):
        MaskPolicy(spec=MaskSpec(weights={3: 0})).mask(PROMPT, NEW)
