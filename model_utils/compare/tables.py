"""A comparison as tables to take home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model_utils.compare.text_metrics import TEXT_METRICS, MetricSpread, by_prompt, measure, spread
from model_utils.generate.beam_search.beam_text import BeamToken
from model_utils.generate.tables import steps_table

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.step import Step


@dataclass(frozen=True, kw_only=True, eq=False)
class Text:
    """One text of a comparison: who wrote it under which setting, its steps, and how each of its tokens reads."""

    model: str
    row: int
    name: str
    settings: SamplingSettings
    sample: int
    steps: Sequence[Step | BeamToken]
    labels: Sequence[str]
    prompt: int = 0


def steps_frame(texts: Sequence[Text]) -> pd.DataFrame:
    """Return a line per step of every text: under which setting, what was drawn, its probabilities, what the filters left."""
    frames = []
    for text in texts:
        drawn = bool(text.steps) and not isinstance(text.steps[0], BeamToken)
        names = {
            "model": text.model,
            "sentence": text.prompt,
            "row": text.row,
            "settings": text.name,
            "seed": text.settings.seed if drawn else None,  # a beam search draws nothing
            "sample": text.sample,
        }
        frame = _drawn_frame(text) if drawn else _beam_frame(text)
        frames.append(pd.concat([pd.DataFrame(names, index=frame.index), frame], axis=1))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _drawn_frame(text: Text) -> pd.DataFrame:
    labels = {step.token_id: label for step, label in zip(text.steps, text.labels, strict=True)}
    steps = [step for step in text.steps if not isinstance(step, BeamToken)]
    return steps_table([steps], labels.__getitem__).drop(columns=["row", "taken_instead_of"], errors="ignore")


def _beam_frame(text: Text) -> pd.DataFrame:
    """Return a line per token of a beam search's text: nothing was drawn or filtered, so these columns are left out."""
    return pd.DataFrame(
        {
            "step": step.number + 1,
            "token_id": step.token_id,
            "token": label,
            "probability_at_temperature_1": step.probability_raw,
            "ended": step.stop,
        }
        for step, label in zip(text.steps, text.labels, strict=True)
    )


def measures_frame(texts: Sequence[Text]) -> pd.DataFrame:
    """Return a line per model, setting and measure: mean, half of its 95 % interval, smallest, largest, how many values.

    Values are samples, or where there are several sentences those (see `by_prompt`): `over` says which.
    """
    over = "sentences" if len({text.prompt for text in texts}) > 1 else "samples"
    lines = []
    for (model, row, name), values in grouped(texts).items():
        for one in TEXT_METRICS:
            found = spread(values[one.name])
            lines.append(
                {"model": model, "row": row, "settings": name, "measure": one.name, **asdict(found), "over": over}
            )
    return pd.DataFrame(lines).rename(columns={"margin": "half_interval_95"})


def grouped(texts: Sequence[Text]) -> dict[tuple[str, int, str], dict[str, np.ndarray]]:
    """Return for each model and setting the values `[N]` of every measure, as `by_prompt` gives them; of texts with a step."""
    found: dict[tuple[str, int, str], list[tuple[int, dict[str, float]]]] = {}
    for text in texts:
        if text.steps:
            found.setdefault((text.model, text.row, text.name), []).append((text.prompt, measure(text.steps)))
    return {
        key: {
            one.name: by_prompt([values[one.name] for _, values in made], [prompt for prompt, _ in made])
            for one in TEXT_METRICS
        }
        for key, made in found.items()
    }


def spreads(values: dict[str, np.ndarray]) -> dict[str, MetricSpread]:
    """Return the spread of every measure of one setting."""
    return {name: spread(one) for name, one in values.items()}
