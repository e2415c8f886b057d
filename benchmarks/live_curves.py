"""What it costs to watch many runs train: bytes and processor time a second, time in the browser.

    make bench          (or: python benchmarks/live_curves.py [--runs 20] [--seconds 20])

Twenty runs that no worker trains grow at a real one's pace while one real browser looks at their
curves on the Compare page. Needs Chromium. The figures are those of the last seconds, when the
curves are longest.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
from measuring import machine_sentence, parser_of, table, today, write_between
from playwright.sync_api import Page, Response, WebSocket, sync_playwright

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from core.runs.store import RunStore  # noqa: E402
from core.ui.curve_charts import curve_section  # noqa: E402
from core.ui.curve_controls import CurveView  # noqa: E402
from core.ui.live_curves import CURVES_ROUTE  # noqa: E402
from tests.support.browser import ABSENT, ARGUMENTS, find_chromium  # noqa: E402
from tests.support.dashboard import Dashboard  # noqa: E402
from tests.support.growing import GrowingRun  # noqa: E402

_STEPS: Final = 5_000
_STEPS_A_SECOND: Final = 50
_WARM_SECONDS: Final = 5
_BEAT: Final = 0.5  # seconds between two writings; a worker writes every 25 steps
# The hardest of all views: the loss of every batch, smoothed, with the raw line behind.
_VIEW: Final = CurveView("both", "steps", False, False, False, 0.9)
_WATCH: Final = """
() => {
  const seen = (window.measured = { drawn: [], tasks: [], frames: [] });
  const react = window.Plotly.react;
  window.Plotly.react = async (...given) => {
    const begun = performance.now();
    await react(...given);
    seen.drawn.push(performance.now() - begun);
  };
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.tasks.push(task.duration);
  }).observe({ type: "longtask" });
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
"""
_FORGET: Final = "() => Object.values(window.measured).forEach((all) => all.splice(0))"


@dataclass
class Traffic:
    """What a page received while it was watched, in bytes as decoded."""

    points: list[int] = field(default_factory=list)  # a number an answer
    frames: int = 0  # of Streamlit's websocket

    def listen(self, page: Page) -> None:
        """Count what `page` receives from now on."""

        def of_response(response: Response) -> None:
            if CURVES_ROUTE in response.url and response.ok:
                self.points.append(len(response.body()))

        def of_frame(payload: Any) -> None:
            self.frames += len(payload)

        def of_socket(socket: WebSocket) -> None:
            socket.on("framereceived", of_frame)

        page.on("response", of_response)
        page.on("websocket", of_socket)


@contextmanager
def growing(runs: list[GrowingRun]) -> Iterator[None]:
    """Let `runs` grow at a worker's pace while the block lasts."""
    done = threading.Event()

    def grow() -> None:
        due = time.monotonic()
        while not done.wait(max(0.0, due - time.monotonic())):
            for run in runs:
                run.grow(int(_STEPS_A_SECOND * _BEAT))
            due += _BEAT

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def measure(options: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Return the figures of one viewer who watches the last seconds of all runs."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit(ABSENT)
    store = RunStore(folder / "runs")
    runs = [
        GrowingRun(store, f"run {number}", learning_rate=10 ** -(1 + number / 10))
        for number in range(options.runs)
    ]
    for run in runs:
        run.grow(_STEPS - (options.seconds + _WARM_SECONDS) * _STEPS_A_SECOND)
    dashboard = Dashboard(store.root, folder / "data", folder / "log")
    dashboard.start()
    server = next(one for one in psutil.Process().children() if "streamlit" in one.cmdline())
    traffic = Traffic()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            traffic.listen(page)
            chosen = "&".join(f"runs={run.id}" for run in runs)
            page.goto(f"{dashboard.url}/compare?{chosen}&axis=steps")
            page.locator(".dl-chart .nsewdrag").nth(1).wait_for(timeout=60_000)
            page.locator(".dl-chart").first.scroll_into_view_if_needed()
            page.evaluate(_WATCH)
            with growing(runs):
                page.wait_for_timeout(1_000 * _WARM_SECONDS)
                page.evaluate(
                    "() => Object.values(window.measured).forEach((all) => all.splice(0))"
                )
                traffic.points.clear()
                traffic.frames = 0
                cpu, begun = _cpu(server), time.monotonic()
                page.wait_for_timeout(1_000 * options.seconds)
                elapsed = time.monotonic() - begun
                used = _cpu(server) - cpu
            seen = page.evaluate("() => window.measured")
            browser.close()
    finally:
        dashboard.stop()
    section = curve_section(store, [store.read(run.id) for run in runs], _VIEW)
    whole = json.dumps([chart.drawing.plain() for chart in section.charts])
    return {
        "whole": len(whole),
        "points": statistics.median(traffic.points),
        "answers": len(traffic.points) / elapsed,
        "frames": traffic.frames / elapsed,
        "cpu": used / elapsed,
        "drawn": statistics.median(seen["drawn"]),
        "longest": max(seen["tasks"], default=0.0),
        "busy": sum(seen["drawn"]) / 1_000 / elapsed,
        "gap": max(seen["frames"], default=0.0),
    }


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _measured(options: argparse.Namespace) -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options, Path(folder))
    rows = [
        ("all figures as JSON, sent each second before", f"{found['whole'] / 1_000:,.0f} kB"),
        ("new points, an answer (median)", f"{found['points'] / 1_000:,.1f} kB"),
        ("answers a second", f"{found['answers']:.2f}"),
        ("the rest of the page, over Streamlit's socket", f"{found['frames'] / 1_000:,.1f} kB/s"),
        ("server, share of one core", f"{found['cpu']:.0%}"),
        ("browser, drawing one chart anew (median)", f"{found['drawn']:.0f} ms"),
        ("browser, share of its main thread that draws", f"{found['busy']:.0%}"),
        ("browser, longest task", f"{found['longest']:.0f} ms"),
        ("browser, longest time between two frames", f"{found['gap']:.0f} ms"),
    ]
    said = f"{options.runs} runs near {_STEPS:,} steps, {_STEPS_A_SECOND} steps a second each"
    return (
        f"Measured on {today()}. {machine_sentence()}. {said}; both charts over steps.\n\n"
        f"{table(('what', 'measured'), rows)}"
    )


def main() -> None:
    """Measure, print, and write the table where asked to."""
    parser = parser_of(__doc__)
    parser.add_argument("--runs", type=int, default=20, help="how many train at once")
    parser.add_argument("--seconds", type=int, default=20, help="how long they are watched")
    options = parser.parse_args()
    text = _measured(options)
    print(text)
    if options.write:
        write_between(options.write, "live curves", text)


if __name__ == "__main__":
    main()
