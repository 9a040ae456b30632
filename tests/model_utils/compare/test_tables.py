"""A comparison as tables and data holds every step of every text."""

from __future__ import annotations

import pytest

from model_utils.compare.settings import name, parse
from model_utils.compare.tables import Text, as_data, measures_frame, steps_frame
from model_utils.compare.text_metrics import TEXT_METRICS
from model_utils.generate.lane import Lane
from model_utils.models.loading import LoadedModel
from tests.tools.decoding import grown, ids

PROMPT, NEW, SAMPLES = "He shook his", 9, 2
ROWS = parse("t1;t0.7,k40,p0.9,m0.01,optkm;t0;k3,s5")
PLACE = (1544, 14682, 465)


@pytest.fixture(scope="module")
def texts(tiny: LoadedModel) -> list[Text]:
    """Return every text of a small comparison."""
    lanes = [Lane(prompt=PLACE, settings=row.seeded(2), sample=sample) for row in ROWS for sample in range(SAMPLES)]
    return [
        Text(
            model="tiny-gpt2",
            row=number // SAMPLES,
            name=name(ROWS[number // SAMPLES]),
            settings=lanes[number].settings,
            sample=number % SAMPLES,
            steps=steps,
            labels=[str(step.token_id) for step in steps],
        )
        for number, steps in enumerate(grown(tiny, lanes, NEW))
    ]


def test_tables_and_data_hold_every_step_of_every_text(texts: list[Text]) -> None:
    frame = steps_frame(texts)
    assert len(frame) == sum(len(text.steps) for text in texts)
    one = frame[(frame["row"] == 1) & (frame["sample"] == 1)]
    assert one["token_id"].tolist() == ids(texts[3].steps)
    assert set(one["settings"]) == {texts[3].name}

    class Asked:
        models, text, max_new_tokens = ("tiny-gpt2",), PROMPT, NEW

    data = as_data(texts, Asked)
    assert [[token["id"] for token in text["tokens"]] for text in data["texts"]] == [ids(text.steps) for text in texts]
    assert data["texts"][2]["settings"]["top_k"] == 40


def test_metrics_stand_per_setting_with_their_spread(texts: list[Text]) -> None:
    frame = measures_frame(texts)
    assert len(frame) == len(ROWS) * len(TEXT_METRICS)
    greedy = frame[(frame["row"] == 2) & (frame["measure"] == "kept")].iloc[0]
    assert (greedy["mean"], greedy["samples"]) == (1.0, SAMPLES)
    length = frame[(frame["row"] == 0) & (frame["measure"] == "length")].iloc[0]
    assert length["mean"] == sum(len(text.steps) for text in texts[:2]) / 2
