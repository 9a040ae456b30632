"""A comparison as tables holds every step of every text."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from model_utils.compare.settings import name, parse
from model_utils.compare.tables import Text, measures_frame, steps_frame
from model_utils.compare.text_metrics import TEXT_METRICS, measure
from model_utils.generate.beam_search.beam_text import leading_text
from model_utils.generate.beam_search.beams import beam_search
from model_utils.generate.lane import Lane
from model_utils.models.loading import LoadedModel
from tests.tools.decoding import grown, ids

NEW, SAMPLES = 9, 2
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


def test_tables_hold_every_step_of_every_text(texts: list[Text]) -> None:
    frame = steps_frame(texts)
    assert len(frame) == sum(len(text.steps) for text in texts)
    one = frame[(frame["row"] == 1) & (frame["sample"] == 1)]
    assert one["token_id"].tolist() == ids(texts[3].steps)
    assert set(one["settings"]) == {texts[3].name}
    assert set(one["seed"]) == {texts[3].settings.seed}


def test_metrics_stand_per_setting_with_their_spread(texts: list[Text]) -> None:
    frame = measures_frame(texts)
    assert len(frame) == len(ROWS) * len(TEXT_METRICS)
    greedy = frame[(frame["row"] == 2) & (frame["measure"] == "kept")].iloc[0]
    assert (greedy["mean"], greedy["samples"]) == (1.0, SAMPLES)
    length = frame[(frame["row"] == 0) & (frame["measure"] == "length")].iloc[0]
    assert length["mean"] == sum(len(text.steps) for text in texts[:2]) / 2


def test_of_several_sentences_the_interval_is_over_the_means_of_each(texts: list[Text]) -> None:
    of_two = [replace(text, prompt=prompt) for prompt, text in enumerate(texts[:2])] + [
        replace(text, prompt=prompt) for prompt, text in enumerate(texts[2:4])
    ]
    frame = measures_frame([replace(text, row=0, name="one") for text in of_two])
    line = frame[frame["measure"] == "log_prob"].iloc[0]
    own = [measure(text.steps)["log_prob"] for text in of_two]
    means = [(own[0] + own[2]) / 2, (own[1] + own[3]) / 2]
    assert (line["samples"], line["over"]) == (2, "sentences")
    assert line["mean"] == pytest.approx(sum(means) / 2)
    assert line["half_interval_95"] == pytest.approx(12.706 * abs(means[0] - means[1]) / 2)


def test_a_text_of_beams_has_its_tokens_and_nothing_of_a_draw(tiny: LoadedModel, texts: list[Text]) -> None:
    row = parse("b3")[0]
    steps = [
        step for made in beam_search(tiny, [Lane(prompt=PLACE, settings=row.settings)], row.beams, NEW) for step in made
    ]
    found = leading_text(steps, tiny.end_of_text)
    searched = Text(
        model="tiny-gpt2",
        row=4,
        name=name(row),
        settings=row.settings,
        sample=0,
        steps=found,
        labels=[str(step.token_id) for step in found],
    )
    lines = steps_frame([*texts, searched])
    lines = lines[lines["row"] == 4]
    assert lines["token_id"].tolist() == list(steps[-1].leading)
    assert lines["rank"].isna().all()
    assert lines["seed"].isna().all()
    frame = measures_frame([*texts, searched]).set_index(["row", "measure"])["mean"]
    assert math.isnan(frame[4, "entropy"])
    assert math.isnan(frame[4, "kept"])
    # The model's own probability of each token: those of a text that takes the same tokens.
    (taken,) = grown(tiny, [Lane(prompt=PLACE, settings=row.settings, taken=steps[-1].leading)], len(found))
    assert frame[4, "log_prob"] == pytest.approx(measure(taken)["log_prob"], abs=1e-4)
