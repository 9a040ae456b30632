"""How beams are searched. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from model_utils.errors import InputError
from model_utils.limits import MAX_BEAMS

EARLY_STOPPING = {"false": False, "true": True, "never": "never"}


@dataclass(frozen=True, kw_only=True)
class BeamSettings:
    """How beams are searched: how many, how a finished text's sum is divided by its length, when the search stops.

    The score of a hypothesis is its sum / length ** `length_penalty`: above 0 long ones gain. `early_stopping`: `true`
    stops as soon as there are `num_beams` hypotheses, `false` when the best beam, were it to end now, would not be better
    than the worst of them, `never` only when no longer text can be better. Raises InputError for what is outside its bounds.
    """

    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: str = "false"

    def __post_init__(self) -> None:
        if not 1 <= self.num_beams <= MAX_BEAMS:
            raise InputError(f"{self.num_beams} beams do not fit: choose 1 to {MAX_BEAMS} (1 = no beam search).")
        if not -5.0 <= self.length_penalty <= 5.0:
            raise InputError(
                f"Length penalty {self.length_penalty!r} does not fit: choose -5 to 5 (0 = the sum itself)."
            )
        if self.early_stopping not in EARLY_STOPPING:
            raise InputError(
                f"Early stopping {self.early_stopping!r} does not fit: choose {', '.join(EARLY_STOPPING)}."
            )

    @property
    def on(self) -> bool:
        """Return whether there is a beam search at all."""
        return self.num_beams > 1

    @property
    def named(self) -> str:
        """Return the settings as a reader names them."""
        return (
            f"beam search with {self.num_beams} beams, length penalty {self.length_penalty:g}, early stopping "
            f"{self.early_stopping}"
        )
