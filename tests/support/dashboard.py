"""A real dashboard in a process of its own, on a port that the system chose."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
from playwright.sync_api import Browser

from core.settings import PROJECT_ROOT

START_SECONDS = 60
PASSPHRASE = "four chalk words here"
SHARED = {"DIGITLAB_SHARE": "1", "DIGITLAB_PASSPHRASE": PASSPHRASE}


class Dashboard:
    """`streamlit run dashboard.py` over a run folder; the same folder outlives restarts."""

    script = "dashboard.py"

    def __init__(
        self,
        runs: Path,
        data: Path,
        log: Path,
        slots: int = 2,
        settings: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.runs = runs
        self._data = data
        self._log = log
        self._slots = slots
        self._settings = dict(settings or {})
        self._options = list(options)
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self, *, again: bool = False) -> None:
        """Start the server and wait until it answers; `again` at the same address."""
        if again:
            port = int(self.url.rpartition(":")[2])
        else:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
        self.url = f"http://localhost:{port}"
        command = [sys.executable, "-m", "streamlit", "run", self.script]
        options = ["--server.headless", "true", "--server.port", str(port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command + options + self._options,
                cwd=PROJECT_ROOT,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.kill()
                raise AssertionError(f"The dashboard did not start:\n{self.log_text()}")
            time.sleep(0.2)

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        assert self._process is not None
        return self._process.pid

    def environment(self) -> dict[str, str]:
        """Return what the server gets from the shell, with none of the shell's own settings."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("DIGITLAB_")}
        return kept | {
            "DIGITLAB_RUNS": str(self.runs),
            "DIGITLAB_DATA": str(self._data),
            "DIGITLAB_CACHE": str(self._log.parent / "cache"),
            "DIGITLAB_SLOTS": str(self._slots),
            "DIGITLAB_LOGS": str(self._log.parent / "logs"),
            "DIGITLAB_CONFIG": str(self._log.parent / "config"),
            "DIGITLAB_NICE": os.environ.get("DIGITLAB_NICE", ""),
            "DIGITLAB_OFFLINE": "1",  # a test must not depend on what a network serves
            **self._settings,
        }

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL); its workers are left alone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server as Ctrl-C would."""
        self._end(signal.SIGINT)

    def log_text(self) -> str:
        """Return what the server printed so far."""
        return self._log.read_text(errors="replace")

    def _end(self, kind: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(kind)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return b'"ok"' in answer.read()
        except (urllib.error.URLError, OSError):
            return False


def owner_cookies(url: str) -> dict[str, str]:
    """Sign in as owner of a shared dashboard and return what the browser then sends."""
    answer = httpx.post(f"{url}/digitlab/sign-in", data={"passphrase": PASSPHRASE})
    assert answer.status_code == 303, answer.text
    return dict(answer.cookies)


def running(browser: Browser, dashboard: Dashboard) -> Iterator[Dashboard]:
    """Yield the dashboard started; stop it afterwards, and fail if it logged a traceback."""
    dashboard.start()
    yield dashboard
    # Pages first: one whose server is gone complains of it.
    for context in browser.contexts:
        context.close()
    dashboard.stop()
    assert "Traceback" not in dashboard.log_text()
