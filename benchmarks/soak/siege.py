"""A queue of short runs whose dashboard and workers are killed again and again (SIGKILL)."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import psutil

from core.config import RunConfig
from core.errors import DigitLabError
from core.runs.index import RunIndex
from core.runs.records import Run
from core.runs.resuming import RESUMABLE, resume
from core.runs.store import RunStore
from tests.support.dashboard import Dashboard

Target = Literal["dashboard", "worker", "both"]
TARGETS: Final[tuple[Target, ...]] = ("dashboard", "worker", "both")
SLOTS: Final = 2
# Everything that draws by chance: the order of images, dropout, augmentation.
_BASE: Final = RunConfig(
    dataset="digits", hidden_sizes=(32,), dropout=0.5, augmentation=1.0, batch_size=16
)
_KINDS: Final = (
    _BASE.replace(optimizer="adam"),
    _BASE.replace(optimizer="sgd", learning_rate=0.05),
    _BASE.replace(optimizer="adam", schedule="cosine"),
    _BASE.replace(optimizer="sgd", learning_rate=0.1, dropout=0.0),
)
_PAUSE_SECONDS: Final = (0.2, 2.0)
_UNREADY: Final = 0.2  # of the dashboards are killed while they still start
_GARBLED: Final = 0.15  # of the restarts find the index damaged or gone
_LOOK_SECONDS: Final = 0.3
# A second worker finds the lock taken and leaves within 2 s, on a busy machine a little later.
_TWO_AT_ONCE_SECONDS: Final = 15.0


def kinds(epochs: int) -> list[RunConfig]:
    """Return the few configs of which all runs are."""
    return [config.replace(epochs=epochs) for config in _KINDS]


class Siege:
    """The runs, the dashboard that keeps their queue, and what happened to both."""

    def __init__(self, folder: Path, runs: int, epochs: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self._cache = folder / "cache"
        root = folder / "runs"
        self.store = RunStore(root)
        self.kills: Counter[Target] = Counter()
        self.restarts = self.garbled = self.resumed = 0
        self.problems: list[str] = []
        self.resumes: Counter[str] = Counter()
        every = kinds(epochs)
        self.ids = [
            self.store.create(every[number % len(every)], name=f"run {number}", colour=number)
            for number in range(runs)
        ]
        self._dashboard = Dashboard(root, folder / "data", folder / "log", SLOTS)
        self._twice: dict[str, float] = {}
        self._end = threading.Event()

    def endure(self, kills: int, seconds: float) -> None:
        """Kill so many times, then let the runs come to their ends, all within `seconds`."""
        end = time.monotonic() + seconds
        looker = threading.Thread(target=self._look_on, daemon=True)
        looker.start()
        try:
            self._start()
            while self.kills.total() < kills and time.monotonic() < end:
                time.sleep(self._chance.uniform(*_PAUSE_SECONDS))
                self._kill(self._chance.choice(TARGETS))
                self._resume_some()
            while not self._all_finished():
                if time.monotonic() > end:
                    self.problems.append(f"not all runs had finished after {seconds:g} s")
                    break
                self._resume_all()
                time.sleep(_LOOK_SECONDS)
        finally:
            self._end.set()
            looker.join()
            self._dashboard.stop()
            for worker in self._workers():
                with contextlib.suppress(psutil.Error):
                    worker.kill()

    def log_text(self) -> str:
        """Return what all dashboards have printed."""
        return self._dashboard.log_text()

    # Killing

    def _kill(self, target: Target) -> None:
        workers = self._workers()
        if target != "dashboard" and not workers:
            target = "dashboard"  # nobody trains at this moment
        if target != "dashboard":
            with contextlib.suppress(psutil.Error):
                self._chance.choice(workers).kill()
        if target != "worker":
            self._dashboard.kill()
            self._check_listing()
            self._garble_index()
            self._start()
        self.kills[target] += 1

    def _start(self) -> None:
        """Start the dashboard anew; now and then it is killed before it is ready."""
        while self._chance.random() < _UNREADY:
            starter = threading.Thread(target=self._start_in_vain, daemon=True)
            starter.start()
            time.sleep(self._chance.uniform(0.5, 3.0))
            with contextlib.suppress(AssertionError, ProcessLookupError):
                os.kill(self._dashboard.pid, signal.SIGKILL)
            starter.join()
            self._dashboard.kill()
            self.kills["dashboard"] += 1
            self.restarts += 1
        self._dashboard.start()
        self.restarts += 1

    def _start_in_vain(self) -> None:
        with contextlib.suppress(AssertionError, OSError):
            self._dashboard.start()

    def _garble_index(self) -> None:
        if self._chance.random() > _GARBLED:
            return
        for file in [path for path in self._cache.rglob("*") if path.is_file()]:
            if self._chance.random() < 0.5:
                file.unlink()
            else:
                content = bytearray(file.read_bytes())
                for _ in range(min(64, len(content))):
                    content[self._chance.randrange(len(content))] = self._chance.randrange(256)
                file.write_bytes(bytes(content))
            self.garbled += 1

    def _check_listing(self) -> None:
        """A fresh listing, with the index and without, must name the same runs."""
        index = RunIndex(self._cache, self.store.root)
        listings = [RunStore(self.store.root, index).list(), RunStore(self.store.root).list()]
        with_index, without = ([run.id for run in listed] for listed in listings)
        if with_index != without or sorted(without) != sorted(self.ids):
            self.problems.append("a listing lacked runs or named one twice")
        for listed in listings:
            unreadable = [run.reason for run in listed if not isinstance(run, Run)]
            self.problems += [f"unreadable: {reason}" for reason in unreadable]

    # What a user does

    def _resume_some(self) -> None:
        if self._chance.random() < 0.5:
            self._resume_all()

    def _resume_all(self) -> None:
        """Press Resume on every run that stopped."""
        for run in self._read():
            if run.status.state in RESUMABLE:
                try:
                    resume(self.store, run.id)
                except DigitLabError as error:
                    self.problems.append(f"could not be resumed: {error}")
                    continue
                self.resumes[run.id] += 1
                self.resumed += 1
            elif run.status.state == "diverged":
                self.problems.append(f"{run.name} {run.status.state}: {run.status.reason}")

    def _all_finished(self) -> bool:
        return all(run.status.state == "finished" for run in self._read())

    def _read(self) -> list[Run]:
        return [self.store.read(run_id) for run_id in self.ids]

    # Looking on

    def _look_on(self) -> None:
        while not self._end.wait(_LOOK_SECONDS):
            by_run = Counter(_folder_of(worker) for worker in self._workers())
            now = time.monotonic()
            several = {folder for folder, count in by_run.items() if count > 1}
            self._twice = {folder: self._twice.get(folder, now) for folder in several}
            if any(now - since > _TWO_AT_ONCE_SECONDS for since in self._twice.values()):
                self.problems.append("two workers lived for one run")
                self._twice = {}

    def _workers(self) -> list[psutil.Process]:
        """Return the live workers of these runs."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and _is_worker(
                    process.cmdline(), self.store.root
                ):
                    found.append(process)
        return found


def _is_worker(command: Sequence[str], root: Path) -> bool:
    return "core.runs.worker" in command and Path(command[-1]).parent == root


def _folder_of(worker: psutil.Process) -> str:
    try:
        command = worker.cmdline()
    except psutil.Error:
        return str(worker.pid)
    return command[-1] if command else str(worker.pid)
