"""How the dashboard is: what `/healthz` says, and `/metrics` in more numbers.

Anybody may ask, as often as they like: so there are numbers and a few words, no name, path or id,
and no more than one look every two seconds, whoever asks.
"""

import functools
import importlib.metadata
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import DigitLabError
from core.learning.idx import mnist_problem
from core.runs.disk import DiskUse
from core.runs.records import Run, State
from core.ui.services import Services, services

Condition = Literal["ok", "degraded", "failing"]
LOOK_SECONDS: Final = 2.0
# Less than this, and not even the queue can write down what it does.
_FULL_BYTES: Final = 4_000_000
FRESH: Final = {"Cache-Control": "no-store"}
T = TypeVar("T")


class Kept(Generic[T]):
    """Keeps what `look` found for some seconds; for use from any thread."""

    def __init__(self, look: Callable[[], T], seconds: float = LOOK_SECONDS) -> None:
        self._look = look
        self._seconds = seconds
        self._lock = threading.Lock()
        self._found: T | None = None
        self._looked = -float("inf")

    def get(self) -> T:
        """Return what was found at most so many seconds ago."""
        with self._lock:
            if self._found is None or time.monotonic() - self._looked > self._seconds:
                self._found, self._looked = self._look(), time.monotonic()
            return self._found


@dataclass(frozen=True)
class Health:
    """How everything stands at one moment."""

    condition: Condition
    version: str
    keeps_queue: bool
    slots: int
    states: dict[State, int]  # how many runs are in each
    unreadable: int
    writable: bool  # the folder of runs
    disk: DiskUse
    mnist: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as `/healthz` says it."""
        running = self.states.get("running", 0)
        return {
            "status": self.condition,
            "version": self.version,
            "queue": {
                "keeper": self.keeps_queue,
                "waiting": self.states.get("queued", 0),
                "running": running,
                "slots": self.slots,
            },
            # A run reads as running for as long as its worker lives.
            "workers": running,
            "disk": {
                "free_bytes": self.disk.free,
                "state": self.disk.state,
                "writable": self.writable,
            },
            "mnist": self.mnist,
        }


def look() -> Health:
    """Look at everything anew."""
    parts = services()
    use = _disk_use(parts)
    root = parts.settings.runs
    writable = _may_write(root)
    try:
        listed = parts.store.list(at_most_old=LOOK_SECONDS)
    except DigitLabError:
        listed, writable = [], False
    runs = [run for run in listed if isinstance(run, Run)]
    failing = not writable or (use.free is not None and use.free < _FULL_BYTES)
    well = use.state == "ok" and parts.queue.is_looking
    return Health(
        condition="failing" if failing else "ok" if well else "degraded",
        version=version(),
        keeps_queue=parts.queue.is_keeper,
        slots=parts.settings.slots,
        states=dict(Counter(run.status.state for run in runs)),
        unreadable=len(listed) - len(runs),
        writable=writable,
        disk=use,
        mnist=not mnist_problem(parts.settings.data),
    )


@functools.cache
def version() -> str:
    """Return the version of Digit Lab that is installed."""
    try:
        return importlib.metadata.version("digit-lab")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _disk_use(parts: Services) -> DiskUse:
    disk = parts.store.disk
    return disk.look() if disk else DiskUse("ok", None, None, "")


def _may_write(root: Path) -> bool:
    """Tell whether runs can be written, as far as that is known without writing."""
    # The folder is made when the first run is.
    place = next((place for place in (root, *root.parents) if place.exists()), root)
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


health: Final = Kept(look)


def _healthz(_request: Request) -> Response:
    found = health.get()
    status = 503 if found.condition == "failing" else 200
    return JSONResponse(found.as_json(), status, FRESH)


health_route: Final = Route("/healthz", _healthz)
