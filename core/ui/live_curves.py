"""The curves of runs that train, sent to browsers as what is new since they asked last.

A page registers the view that it shows and gets a key; its charts then ask the server for the
view's points, once a second or as seldom as the last answer said, and say which revision they
have. Pages that show the same share a
key, and what is drawn is worked out at most once a second for all of them.
"""

import functools
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from core.ui.curve_charts import CurveSection, curve_section
from core.ui.curve_controls import CurveView
from core.ui.figures import Drawing, Trace
from core.ui.glance import glance
from core.ui.services import services

CURVES_ROUTE: Final = "/digitlab/curves"
PAUSE_HEADER: Final = "Digitlab-Pause"  # after how many seconds to ask again
_SECONDS: Final = 0.9  # a little less than a browser waits, so that it never misses a turn
_REVISIONS: Final = 5  # who has an older one gets all; half a megabyte each with twenty runs
_MOST_VIEWS: Final = 200  # of a class of pupils, each looks at runs of their own
_FORGOTTEN_SECONDS: Final = 60.0
_DIGITS: Final = 6  # more than a drawing can show
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_REVISION: Final = re.compile(r"(?:[0-9a-f]{8}-[0-9]{1,12})?")

Compute: TypeAlias = Callable[[Sequence[str], CurveView], CurveSection]
_Numbers: TypeAlias = npt.NDArray[np.float64]
_Way: TypeAlias = tuple[_Numbers, _Numbers]


