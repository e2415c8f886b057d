"""MNIST's download as the dashboard sees it: a process beside it, its state, a second try."""

import json
import os
import subprocess  # nosec B404 # of this program's own modules
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from core.access import Action, needs
from core.settings import PROJECT_ROOT, without_secrets

_STOP_SECONDS: Final = 3.0
_BROKEN_OFF: Final = "MNIST could not be fetched: the download ended before it was done. Try again."


@dataclass(frozen=True)
class DownloadState:
    """How far the download is: `share` of the bytes, 0 to 1; `error` is a sentence if it failed."""

    phase: Literal["idle", "fetching", "done", "failed"] = "idle"
    share: float = 0.0
    error: str = ""


class Download:
    """Fetches MNIST into `data_root` in a process of its own, so that nobody waits for it.

    One for each dashboard process, to be used from any thread. `mirror` is an address to ask in
    place of torchvision's own. The process ends by itself soon after the dashboard has ended.
    """

    def __init__(self, data_root: Path, mirror: str | None = None) -> None:
        self._command = [sys.executable, "-m", "core.learning.fetch", str(data_root.resolve())]
        if mirror is not None:
            self._command += ["--mirror", mirror]
        self._lock = threading.Lock()
        self._state = DownloadState()
        self._process: subprocess.Popen[str] | None = None

    @property
    def state(self) -> DownloadState:
        """Where the download stands now."""
        with self._lock:
            return self._state

    def start(self) -> None:
        """Begin to fetch, if that was not begun before: a page may call this at each run."""
        with self._lock:
            if self._state.phase == "idle":
                self._launch()

    @needs(Action.FETCH)
    def retry(self) -> None:
        """Fetch again after a failure; while it is being fetched this does nothing."""
        with self._lock:
            if self._state.phase != "fetching":
                self._launch()

    def stop(self) -> None:
        """End the process if there is one and wait for its end, a few seconds at most."""
        with self._lock:
            process, self._process = self._process, None
            if self._state.phase == "fetching":
                self._state = DownloadState()
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _launch(self) -> None:
        try:
            self._process = subprocess.Popen(  # nosec B603 # no shell, nothing that came in
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                cwd=PROJECT_ROOT,  # where `core` is found
                # torchvision draws a progress bar; its complaints shall reach the dashboard's log.
                env={**without_secrets(os.environ), "TQDM_DISABLE": "1"},
            )
        except OSError as error:
            self._state = DownloadState(
                "failed", error=f"MNIST could not be fetched: no process starts ({error.strerror})."
            )
            return
        self._state = DownloadState("fetching")
        threading.Thread(target=self._follow, args=[self._process], daemon=True).start()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process:
            for line in process.stdout:
                self._note(process, line)
        with self._lock:
            if self._process is process and self._state.phase == "fetching":
                self._state = DownloadState("failed", error=_BROKEN_OFF)

    def _note(self, process: subprocess.Popen[str], line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            return  # something that a library printed
        with self._lock:
            # A process that was stopped may have a last word; it is no longer about this state.
            if self._process is not process:
                return
            if "error" in message:
                self._state = DownloadState("failed", self._state.share, message["error"])
            elif "done" in message:
                self._state = DownloadState("done", 1.0)
            else:
                share = min(message["bytes"] / message["total"], 1.0)
                self._state = replace(self._state, share=share)
