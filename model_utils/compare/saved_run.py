"""A comparison as the JSON file that is taken home, and read back without computing anything again.

What is read is checked piece by piece, for anybody may have written it: nothing of it is believed but what fits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn

from model_utils.compare.request import CompareRequest, TextPlace
from model_utils.compare.settings import parse, write
from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_settings import EARLY_STOPPING
from model_utils.generate.beam_search.beam_text import BeamToken
from model_utils.limits import (
    MAX_BRACKETS,
    MAX_CHARACTERS,
    MAX_NEW_TOKENS,
    MAX_RUN_MB,
    MAX_SAMPLES,
    MAX_SEED,
    MAX_SENTENCES,
    MAX_TEXTS,
)
from model_utils.tokens.glyphs import bytes_label, symbol_bytes

if TYPE_CHECKING:
    from model_utils.compare.tables import Text
    from model_utils.generate.beam_search.beam_settings import BeamSettings
    from model_utils.generate.step import Step

FORMAT, FORMAT_VERSION = "maskscope-compare", 1
MOST_NAME = 60  # characters of a run's name
_WRITTEN_WITH = ("torch", "transformers")
_ENDED = ("", "end", "context", "length")
_MOST_ID, _MOST_SYMBOL = 1_000_000, 400  # a token of GPT-2's vocabulary has at most 128 characters


@dataclass(frozen=True, kw_only=True)
class SavedToken:
    """A token of a saved text: its id, how the vocabulary writes it, and the probability that the model gave it."""

    id: int
    symbol: str
    probability: float

    @property
    def label(self) -> str:
        """Return how the token reads."""
        return bytes_label(symbol_bytes(self.symbol))[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class SavedRun:
    """A comparison that was saved: what was asked for, by which versions and weights, and its texts as far as they were.

    `hashes` are the SHA-256 of each model's weights, `ended` why each text ended, as in `Step.stop`.
    """

    name: str
    request: CompareRequest
    versions: Mapping[str, str]
    hashes: tuple[str, ...]
    texts: Mapping[TextPlace, tuple[SavedToken, ...]]
    ended: Mapping[TextPlace, str]


def write_run(
    name: str,
    request: CompareRequest,
    texts: Sequence[Text],
    *,
    hashes: Sequence[str],
    symbol: Callable[[str, int], str],
) -> bytes:
    """Return a comparison as JSON: what was asked for, by what, and all that is known of every token.

    `hashes` are those of the request's models, `symbol` gives how a model's vocabulary writes a token.
    """
    data = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": name[:MOST_NAME],
        "versions": {one: version(one) for one in _WRITTEN_WITH},
        "models": [{"id": one, "sha256": digest} for one, digest in zip(request.models, hashes, strict=True)],
        "asked": {
            "sentences": list(request.texts),
            "settings": write(request.rows),
            "samples": request.samples,
            "seed": request.seed,
            "own_random_numbers": request.own_noise,
            "max_new_tokens": request.max_new_tokens,
        },
        "texts": [_written(text, request.rows[text.row].beams, symbol) for text in texts],
    }
    return json.dumps(data, ensure_ascii=False).encode()


def _written(text: Text, beams: BeamSettings, symbol: Callable[[str, int], str]) -> dict[str, Any]:
    """Return one text as plain data: where it stands, how it was made, and every token of it."""
    return {
        "model": text.model,
        "sentence": text.prompt,
        "row": text.row,
        "name": text.name,
        "settings": asdict(text.settings) | asdict(beams) | {"early_stopping": EARLY_STOPPING[beams.early_stopping]},
        "sample": text.sample,
        "ended": text.steps[-1].stop if text.steps else "",
        "tokens": [
            {"id": step.token_id, "symbol": symbol(text.model, step.token_id), "text": label, **_known(step)}
            for step, label in zip(text.steps, text.labels, strict=True)
        ],
    }


def _known(step: Step | BeamToken) -> dict[str, float]:
    """Return the numbers of one token; of a beam search there are none of a draw."""
    numbers: dict[str, float] = {"probability_at_temperature_1": step.probability_raw}
    if isinstance(step, BeamToken):
        numbers["log_probability_after_processors"] = step.score
    else:
        numbers |= {
            "rank": step.rank,
            "probability_before_filters": step.probability,
            "probability_after_filters": step.probability_after,
            "kept_tokens": step.stages[-1].kept,
            "entropy_before_bits": step.entropy_before,
            "entropy_after_bits": step.entropy_after,
        }
    return {name: number if isinstance(number, int) else float(f"{number:.7g}") for name, number in numbers.items()}


def read_run(content: bytes) -> SavedRun:
    """Return the comparison that `content`, a file of `write_run`, holds. Raises InputError for anything else."""
    file = _At(_parsed(content), "the file")
    if file.get("format").text(40) != FORMAT or file.get("format_version").whole(1, 10**6) != FORMAT_VERSION:
        _refuse(f"its format is not {FORMAT} {FORMAT_VERSION}")
    models = file.get("models").items(2, least=1)
    request = _request(file.get("asked"), tuple(one.get("id").text(100) for one in models))
    texts, ended = {}, {}
    places = set(request.places())
    for one in file.get("texts").items(2 * MAX_TEXTS):
        place = _place(one, request)
        if place not in places:
            _refuse(f"{one.path} is no text that was asked for, or is there twice")
        places.remove(place)
        texts[place] = tuple(_token(token) for token in one.get("tokens").items(request.max_new_tokens))
        ended[place] = one.get("ended").one_of(_ENDED)
    if places:
        _refuse(f"{len(places)} of its texts are missing")
    return SavedRun(
        name=file.get("name").text(MOST_NAME),
        request=request,
        versions={name: file.get("versions").get(name).text(40) for name in _WRITTEN_WITH},
        hashes=tuple(one.get("sha256").digest() for one in models),
        texts=texts,
        ended=ended,
    )


def check_model(run: SavedRun, model: str, digest: str, symbol: Callable[[int], str | None] | None) -> None:
    """Raise InputError unless the texts of `run` by `model` are those of the weights `digest` and its vocabulary.

    `symbol` gives how its vocabulary writes a token, None for an id that it lacks; without it the weights alone are compared.
    """
    number = run.request.models.index(model)
    if run.hashes[number] != digest:
        raise InputError(
            f"This run was made with other weights of {model} (SHA-256 {run.hashes[number][:8]}…, here {digest[:8]}…): its "
            "texts are of another model."
        )
    if symbol is None:
        return
    for place, tokens in run.texts.items():
        for token in tokens if place.model == number else ():
            if symbol(token.id) != token.symbol:
                _refuse(f"its token {token.id} is written {token.symbol[:20]!r}, which {model} does not do")


def _parsed(content: bytes) -> Any:
    if len(content) > MAX_RUN_MB * 1e6:
        raise InputError(
            f"The file has {len(content) / 1e6:,.1f} MB; {MAX_RUN_MB} MB are the most that a run may have."
        )
    # Before anything is built: millions of empty groups would take a hundred times the memory of the file.
    if content.count(b"{") + content.count(b"[") > MAX_BRACKETS:
        _refuse("it holds more groups than any run has")
    try:
        return json.loads(content.decode("utf-8"))
    except RecursionError:
        _refuse("it is nested too deeply")
    except ValueError:
        _refuse("it is no JSON in UTF-8")


def _request(asked: _At, models: tuple[str, ...]) -> CompareRequest:
    sentences = [one.text(MAX_CHARACTERS) for one in asked.get("sentences").items(MAX_SENTENCES, least=1)]
    if len(set(models)) < len(models):
        _refuse("it names a model twice")
    try:
        return CompareRequest(
            models=models,
            texts=tuple(sentences),
            rows=parse(asked.get("settings").text(MAX_CHARACTERS)),
            samples=asked.get("samples").whole(1, MAX_SAMPLES),
            seed=asked.get("seed").whole(0, MAX_SEED),
            own_noise=asked.get("own_random_numbers").flag(),
            max_new_tokens=asked.get("max_new_tokens").whole(1, MAX_NEW_TOKENS),
        )
    except _RefusedError:
        raise
    except InputError as error:
        _refuse(f"what was asked for does not fit. {str(error).removesuffix('.')}")


def _place(one: _At, request: CompareRequest) -> TextPlace:
    return TextPlace(
        model=request.models.index(one.get("model").one_of(request.models)),
        prompt=one.get("sentence").whole(0, len(request.texts) - 1),
        row=one.get("row").whole(0, len(request.rows) - 1),
        sample=one.get("sample").whole(0, request.samples - 1),
    )


def _token(one: _At) -> SavedToken:
    return SavedToken(
        id=one.get("id").whole(0, _MOST_ID),
        symbol=one.get("symbol").text(_MOST_SYMBOL),
        probability=one.get("probability_at_temperature_1").number(0, 1),
    )


class _RefusedError(InputError):
    """The file is no run."""


def _refuse(why: str) -> NoReturn:
    raise _RefusedError(f"This file is no run that Compare has saved: {why}.")


@dataclass(frozen=True)
class _At:
    """A value of the file with its place in it, by which what is wrong is named."""

    value: Any
    path: str

    def get(self, name: str) -> _At:
        """Return a named part of a group."""
        if not isinstance(self.value, dict) or name not in self.value:
            _refuse(f"{self.path} has no {name}")
        return _At(self.value[name], f"{self.path}.{name}".removeprefix("the file."))

    def items(self, most: int, least: int = 0) -> list[_At]:
        """Return the parts of a list."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            _refuse(f"{self.path} is no list of {least} to {most}")
        return [_At(one, f"{self.path}[{number}]") for number, one in enumerate(self.value)]

    def text(self, most: int) -> str:
        """Return a text without half characters, which could not be written again."""
        fits = isinstance(self.value, str) and len(self.value) <= most
        if not fits or any("\ud800" <= character <= "\udfff" for character in self.value):
            _refuse(f"{self.path} is no text of at most {most:,} characters")
        return str(self.value)

    def one_of(self, known: Sequence[str]) -> str:
        """Return one of the known texts."""
        if self.value not in known:
            _refuse(f"{self.path} is none of {', '.join(map(repr, known))}")
        return str(self.value)

    def digest(self) -> str:
        """Return a SHA-256 in hexadecimal digits."""
        text = self.text(64)
        if len(text) != 64 or set(text) - set("0123456789abcdef"):
            _refuse(f"{self.path} is no SHA-256")
        return text

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            _refuse(f"{self.path} is neither true nor false")
        return bool(self.value)

    def whole(self, low: int, high: int) -> int:
        """Return a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not low <= self.value <= high:
            _refuse(f"{self.path} is no whole number from {low} to {high:,}")
        return int(self.value)

    def number(self, low: float, high: float) -> float:
        """Return a number."""
        known = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not known or not low <= self.value <= high:  # which no NaN is
            _refuse(f"{self.path} is no number from {low:g} to {high:g}")
        return float(self.value)
