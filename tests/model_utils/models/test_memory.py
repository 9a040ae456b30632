"""Memory is measured where it is limited, and a refusal says both numbers."""

from pathlib import Path

import psutil
import pytest

from model_utils.errors import ModelTooLargeError
from model_utils.models.memory import check_memory, fits, free_mb, total_mb
from model_utils.models.registry import BUNDLED, registry


def container(folder: Path, limit: str, current: int, inactive: int) -> Path:
    (folder / "memory.max").write_text(limit)
    (folder / "memory.current").write_text(str(current))
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {inactive}\n")
    return folder


def test_without_a_container_the_machine_decides(tmp_path: Path):
    assert 0 < free_mb(tmp_path) <= total_mb()
    assert total_mb() == psutil.virtual_memory().total / 1e6


def test_a_containers_limit_counts_less_what_is_used_for_good(tmp_path: Path):
    assert free_mb(container(tmp_path, "300000000", 200_000_000, 50_000_000)) == 150


def test_a_container_without_a_limit_leaves_it_to_the_machine(tmp_path: Path):
    assert free_mb(container(tmp_path, "max", 10**15, 0)) > 0


def test_a_refusal_says_what_is_needed_and_what_there_is():
    with pytest.raises(ModelTooLargeError, match=r"gpt2-xl needs 6,730 MB of memory, and this computer has 3,000 MB"):
        check_memory(registry({})["gpt2-xl"], 3000)


def test_the_bundled_model_is_never_refused():
    assert fits(BUNDLED, 0)
    check_memory(BUNDLED, 0)
