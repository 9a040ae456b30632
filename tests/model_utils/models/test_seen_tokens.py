"""The list of tokens that the bundled model saw in training, and which of a text are not in it."""

from __future__ import annotations

import numpy as np

from model_utils.models.seen_tokens import seen_tokens, unseen_tokens
from model_utils.models.registry import BUNDLED_FOLDER
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
