"""What holds for the whole tree: lengths, late imports, safe rendering, documented controls."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for folder in ("pages", "lessons", "model_utils", "viz") for path in (ROOT / folder).rglob("*.py")]
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("[0-9]*.py"))]


def test_page_files_stay_under_100_lines() -> None:
    assert not [path.name for path in PAGES if path.read_text(encoding="utf-8").count("\n") > 100]


@pytest.mark.parametrize(
    "module",
    [
        "pages.common.frame",
        "pages.home.demo",
        "model_utils.models.registry",
        "lessons.loading",
        "model_utils.limits",
        "model_utils.generate.filters.filter_settings",
        "viz.base.theme",
    ],
)
def test_first_paint_does_not_wait_for_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=False).returncode == 0


def test_nothing_renders_html_or_runs_remote_code() -> None:
    forbidden = re.compile(
        r"unsafe_allow_html|unsafe_allow_javascript|trust_remote_code=True|innerHTML|\bpickle\b|torch\.load\((?!.*weights_only=True)"
    )
    scripts = [path for path in (ROOT / "pages").rglob("*.js") if path.parent.name != "vendor"]
    training = list((ROOT / "training").glob("*.py"))
    found = [
        path.name
        for path in [*SOURCES, *PAGES, *training, *scripts]
        if forbidden.search(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize("folder", ["pages", "viz"])
def test_no_text_of_a_page_shows_a_call_in_braces(folder: str) -> None:
    """A part of a text that lacks its f before the quotes is shown as code."""
    for path in (ROOT / folder).rglob("*.py"):
        texts = [
            one.value for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.Constant)
        ]
        assert not [text for text in texts if isinstance(text, str) and re.search(r"\{\w+\(", text)], path


def test_streamlit_is_imported_in_pages_only_and_plotly_in_viz_only() -> None:
    for path in {*SOURCES, *PAGES}:
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(ROOT).parts[0].replace("app.py", "pages")
        assert not (place != "pages" and re.search(r"^\s*(import|from) streamlit", text, re.M)), path
        assert not (place != "viz" and re.search(r"^\s*(import|from) plotly", text, re.M)), path
        assert not (place != "model_utils" and re.search(r"^\s*(import|from) (torch|transformers)", text, re.M)), path


def test_caching_decorators_live_in_the_cache_modules_only() -> None:
    for path in {*SOURCES, *PAGES}:
        if not path.name.startswith("cache"):
            assert not re.search(r"@(st\.cache_(data|resource)|shared\()", path.read_text(encoding="utf-8")), path


def test_the_model_is_run_in_one_place_only() -> None:
    runs = re.compile(r"\.(model|transformer|lm_head)\(")
    folders = (ROOT / "model_utils", ROOT / "pages", ROOT / "training")
    found = {path.name for folder in folders for path in folder.rglob("*.py") if runs.search(path.read_text("utf-8"))}
    assert found == {"forward.py"}
