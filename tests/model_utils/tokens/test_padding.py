"""Why a batch is padded, its split characters, and its table."""

from __future__ import annotations

from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode
from model_utils.tokens.padding import batch_frame, brackets, ragged_error
from tests.conftest import MISSION


def test_rows_of_different_lengths_give_the_librarys_own_error(tiny: LoadedModel) -> None:
    error = ragged_error(tiny.tokenizer, MISSION)
    assert error.startswith(
        "ValueError: Unable to create tensor, you should probably activate truncation and/or padding"
    )
    assert error.endswith("ValueError: expected sequence of length 5 at dim 1 (got 8)")


def test_rows_of_one_length_give_none(tiny: LoadedModel) -> None:
    assert ragged_error(tiny.tokenizer, ("My dog is", "Your cat was")) == ""


def test_a_split_character_has_one_bracket_over_its_padded_columns(tiny: LoadedModel) -> None:
    found = brackets(encode(tiny.tokenizer, ("a 🦊你 b", "one two three four five six seven eight nine")))
    assert [(one.row, one.first, one.last, one.character) for one in found] == [(0, 3, 5, "🦊"), (0, 6, 7, "你")]


def test_plain_text_has_no_brackets(mission: TokenBatch) -> None:
    assert brackets(mission) == ()


def test_the_table_has_a_line_per_cell_with_what_the_picture_shows(tiny: LoadedModel, mission: TokenBatch) -> None:
    frame = batch_frame(mission, tiny.tokenizer)
    assert len(frame) == 24
    assert frame["id"].to_numpy().reshape(3, 8).tolist() == mission.input_ids.tolist()
    assert frame["mask"].to_numpy().reshape(3, 8).tolist() == mission.attention_mask.tolist()
    assert frame.loc[frame["next_word_read_here"], "token"].tolist() == ["␣the", "␣of", "␣is"]
    assert frame.loc[23, "bytes"] == "20 69 73"
