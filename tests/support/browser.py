"""A real browser: the machine's Chromium, driven by Playwright."""

import os
import shutil

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str:
    """Return the path of a Chromium, or skip the test; where one is required, fail instead."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    reason = "There is no Chromium on this machine, so nothing was tried in a real browser."
    if os.environ.get("DIGITLAB_REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)
