"""Runs that are damaged while a page shows them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.runs import files
from core.settings import PROJECT_ROOT
from core.ui.services import services

EXAMPLES = ("example-sgd", "example-adam")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example runs, and a process whose pages show them."""
    for name in EXAMPLES:
        shutil.copytree(PROJECT_ROOT / "runs" / name, tmp_path / "runs" / name)
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DIGITLAB_OFFLINE", "1")
    services.cache_clear()
    yield tmp_path / "runs"
    services.cache_clear()


def compared() -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "compare.py"), default_timeout=60)
    page.query_params["runs"] = list(EXAMPLES)
    return page.run()


@pytest.mark.parametrize("name", [files.CONFIG, files.STATUS, files.SUMMARY, files.ENVIRONMENT])
def test_compare_comes_to_an_end_when_a_file_is_damaged_in_place(runs: Path, name: str) -> None:
    services().store.list()
    (runs / "example-adam" / name).write_text("xx")
    page = compared()
    assert not page.exception
    assert any("example-adam" in warning.value for warning in page.warning)
