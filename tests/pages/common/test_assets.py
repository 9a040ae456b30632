"""The files that the server sends beside its pages."""

from __future__ import annotations

import re
from importlib.resources import files

from pages.common.assets import PLOTLY, plotly


def test_figures_are_drawn_by_the_version_that_the_python_package_checks_them_for() -> None:
    whole = files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")[:200]
    versions = [re.findall(r"v(\d+\.\d+\.\d+)", head) for head in (whole, plotly()[:200])]
    assert versions[0] == versions[1] == re.findall(r"\d+\.\d+\.\d+", PLOTLY)
