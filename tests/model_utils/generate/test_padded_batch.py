"""What `generate` does otherwise on a padded batch is found, and `generate` really does it."""

from __future__ import annotations

import torch

from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.padded_batch import PaddedBan, padded_bans
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch

END = 50256


def test_generate_bans_end_of_text_in_padded_rows_alone(tiny: LoadedModel, mission: TokenBatch) -> None:
    out = tiny.model.generate(
        torch.from_numpy(mission.input_ids.copy()),
        attention_mask=torch.from_numpy(mission.attention_mask.copy()),
        do_sample=False,
        max_new_tokens=1,
        pad_token_id=END,
        no_repeat_ngram_size=1,
        repetition_penalty=1.5,
        return_dict_in_generate=True,
        output_scores=True,
    )
    banned = [row for row in range(3) if out.scores[0][row, END] == -float("inf")]
    prompts = [[token.id for token in tokens] for tokens in mission.tokens]
    found = padded_bans(SamplingSettings(no_repeat_ngram_size=1), prompts, [[5], [5], [5]], END)
    assert found == tuple(PaddedBan(sentence=row, number=0, token_id=END) for row in banned)
    assert banned == [0, 2]


def test_longer_rows_of_tokens_differ_only_where_end_of_text_stands_in_the_text() -> None:
    two = SamplingSettings(no_repeat_ngram_size=2)
    assert padded_bans(two, [[1, 2, 3, 4], [5, 6]], [[7], [8]], END) == ()
    (found,) = padded_bans(two, [[1, 2, 3, 4], [5, END]], [[7], [8]], END)
    assert (found.sentence, found.number, found.token_id) == (1, 0, 5)
    assert padded_bans(SamplingSettings(), [[1, 2, 3, 4], [5, END]], [[7], [8]], END) == ()
