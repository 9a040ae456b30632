"""A comparison as tables and data to take home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from model_utils.compare.text_metrics import TEXT_METRICS, MetricSpread, measure, spread
from model_utils.generate.tables import steps_table

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.step import Step


@dataclass(frozen=True, kw_only=True, eq=False)
class Text:
    """One text of a comparison: who wrote it under which setting, its steps, and how each drawn token reads."""

    model: str
    row: int
    name: str
    settings: SamplingSettings
    sample: int
    steps: Sequence[Step]
    labels: Sequence[str]


def steps_frame(texts: Sequence[Text]) -> pd.DataFrame:
    """Return a line per step of every text: under which setting, what was drawn, its probabilities, what the filters left."""
    frames = []
    for text in texts:
        labels = {step.token_id: label for step, label in zip(text.steps, text.labels, strict=True)}
        frame = steps_table([text.steps], labels.__getitem__).drop(columns=["row", "taken_instead_of"], errors="ignore")
        names = {"model": text.model, "row": text.row, "settings": text.name, "sample": text.sample}
        frames.append(pd.concat([pd.DataFrame(names, index=frame.index), frame], axis=1))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def measures_frame(texts: Sequence[Text]) -> pd.DataFrame:
    """Return a line per model, setting and measure: mean, half of its 95 % interval, smallest, largest, samples."""
    lines = []
    for (model, row, name), values in grouped(texts).items():
        for one in TEXT_METRICS:
            found = spread(values[one.name])
            lines.append({"model": model, "row": row, "settings": name, "measure": one.name, **asdict(found)})
    return pd.DataFrame(lines).rename(columns={"margin": "half_interval_95"})


def grouped(texts: Sequence[Text]) -> dict[tuple[str, int, str], dict[str, np.ndarray]]:
    """Return for each model and setting the values `[N]` of every measure over its samples; texts without a step left out."""
    found: dict[tuple[str, int, str], list[dict[str, float]]] = {}
    for text in texts:
        if text.steps:
            found.setdefault((text.model, text.row, text.name), []).append(measure(text.steps))
    return {
        key: {one.name: np.array([values[one.name] for values in samples]) for one in TEXT_METRICS}
        for key, samples in found.items()
    }


def spreads(values: dict[str, np.ndarray]) -> dict[str, MetricSpread]:
    """Return the spread of every measure of one setting."""
    return {name: spread(one) for name, one in values.items()}


def as_data(texts: Sequence[Text], request: Any) -> dict[str, Any]:
    """Return a whole comparison as plain data for JSON: what was asked for (a dataclass), and every step of every text."""
    return {
        "asked": {"models": list(request.models), "prompt": request.text, "max_new_tokens": request.max_new_tokens},
        "texts": [
            {
                "model": text.model,
                "row": text.row,
                "name": text.name,
                "settings": asdict(text.settings),
                "sample": text.sample,
                "ended": text.steps[-1].stop if text.steps else "",
                "tokens": [_token(step, label) for step, label in zip(text.steps, text.labels, strict=True)],
            }
            for text in texts
        ],
    }


def _token(step: Step, label: str) -> dict[str, Any]:
    return {
        "id": step.token_id,
        "text": label,
        "rank": step.rank,
        "probability_at_temperature_1": step.probability_raw,
        "probability_before_filters": step.probability,
        "probability_after_filters": step.probability_after,
        "kept_tokens": step.stages[-1].kept,
        "entropy_before_bits": step.entropy_before,
        "entropy_after_bits": step.entropy_after,
    }
