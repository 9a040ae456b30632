"""The registry tells the truth about the models, and a mistake in a setting never stops the app."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_utils.errors import ModelDamagedError
from model_utils.models import registry as module
from model_utils.models.registry import BUNDLED_ID, HUB, ModelEntry, check_folder, folder_entry, registry
from tests.tools.models import change_config, change_json, change_weights, save_random


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(tmp_path_factory.mktemp("registry") / "mine")


def folders(*pairs: str) -> dict[str, str]:
    return {"MASKSCOPE_FOLDERS": os.pathsep.join(pairs)}


def test_all_of_gpt2s_sizes_and_distilgpt2_are_offered_the_bundled_first():
    assert list(registry({})) == ["tiny-gpt2", "gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "distilgpt2"]


@pytest.mark.parametrize(
    ("name", "parameters", "file_bytes"),
    [
        ("gpt2", 124_439_808, 548_105_171),
        ("gpt2-medium", 354_823_168, 1_519_984_962),
        ("gpt2-large", 774_030_080, 3_247_159_078),
        ("gpt2-xl", 1_557_611_200, 6_431_829_964),
        ("distilgpt2", 81_912_576, 352_824_413),
    ],
)
def test_parameters_and_download_are_those_of_the_hubs_files(name: str, parameters: int, file_bytes: int):
    entry = registry({})[name]
    assert entry.parameters == parameters
    assert entry.download_mb == round(file_bytes / 1e6)
    # What the hub's files hold: the parameters and one causal mask per layer, as float32, and a short header.
    assert 0 < file_bytes - 4 * (parameters + entry.layers * entry.context**2) < 100_000


def test_every_width_divides_among_its_heads():
    assert all(entry.width % entry.heads == 0 for entry in registry({}).values())


def test_the_operator_says_which_models_visitors_may_choose():
    assert list(registry({"MASKSCOPE_MODELS": " gpt2 ,distilgpt2"})) == ["tiny-gpt2", "gpt2", "distilgpt2"]


def test_a_list_of_nothing_but_commas_leaves_all():
    assert len(registry({"MASKSCOPE_MODELS": " , "})) == 1 + len(HUB)


def test_an_unknown_id_among_the_offered_is_left_out_and_logged(caplog: pytest.LogCaptureFixture):
    assert list(registry({"MASKSCOPE_MODELS": "gpt2-huge"})) == [BUNDLED_ID]
    assert "'gpt2-huge'" in caplog.text


def test_a_folder_is_offered_with_the_shape_in_its_config(folder: Path):
    entry = registry(folders(f"mine={folder}"))["mine"]
    assert (entry.source, entry.layers, entry.heads, entry.width, entry.context) == ("folder", 2, 2, 16, 64)
    assert (entry.location, entry.trouble, entry.download_mb) == (str(folder), "", 0)


def test_several_folders_with_spaces_around_are_read(folder: Path):
    entries = registry(folders(f" one = {folder} ", "", f"two={folder}"))
    assert {"one", "two"} <= set(entries)


@pytest.mark.parametrize("pair", ["nameless", "=path", "name=", "a b=path", "<b>=path", "-x=path", "x" * 65 + "=path"])
def test_a_pair_that_names_no_model_is_left_out_and_logged(pair: str, caplog: pytest.LogCaptureFixture):
    assert len(registry(folders(pair))) == 1 + len(HUB)
    assert "write id=path" in caplog.text


@pytest.mark.parametrize("name", ["gpt2", "tiny-gpt2"])
def test_a_folder_never_takes_the_place_of_a_model_of_that_name(
    name: str, folder: Path, caplog: pytest.LogCaptureFixture
):
    entries = registry(folders(f"{name}={folder}"))
    assert entries[name].source != "folder"
    assert "is taken" in caplog.text


def test_of_two_folders_with_one_id_the_first_stays(folder: Path, tmp_path: Path):
    assert registry(folders(f"mine={folder}", f"mine={tmp_path}"))["mine"].location == str(folder)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (None, r"config\.json is missing"),
        ("{", r"config\.json is damaged"),
        ('{"model_type": "bert"}', "type 'bert', not 'gpt2'"),
        ('{"model_type": "gpt2"}', "has no n_layer"),
        ('{"a": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deeply"),
    ],
)
def test_a_folder_that_cannot_be_used_is_offered_with_the_reason(config: str | None, reason: str, tmp_path: Path):
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    entry = registry(folders(f"mine={tmp_path}"))["mine"]
    assert re.search(reason, entry.trouble)
    assert "MASKSCOPE_FOLDERS" in entry.trouble
    assert str(tmp_path) not in entry.trouble, "visitors do not learn the server's paths"
    assert (entry.layers, entry.heads, entry.parameters) == (0, 0, 0)


def test_weights_that_do_not_fit_the_config_are_noticed_while_listing(folder: Path, tmp_path: Path):
    spoilt = shutil.copytree(folder, tmp_path / "spoilt")
    change_config(spoilt, n_layer=1_000_000)
    assert "n_layer = 1000000, its weights hold 2" in registry(folders(f"mine={spoilt}"))["mine"].trouble


@pytest.mark.parametrize(
    "path", ["a\0b", "~nobody-of-this-name/gpt2", "/dev/null", "/proc/1/fd", "x" * 9_000, "\udcff", "."]
)
def test_no_path_stops_the_listing(path: str, folder: Path):
    entries = registry(folders(f"bad={path}", f"good={folder}"))
    assert entries["bad"].trouble
    assert not entries["good"].trouble


def test_whatever_reading_a_folder_raises_the_others_are_listed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(_: Path) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(module, "read_folder", fail)
    module._kept.cache_clear()
    entries = registry(folders(f"mine={folder}"))
    module._kept.cache_clear()
    assert "RuntimeError" in entries["mine"].trouble
    assert not entries["tiny-gpt2"].trouble


def test_a_folder_is_read_again_when_a_file_in_it_changes_and_else_is_not(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = shutil.copytree(folder, tmp_path / "copy")
    reads, real = [], module.read_folder
    monkeypatch.setattr(module, "read_folder", lambda place: reads.append(place) or real(place))
    for _ in range(3):
        assert registry(folders(f"mine={copy}"))["mine"].end_of_text == (50256,)
    assert len(reads) == 1
    change_json(copy / "generation_config.json", eos_token_id=13)
    assert registry(folders(f"mine={copy}"))["mine"].end_of_text == (13,)
    (copy / "model.safetensors").unlink()
    assert registry(folders(f"mine={copy}"))["mine"].trouble


def test_memory_is_that_of_the_parameters_in_the_files(folder: Path, tmp_path: Path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    tied = registry(folders(f"mine={copy}"))["mine"]
    change_config(copy, tie_word_embeddings=False)
    change_weights(copy, lambda t: t.update({"lm_head.weight": t["wte.weight"].clone()}))
    untied = registry(folders(f"mine={copy}"))["mine"]
    assert untied.parameters == tied.parameters + 50257 * 16
    assert untied.memory_mb == round(untied.parameters * 4 / 1e6)


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"scale_attn_weights": False}, "scale_attn_weights", False),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx", True),
        ({"eos_token_id": [13, 50256]}, "end_of_text", (50256,)),  # generation_config.json comes first
    ],
)
def test_what_code_needs_to_know_of_a_folder_is_in_its_entry(
    folder: Path, tmp_path: Path, changes: dict[str, object], name: str, value: object
):
    copy = shutil.copytree(folder, tmp_path / "copy")
    change_config(copy, **changes)
    assert getattr(registry(folders(f"mine={copy}"))["mine"], name) == value


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"heads": 4}, "heads 2, and 4"),
        ({"parameters": 5}, "parameters 8.*, and 5"),
        ({"end_of_text": (1,)}, "end of text"),
    ],
)
def test_files_of_another_model_than_the_entry_s_are_refused(folder: Path, changes: dict[str, Any], reason: str):
    check_folder(folder_entry("mine", folder), folder)
    with pytest.raises(ModelDamagedError, match=reason):
        check_folder(replace(folder_entry("mine", folder), **changes), folder)


def test_a_complaint_is_logged_once_however_often_pages_are_drawn(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, logger="maskscope"):
        for _ in range(3):
            registry(folders(f"mine={tmp_path / 'nowhere'}"))
    assert len(caplog.records) == 1


def test_entries_can_be_keys(folder: Path):
    assert len({ModelEntry(id="a", source="hub", location="a/b", layers=1, heads=1, width=1) for _ in range(2)}) == 1


def test_registry_and_fetching_import_no_torch():
    modules = ", ".join(f"model_utils.models.{name}" for name in ("registry", "files", "download", "memory"))
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    answer = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
