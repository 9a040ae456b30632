"""The state of a page as a lesson names it: one link, such as `Masks?text=He+shook+his&weights=1:0`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from model_utils.masks.link import parse_cells, parse_weights
from model_utils.masks.mask import MaskSpec
from model_utils.tokens.batch import END_OF_TEXT_ID, split_sentences

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import Side, TokenBatch

# The pages that a step can open: the names of the menu.
PAGES = ("Tokens", "Masks", "Heads", "Mechanics", "Generate", "Compare")

# Raises ValueError, with what it takes, for a parameter that no page has or a value that it does not take.
CheckParameter = Callable[[str, str], None]


@dataclass(frozen=True, kw_only=True)
class PageState:
    """A page and the link parameters that set it; whatever a link does not name stands at its default."""

    page: str
    parameters: Mapping[str, str]

    def value(self, name: str, default: Any) -> Any:
        """Return the parameter `name` as a value of the type of `default`, which it has where the link is silent."""
        raw = self.parameters.get(name)
        return default if raw is None else type(default)(raw)

    @property
    def sentence(self) -> int:
        """Return the number of the sentence in view."""
        return int(self.value("sentence", 0))

    def batch(self, loaded: LoadedModel) -> TokenBatch:
        """Return the padded batch of the sentences."""
        from model_utils.tokens.batch import encode

        texts = split_sentences(self.parameters.get("text", ""))
        side: Side = "right" if self.parameters.get("side") == "right" else "left"
        pad_id = self.value("pad", END_OF_TEXT_ID)
        return encode(loaded.tokenizer, texts, side=side, pad_id=pad_id, max_tokens=loaded.context)

    def spec(self, batch: TokenBatch) -> MaskSpec:
        """Return the rule of the mask, for the sentence in view."""
        count = len(batch.tokens[self.sentence])
        return MaskSpec(
            pattern=self.value("pattern", MaskSpec.pattern),
            width=self.value("width", MaskSpec.width),
            first=self.value("first", MaskSpec.first),
            padding=self.parameters.get("padding") != "off",
            sentence=self.sentence,
            weights=parse_weights(self.parameters.get("weights", ""), count),
            cells=parse_cells(self.parameters.get("cells", ""), count),
            gap=self.value("gap", MaskSpec.gap),
        )

    def sampling(self) -> SamplingSettings:
        """Return how the page draws."""
        from model_utils.generate.filters.filter_settings import SETTINGS, SamplingSettings

        return SamplingSettings(**{name: self.value(name, getattr(SamplingSettings, name)) for name in SETTINGS})


def parse_state(link: str, check: CheckParameter | None = None) -> PageState:
    """Return the state that `link` names. Raises ValueError with what is wrong with it."""
    page, _, query = link.partition("?")
    if page not in PAGES:
        raise ValueError(f"opens {page!r}, which is no page: write one of {', '.join(PAGES)}, then ? and its state")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise ValueError(f"{query[:40]!r} is no state: write name=value, joined by &") from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise ValueError("names a setting twice: once is enough")
    for name, raw in pairs:
        if check is not None:
            check(name, raw)
    return PageState(page=page, parameters=parameters)
