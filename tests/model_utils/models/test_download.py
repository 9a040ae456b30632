"""Models come from the hub whole, or not at all and with a sentence; a server of our own plays the hub."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from model_utils.errors import ModelDamagedError, ModelMissingError
from model_utils.jobs import Job
from model_utils.models import download
from model_utils.models.loading import load_model
from model_utils.models.registry import ModelEntry
from tests.tools.hub import Hub
from tests.tools.models import entry_of, save_random

REPOSITORY = "openai-community/gpt2"
SMALL = {"config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    saved = save_random(tmp_path_factory.mktemp("hub") / "gpt2", width=48)  # 5 MB of weights
    (saved / "pytorch_model.bin").write_bytes(b"pickled weights, never to be fetched")
    (saved / "modeling_evil.py").write_text("raise SystemExit")
    return saved


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def hub(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(models={REPOSITORY: folder}) as running:
        running.stand_in(monkeypatch)
        yield running


@pytest.fixture
def entry(folder: Path) -> ModelEntry:
    return entry_of(folder, "gpt2", source="hub", location=REPOSITORY)


def finished(entry: ModelEntry) -> Job[Path]:
    job = download.start(entry)
    assert job.wait(60), "the download hangs"
    return job


def leftovers(cache: Path) -> list[Path]:
    return list(cache.rglob("*.incomplete"))


def test_a_model_that_is_not_here_is_fetched_found_and_loads(hub: Hub, entry: ModelEntry, folder: Path):
    assert download.find(entry) is None
    job = finished(entry)
    assert job.error is None
    assert download.find(entry) == job.result
    total = sum((folder / name).stat().st_size for name in SMALL | {"model.safetensors"})
    assert job.progress == (total, total)
    assert load_model(entry, job.result).layers == entry.layers


def test_only_configuration_tokenizer_and_safetensors_are_fetched(hub: Hub, entry: ModelEntry):
    finished(entry)
    assert hub.fetched() == SMALL | {"model.safetensors"}


def test_a_connection_that_is_cut_goes_on_where_it_broke_off(hub: Hub, entry: ModelEntry, cache: Path, folder: Path):
    hub.cuts = [3 * 2**20 + 5]
    job = finished(entry)
    assert job.error is None
    assert f"bytes={3 * 2**20}-" in [span for _, _, span in hub.requests]
    fetched = (job.result / "model.safetensors").read_bytes()
    assert fetched == (folder / "model.safetensors").read_bytes()
    assert job.progress[0] == job.progress[1]
    assert not leftovers(cache)


def test_a_connection_that_stays_cut_ends_in_a_sentence_and_leaves_nothing(
    hub: Hub, entry: ModelEntry, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    hub.cuts = [0] * 20
    job = finished(entry)
    assert isinstance(job.error, ModelMissingError)
    assert "gpt2 could not be fetched" in str(job.error)
    assert "MASKSCOPE_FOLDERS" in str(job.error)
    assert download.find(entry) is None
    assert not leftovers(cache)
    hub.cuts = []
    assert finished(entry).error is None, "a second try, with the line mended, succeeds"


def test_a_stopped_download_ends_at_once_and_leaves_nothing(hub: Hub, entry: ModelEntry, cache: Path):
    hub.hold = threading.Event()
    job = download.start(entry)
    deadline = time.monotonic() + 20
    while job.progress[0] < 2**22 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert download.under_way(entry) is job
    job.cancel()
    hub.hold.set()
    assert job.wait(10)
    assert (job.cancelled, job.error, job.result) == (True, None, None)
    assert download.find(entry) is None
    assert download.under_way(entry) is None
    assert not leftovers(cache)


def test_all_sessions_share_one_download(hub: Hub, entry: ModelEntry):
    hub.hold = threading.Event()
    jobs = [download.start(entry) for _ in range(5)]
    hub.hold.set()
    assert jobs[0].wait(30)
    assert len(set(map(id, jobs))) == 1
    weights = [path for method, path, _ in hub.requests if method == "GET" and path.endswith(".safetensors")]
    assert len([path for path in weights if path.startswith("/cdn")]) == 1


def test_nobody_at_the_hubs_address_is_told_in_one_sentence(
    entry: ModelEntry, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{probe.getsockname()[1]}")
        began = time.monotonic()
        job = finished(entry)
    assert isinstance(job.error, ModelMissingError)
    assert "Connect to the internet" in str(job.error)
    assert "\n" not in str(job.error)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hf-mirror.com",
        "ftp://hf-mirror.com",
        "https://",
        "https:/hf.co",
        "http://[::1",
        "https://a:b",
        "https://a\nb",
    ],
)
def test_an_address_that_is_none_is_named_with_its_setting(
    entry: ModelEntry, cache: Path, monkeypatch: pytest.MonkeyPatch, address: str
):
    monkeypatch.setattr(constants, "ENDPOINT", address)
    job = finished(entry)
    assert isinstance(job.error, ModelMissingError)
    assert f"HF_ENDPOINT of this server is {address!r}" in str(job.error)
    assert "\n" not in str(job.error)


def test_offline_mode_is_told_like_a_missing_hub(
    hub: Hub, entry: ModelEntry, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert isinstance(finished(entry).error, ModelMissingError)


def test_a_model_that_the_hub_does_not_know_is_named(hub: Hub, entry: ModelEntry):
    job = finished(replace(entry, location="nobody/nothing"))
    assert isinstance(job.error, ModelMissingError)
    assert "has no model nobody/nothing" in str(job.error)


@pytest.mark.parametrize("status", [403, 503])
def test_a_hub_out_of_order_is_told_like_a_missing_hub(hub: Hub, entry: ModelEntry, status: int):
    hub.status = status
    job = finished(entry)
    assert isinstance(job.error, ModelMissingError)
    assert "did not answer as it should" in str(job.error)


def test_a_model_without_safetensors_is_refused_before_anything_is_fetched(hub: Hub, entry: ModelEntry, tmp_path: Path):
    bare = shutil.copytree(hub.models[REPOSITORY], tmp_path / "bare")
    (bare / "model.safetensors").unlink()
    hub.models[REPOSITORY] = bare
    job = finished(entry)
    assert "has no model.safetensors" in str(job.error)
    assert hub.fetched() == set()


def test_a_download_larger_than_the_disk_is_refused_with_both_numbers(
    hub: Hub, entry: ModelEntry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(download.shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10**9, 10**9, 1_000_000))
    job = finished(entry)
    assert isinstance(job.error, ModelMissingError)
    assert "needs 9 MB" in str(job.error)
    assert "1 MB free" in str(job.error)


def test_what_arrives_damaged_is_refused_and_fetched_anew_on_request(hub: Hub, entry: ModelEntry, tmp_path: Path):
    whole = hub.models[REPOSITORY]
    broken = shutil.copytree(whole, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes((whole / "model.safetensors").read_bytes()[:-100])
    hub.models[REPOSITORY] = broken
    job = finished(entry)
    assert isinstance(job.error, ModelDamagedError)
    assert "damaged" in str(job.error)
    hub.models[REPOSITORY] = whole
    assert finished(entry).error is None


def test_a_cache_filled_by_another_program_under_the_short_name_counts_as_here(
    entry: ModelEntry, cache: Path, folder: Path
):
    snapshot = cache / "models--gpt2" / "snapshots" / "abc"
    shutil.copytree(folder, snapshot)
    (cache / "models--gpt2" / "refs").mkdir()
    (cache / "models--gpt2" / "refs" / "main").write_text("abc")
    assert download.find(entry) == snapshot
    (snapshot / "model.safetensors").unlink()
    assert download.find(entry) is None


def test_a_folder_is_always_where_the_operator_said(folder: Path):
    assert download.find(entry_of(folder)) == folder
