"""Fixtures of the tests that drive a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from core.settings import PROJECT_ROOT
from tests.support.browser import ABSENT, ARGUMENTS, find_chromium
from tests.support.dashboard import Dashboard, running

# Not ours to answer for: on a deep link Streamlit's page first looks for its server below the
# page's address; and while a test restarts a server, there is none.
_NOT_OURS = (
    "Failed to load resource: the server responded with a status of 404",
    "Failed to load resource: net::ERR_CONNECTION",
    "WebSocket connection to",
    "Cannot send rerun backMessage when disconnected",
    "Client Error in reaching server endpoint",
    "Is Streamlit still running?",
)
# Two cores may be training and driving two browsers at once.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium a test process."""
    path = find_chromium()
    if path is None and os.environ.get("DIGITLAB_REQUIRE_BROWSER"):
        pytest.fail(ABSENT)
    if path is None:
        pytest.skip(ABSENT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor's page on a wide screen; an error in its console fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_NOT_OURS):
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def dashboard(tmp_path: Path, browser: Browser) -> Iterator[Dashboard]:
    """A fresh dashboard with an empty run folder and no MNIST."""
    yield from running(browser, Dashboard(tmp_path / "runs", tmp_path / "data", tmp_path / "log"))


@pytest.fixture
def dashboard_on_mnist(tmp_path: Path, mnist_root: Path, browser: Browser) -> Iterator[Dashboard]:
    """A fresh dashboard with an empty run folder and the real MNIST."""
    yield from running(browser, Dashboard(tmp_path / "runs", mnist_root, tmp_path / "log"))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with the two example runs and folders that are no runs, shared by a module."""
    folder = tmp_path_factory.mktemp("gallery")
    runs = folder / "runs"
    for example in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / example, runs / example)
    shutil.copytree(runs / "example-adam", runs / "torn")
    (runs / "torn" / "config.json").write_text('{"schema_version": 1, "conf')
    (runs / "empty").mkdir()
    (runs / "foreign").mkdir()
    (runs / "foreign" / "holiday.txt").write_text("not a run")
    yield from running(browser, Dashboard(runs, folder / "data", folder / "log"))
