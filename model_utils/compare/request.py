"""What a comparison is asked for, and the places of its texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.limits import MAX_SAMPLES, MAX_TEXTS

if TYPE_CHECKING:
    from model_utils.compare.settings import SettingsRow
    from model_utils.generate.filters.filter_settings import SamplingSettings


@dataclass(frozen=True, kw_only=True)
class TextPlace:
    """Where a text of a comparison stands: which model, which prompt, which row of settings, which sample."""

    model: int
    row: int
    sample: int
    prompt: int = 0


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """What a reader asked for; two equal ones give the same texts.

    `models` are one or two registry ids, `texts` the prompts. Raises InputError for more samples than MAX_SAMPLES and for
    more texts of a model than MAX_TEXTS.
    """

    models: tuple[str, ...]
    texts: tuple[str, ...]
    rows: tuple[SettingsRow, ...]
    samples: int
    seed: int
    own_noise: bool
    max_new_tokens: int

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise InputError(f"{self.samples} samples do not fit: choose 1 to {MAX_SAMPLES} per setting.")
        each = sum(map(self.samples_of, range(len(self.rows))))
        if len(self.texts) * each > MAX_TEXTS:
            raise InputError(
                f"{len(self.texts)} prompts with {each} texts each are {len(self.texts) * each} texts, and {MAX_TEXTS} are "
                "the most: take fewer prompts, settings or samples."
            )

    def settings(self, row: int) -> SamplingSettings:
        """Return how a row draws, seed included: with noise of its own, row n adds n to the seed."""
        return self.rows[row].seeded(self.seed + (row if self.own_noise else 0))

    def samples_of(self, row: int) -> int:
        """Return how many texts of each prompt a row has: a beam search draws nothing, so all would be the same."""
        return 1 if self.rows[row].beams.on else self.samples

    def places(self) -> list[TextPlace]:
        """Return where every text stands: by prompt, then by row and model, its samples together."""
        return [
            TextPlace(model=model, row=row, sample=sample, prompt=prompt)
            for prompt in range(len(self.texts))
            for row in range(len(self.rows))
            for model in range(len(self.models))
            for sample in range(self.samples_of(row))
        ]

    def parts(self) -> list[tuple[int, BeamSettings | None, list[TextPlace]]]:
        """Return which texts one decoder makes: of a model, all that are drawn, and all of equal beams (None: drawn)."""
        found: dict[tuple[int, BeamSettings | None], list[TextPlace]] = {}
        for place in sorted(self.places(), key=lambda place: place.model):
            beams = self.rows[place.row].beams
            found.setdefault((place.model, beams if beams.on else None), []).append(place)
        return [(model, beams, places) for (model, beams), places in found.items()]