class LiveCurves:
    """The views that pages show at this time, at most `most_views`; safe to use from threads."""

    def __init__(self, compute: Compute, most_views: int = _MOST_VIEWS) -> None:
        self._compute = compute
        self._most_views = most_views
        self._secret = secrets.token_bytes(32)
        self._feeds: OrderedDict[str, _Feed] = OrderedDict()
        self._lock = threading.Lock()

    def register(self, run_ids: Sequence[str], view: CurveView) -> tuple[str, CurveSection]:
        """Return the key of a view of runs, the same each time, and what the view shows now.

        Nobody can guess a key: who has it was shown the page. The view that was asked for least
        recently makes room where there are too many. Raises RunError for a run that is gone or
        damaged.
        """
        named = json.dumps([list(run_ids), astuple(view)]).encode()
        key = hmac.new(self._secret, named, hashlib.sha256).hexdigest()
        with self._lock:
            if key not in self._feeds:
                self._feeds[key] = _Feed(functools.partial(self._compute, tuple(run_ids), view))
            feed = self._asked(key)
            self._drop_forgotten()
        return key, feed.section()

    def answer(self, key: str, have: str) -> bytes | None:
        """Return as JSON what is new in the view `key` since the revision `have`.

        All of it where that is empty or no longer known; None if nobody registered the view.
        Raises RunError for a run that is gone or damaged.
        """
        with self._lock:
            if key not in self._feeds:
                return None
            feed = self._asked(key)
        return feed.answer(have)

    def ready(self, key: str, have: str) -> bytes | None:
        """Return what `answer` would, if that is there without any work or waiting; else None."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            feed = self._asked(key) if key in self._feeds else None
        finally:
            self._lock.release()
        return feed.ready(have) if feed is not None else None

    def _asked(self, key: str) -> "_Feed":
        self._feeds.move_to_end(key)
        feed = self._feeds[key]
        feed.asked = time.monotonic()
        return feed

    def _drop_forgotten(self) -> None:
        """Drop views that nobody has asked for of late, and of too many the first ones."""
        oldest = time.monotonic() - _FORGOTTEN_SECONDS
        while self._feeds:
            first = next(iter(self._feeds.values()))
            if first.asked >= oldest and len(self._feeds) <= self._most_views:
                break
            self._feeds.popitem(last=False)


@functools.cache
def live_curves() -> LiveCurves:
    """Return the views of this process, over its runs."""

    def compute(run_ids: Sequence[str], view: CurveView) -> CurveSection:
        runs = [glance().read(run_id) for run_id in run_ids]
        return curve_section(services().store, runs, view)

    return LiveCurves(compute)


def well_formed(key: str, have: str) -> bool:
    """Tell whether `key` and `have`, which come from a browser, could be a key and a revision."""
    return bool(_KEY.fullmatch(key) and _REVISION.fullmatch(have))


@dataclass(frozen=True)
class _Chart:
    """A chart as browsers get it: numbers are rounded."""

    layout: dict[str, Any]
    traces: list[Trace]


class _Feed:
    """One view: what it shows now, and what it showed in its last revisions."""

    def __init__(self, compute: Callable[[], CurveSection]) -> None:
        self._compute = compute
        self._lock = threading.Lock()
        self.asked = time.monotonic()  # when somebody last wanted to see it
        self._at = -float("inf")
        self._section: CurveSection | None = None
        self._name = secrets.token_hex(4)  # a revision of another server is never taken for ours
        self._count = 0
        self._revisions: OrderedDict[str, dict[str, _Chart]] = OrderedDict()
        self._answers: dict[str, bytes] = {}

    def section(self) -> CurveSection:
        with self._lock:
            return self._current()

    def answer(self, have: str) -> bytes:
        with self._lock:
            self._current()
            known = have if have in self._revisions else ""
            if known not in self._answers:
                self._answers[known] = self._encoded(known)
            return self._answers[known]

    def ready(self, have: str) -> bytes | None:
        if not self._lock.acquire(blocking=False):
            return None
        try:
            if time.monotonic() - self._at >= _SECONDS:
                return None
            return self._answers.get(have if have in self._revisions else "")
        finally:
            self._lock.release()

    def _current(self) -> CurveSection:
        now = time.monotonic()
        if self._section is None or now - self._at >= _SECONDS:
            self._section = self._compute()
            self._at = now
            self._take({chart.key: _rounded(chart.drawing) for chart in self._section.charts})
        return self._section

    def _take(self, charts: dict[str, _Chart]) -> None:
        last = next(reversed(self._revisions.values()), None)
        if last is not None and not _news(last, charts):
            return
        self._count += 1
        self._revisions[f"{self._name}-{self._count}"] = charts
        while len(self._revisions) > _REVISIONS:
            self._revisions.popitem(last=False)
        self._answers.clear()

    def _encoded(self, known: str) -> bytes:
        revision, charts = next(reversed(self._revisions.items()))
        news = _news(self._revisions.get(known, {}), charts)
        answer = {"revision": revision, "charts": news}
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()


def _news(old: dict[str, _Chart], new: dict[str, _Chart]) -> dict[str, Any]:
    """Return what must be done to each chart of `old` so that it becomes that of `new`."""
    found = {key: _chart_news(old.get(key), chart) for key, chart in new.items()}
    return {key: news for key, news in found.items() if news}


def _chart_news(old: _Chart | None, new: _Chart) -> dict[str, Any]:
    """Return the layout if it is another, and of each trace what is new, None for nothing."""
    if old is None or len(old.traces) != len(new.traces):
        return {"layout": new.layout, "traces": [_trace_news(None, trace) for trace in new.traces]}
    traces = [_trace_news(*pair) for pair in zip(old.traces, new.traces, strict=True)]
    return ({"traces": traces} if any(traces) else {}) | (
        {"layout": new.layout} if old.layout != new.layout else {}
    )


def _trace_news(old: Trace | None, new: Trace) -> dict[str, Any] | None:
    """Return the style if it is another, and of each way: how many points stay, x and y after."""
    if old is None or len(old.points) != len(new.points):
        return {"style": new.style, "ways": [[0, *_listed(way, 0)] for way in new.points]}
    kept = [_kept(*pair) for pair in zip(old.points, new.points, strict=True)]
    if old.style == new.style and all(
        len(before[0]) == count == len(now[0])
        for before, count, now in zip(old.points, kept, new.points, strict=True)
    ):
        return None
    ways = [[count, *_listed(way, count)] for count, way in zip(kept, new.points, strict=True)]
    return {"ways": ways} | ({"style": new.style} if old.style != new.style else {})


def _kept(old: _Way, new: _Way) -> int:
    """Return how many points at the beginning are the same."""
    count = min(len(old[0]), len(new[0]))
    differs = (old[0][:count] != new[0][:count]) | (old[1][:count] != new[1][:count])
    return int(differs.argmax()) if differs.any() else count


def _listed(way: _Way, start: int) -> list[list[float | int | None]]:
    return [[_short(value) for value in values[start:].tolist()] for values in way]


def _short(value: float) -> float | int | None:
    if not np.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _rounded(drawing: Drawing) -> _Chart:
    traces = [
        Trace(trace.style, tuple((_digits(x, 2), _digits(y)) for x, y in trace.points))
        for trace in drawing.traces
    ]
    return _Chart(drawing.layout, traces)


def _digits(values: _Numbers, more: int = 0) -> _Numbers:
    """Return `values` with so many significant digits as a drawing needs, whole numbers whole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.floor(np.log10(np.abs(values)))
    power = np.where(np.isfinite(power), power, 0)
    # A power of ten up to 22 is exact: the quotient is the shortest number with these digits.
    scale = 10.0 ** np.clip(_DIGITS + more - 1 - power, 0, 22)
    rounded: _Numbers = np.round(values * scale) / scale
    return rounded
