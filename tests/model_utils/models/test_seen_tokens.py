"""The list of tokens that the bundled model saw in training, and which of a text are not in it."""

from __future__ import annotations

import io

import numpy as np
import pytest

from model_utils.errors import ModelDamagedError
from model_utils.models.registry import BUNDLED_FOLDER
from model_utils.models.seen_tokens import SEEN_FILE, seen_tokens, unseen_tokens
from model_utils.tokens.batch import tokenize


def test_the_bundled_model_met_as_many_tokens_as_its_card_says(tiny):
    seen = seen_tokens(BUNDLED_FOLDER, 50257)
    assert seen.shape == (50257,)
    assert seen.sum() == 34774
    assert "34,774 of the 50,257 tokens" in (BUNDLED_FOLDER / "README.md").read_text(encoding="utf-8")
    # Their output vectors were made small apart from all others: the list and the weights tell the same story.
    embedding = tiny.model.transformer.wte.weight.detach().numpy()  # (V, width)
    away = embedding[~seen].mean(0)
    along = embedding @ (away / np.linalg.norm(away))  # (V,)
    assert along[~seen].min() > np.quantile(along[seen], 0.99)


def test_unknown_pieces_are_found_once_and_in_order(tiny):
    seen = seen_tokens(BUNDLED_FOLDER, 50257)
    known = tokenize(tiny.tokenizer, "The king spoke to his daughter")
    unseen = tokenize(tiny.tokenizer, " users like visualization and users")
    assert unseen_tokens(seen, known) == ()
    assert [token.label for token in unseen_tokens(seen, unseen)] == ["␣users", "␣visualization"]


def test_a_folder_that_does_not_say_has_no_list(tmp_path):
    assert seen_tokens(tmp_path, 50257) is None


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


SOUND = (BUNDLED_FOLDER / SEEN_FILE).read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"not an array",
        SOUND[:100],
        SOUND[:-1],
        SOUND.replace(b"(6283,)", b"(6284,)"),
        SOUND.replace(b"(6283,), }" + b" " * 9, b"(9999999999999,), }"),
        saved(np.zeros(6282, np.uint8)),
        saved(np.zeros((6283, 1), np.uint8)),
        saved(np.zeros(6283, np.int8)),
        saved(np.zeros(50257, bool)),
        saved(np.array([{"a": 1}], dtype=object)),
    ],
    ids=range(12),
)
def test_a_damaged_list_is_named_in_one_sentence(tmp_path, content):
    (tmp_path / SEEN_FILE).write_bytes(content)
    with pytest.raises(ModelDamagedError, match=rf"^{SEEN_FILE} in this model's folder is damaged"):
        seen_tokens(tmp_path, 50257)


def test_a_vocabulary_with_added_tokens_has_them_unseen(tmp_path):
    (tmp_path / SEEN_FILE).write_bytes(SOUND)
    assert not seen_tokens(tmp_path, 50258)[50257]
