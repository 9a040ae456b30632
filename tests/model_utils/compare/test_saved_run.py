"""A comparison goes into a file and comes back; what is no such file, or by another model, is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from model_utils.compare.request import CompareRequest, TextPlace
from model_utils.compare.saved_run import check_model, read_run, write_run
from model_utils.compare.settings import name, parse
from model_utils.compare.tables import Text
from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_text import leading_text
from model_utils.generate.beam_search.beams import beam_search
from model_utils.generate.lane import Lane
from model_utils.limits import MAX_NEW_TOKENS, MAX_RUN_MB, MAX_TEXTS
from model_utils.models.files import weights_hash
from model_utils.models.loading import LoadedModel
from model_utils.models.registry import BUNDLED_FOLDER
from tests.tools.decoding import grown

NEW, HASH = 5, "a1" * 32
PROMPTS = ("He shook his", "It was\nso <b>")
REQUEST = CompareRequest(
    models=("tiny-gpt2",),
    texts=PROMPTS,
    rows=parse("t1,s3;b2,n2"),
    samples=2,
    seed=1,
    own_noise=True,
    max_new_tokens=NEW,
)


@pytest.fixture(scope="module")
def texts(tiny: LoadedModel) -> list[Text]:
    """Return every text of the request."""
    made = []
    for place in REQUEST.places():
        prompt = tuple(tiny.tokenizer(PROMPTS[place.prompt])["input_ids"])
        row, lane = (
            REQUEST.rows[place.row],
            Lane(prompt=prompt, settings=REQUEST.settings(place.row), sample=place.sample),
        )
        if row.beams.on:
            steps = leading_text([one for made in beam_search(tiny, [lane], row.beams, NEW) for one in made])
        else:
            steps = grown(tiny, [lane], NEW)[0]
        labels = [str(step.token_id) for step in steps]
        made.append(
            Text(
                model="tiny-gpt2",
                row=place.row,
                name=name(row),
                settings=lane.settings,
                sample=place.sample,
                prompt=place.prompt,
                steps=steps,
                labels=labels,
            )
        )
    return made


@pytest.fixture(scope="module")
def content(tiny: LoadedModel, texts: list[Text]) -> bytes:
    """Return the file of the request."""
    return write_run(
        "mine", REQUEST, texts, hashes=[HASH], symbol=lambda _, token: str(tiny.tokenizer.convert_ids_to_tokens(token))
    )


def test_a_run_comes_back_as_it_was(tiny: LoadedModel, texts: list[Text], content: bytes) -> None:
    run = read_run(content)
    assert (run.name, run.request, run.hashes) == ("mine", REQUEST, (HASH,))
    assert set(run.versions) == {"torch", "transformers"}
    assert list(run.texts) == REQUEST.places()
    for text, (place, tokens) in zip(texts, run.texts.items(), strict=True):
        assert [token.id for token in tokens] == [step.token_id for step in text.steps]
        assert [token.probability for token in tokens] == pytest.approx([step.probability_raw for step in text.steps])
        assert "".join(token.symbol for token in tokens).replace("Ġ", " ") == tiny.tokenizer.decode(
            [step.token_id for step in text.steps]
        ).replace("\n", "Ċ")
        assert run.ended[place] == text.steps[-1].stop
    check_model(run, "tiny-gpt2", HASH, tiny.tokenizer.convert_ids_to_tokens)


def test_all_settings_stand_in_the_file(content: bytes) -> None:
    data = json.loads(content)
    first, beams = data["texts"][0]["settings"], data["texts"][2]["settings"]
    assert (first["temperature"], first["seed"], first["num_beams"]) == (1.0, 3, 1)
    assert (beams["num_beams"], beams["no_repeat_ngram_size"]) == (2, 2)
    assert beams["early_stopping"] is False
    assert data["asked"]["settings"] == "t1,s3;b2,n2"


def test_a_run_of_other_weights_or_of_another_vocabulary_is_one_sentence(tiny: LoadedModel, content: bytes) -> None:
    run = read_run(content)
    with pytest.raises(InputError, match="other weights of tiny-gpt2"):
        check_model(run, "tiny-gpt2", "b2" * 32, tiny.tokenizer.convert_ids_to_tokens)
    check_model(run, "tiny-gpt2", HASH, None)
    with pytest.raises(InputError, match="is written"):
        check_model(run, "tiny-gpt2", HASH, lambda _: "other")
    with pytest.raises(InputError, match="is written"):
        check_model(run, "tiny-gpt2", HASH, lambda _: None)


def changed(*path: Any, to: Any) -> Callable[[Any], None]:
    """Return what puts a value at a place of the file's data."""

    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = to

    return change


TOKEN = ("texts", 1, "tokens", 2)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (changed("format", to="other"), "its format is not"),
        (changed("format_version", to=2), "its format is not"),
        (changed("format_version", to=True), "format_version is no whole number"),
        (lambda data: data.pop("models"), "the file has no models"),
        (changed("models", to=[]), "models is no list of 1 to 2"),
        (changed("models", to=[{"id": "a", "sha256": HASH}] * 2), "names a model twice"),
        (changed("models", 0, "sha256", to="xyz"), r"models\[0\].sha256 is no SHA-256"),
        (changed("models", 0, "id", to=3), r"models\[0\].id is no text"),
        (changed("asked", to=[]), "asked has no sentences"),
        (changed("asked", "sentences", to=["x"] * 17), "asked.sentences is no list of 1 to 16"),
        (changed("asked", "sentences", 0, to="x" * 20_001), r"asked.sentences\[0\] is no text of at most 20,000"),
        (changed("asked", "settings", to="q1"), "Row 0: 'q1' is not a setting"),
        (changed("asked", "settings", to="b4,k5"), "would have no effect"),
        (changed("asked", "samples", to=9), "asked.samples is no whole number from 1 to 8"),
        (changed("asked", "seed", to=-1), "asked.seed is no whole number"),
        (changed("asked", "seed", to=1.5), "asked.seed is no whole number"),
        (changed("asked", "own_random_numbers", to="no"), "is neither true nor false"),
        (changed("asked", "max_new_tokens", to=10**300), "asked.max_new_tokens is no whole number"),
        (changed("texts", to={}), "texts is no list"),
        (lambda data: data["texts"].pop(), "1 of its texts are missing"),
        (lambda data: data["texts"].append(data["texts"][0]), "is there twice"),
        (changed("texts", 0, "row", to=2), r"texts\[0\].row is no whole number from 0 to 1"),
        (changed("texts", 2, "sample", to=1), r"texts\[2\] is no text that was asked for"),
        (changed("texts", 0, "model", to="other"), r"texts\[0\].model is none of"),
        (changed("texts", 0, "model", to=["tiny-gpt2"]), r"texts\[0\].model is none of"),
        (changed("texts", 0, "ended", to="<script>"), r"texts\[0\].ended is none of"),
        (changed("texts", 0, "tokens", to=[{}] * 6), r"texts\[0\].tokens is no list of 0 to 5"),
        (changed(*TOKEN, to="x"), r"texts\[1\].tokens\[2\] has no id"),
        (changed(*TOKEN, "id", to=True), r"tokens\[2\].id is no whole number"),
        (changed(*TOKEN, "symbol", to="x" * 401), r"tokens\[2\].symbol is no text of at most 400"),
        (changed(*TOKEN, "symbol", to="\ud800"), r"tokens\[2\].symbol is no text"),
        (changed(*TOKEN, "probability_at_temperature_1", to=1.1), "is no number from 0 to 1"),
        (changed(*TOKEN, "probability_at_temperature_1", to=float("nan")), "is no number from 0 to 1"),
        (changed(*TOKEN, "probability_at_temperature_1", to=10**400), "is no number from 0 to 1"),
        (changed("name", to="x" * 61), "name is no text of at most 60"),
        (changed("versions", to={"torch": "2"}), "versions has no transformers"),
    ],
)
def test_a_spoiled_file_is_one_sentence_that_names_the_place(
    content: bytes, change: Callable[[Any], object], named: str
) -> None:
    data = json.loads(content)
    change(data)
    with pytest.raises(InputError, match=named):
        read_run(json.dumps(data).encode())


@pytest.mark.parametrize(
    ("spoiled", "named"),
    [
        (b"", "no JSON in UTF-8"),
        (b"\xff\xfe{}", "no JSON in UTF-8"),
        (b"[]", "the file has no format"),
        (b"null", "the file has no format"),
        (b'{"format": ' + b"9" * 5_000 + b"}", "no JSON in UTF-8"),
        (b"[" * 10_000 + b"]" * 10_000, "nested too deeply"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested too deeply"),
        (b"[" + b"{}," * 300_000 + b"{}]", "more groups than any run has"),
        (b" " * (MAX_RUN_MB * 10**6 + 1), f"{MAX_RUN_MB} MB are the most"),
    ],
)
def test_what_is_no_run_at_all_is_one_sentence(spoiled: bytes, named: str) -> None:
    with pytest.raises(InputError, match=named):
        read_run(spoiled)


def test_every_cut_of_a_file_is_one_sentence(content: bytes) -> None:
    for end in range(0, len(content), 37):
        with pytest.raises(InputError):
            read_run(content[:end])


def test_the_largest_run_fits_its_bound(content: bytes) -> None:
    """12 settings with 8 samples by two models, 200 tokens each, all as long as the longest here."""
    tokens = [token for text in json.loads(content)["texts"] for token in text["tokens"]]
    longest = max(len(json.dumps(token, ensure_ascii=False).encode()) for token in tokens)
    assert 2 * MAX_TEXTS * MAX_NEW_TOKENS * longest < MAX_RUN_MB * 10**6


def test_weights_have_one_hash() -> None:
    digest = weights_hash(BUNDLED_FOLDER)
    assert len(digest) == 64
    assert digest == weights_hash(BUNDLED_FOLDER)


def test_the_places_of_a_request_are_those_of_its_parts() -> None:
    parts = REQUEST.parts()
    assert [(model, beams is not None) for model, beams, _ in parts] == [(0, False), (0, True)]
    assert sorted((place for _, _, places in parts for place in places), key=REQUEST.places().index) == REQUEST.places()
    assert TextPlace(model=0, row=1, sample=1) not in REQUEST.places()
