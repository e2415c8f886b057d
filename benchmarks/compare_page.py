"""How long Compare takes to open many finished runs, and how long TensorBoard takes for the same.

    make bench          (or: python benchmarks/compare_page.py [--runs 20 100] [--curves 250 1000])

Makes finished runs in a temporary folder, in memory where there is such a one. The parts of the
page are measured in fresh processes, the page itself in a real browser where Chromium and
Playwright are there.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from measuring import answer, machine_sentence, parser_of, run_child, table, today, write_between
from synthetic_runs import STEP_TAG, make_finished_runs

from core.settings import PROJECT_ROOT

_STEPS: Final = 5_000
_EPOCHS: Final = 50
_CURVE_STEPS: Final = 1_000
_DIFFERENT: Final = 25  # curves of their own; the runs after them have copies
_OPENINGS: Final = 5
_LONGEST: Final = 300.0
_CURVES: Final = {
    "Loss/train_loss": ("epochs", "train_loss"),
    "Ac/train_accuracy": ("epochs", "train_accuracy"),
    "Loss/test_loss": ("epochs", "validation_loss"),
    "Ac/test_accuracy": ("epochs", "validation_accuracy"),
    STEP_TAG: ("steps", "loss"),
}
# Both curve charts with all their lines.
_DRAWN: Final = """count => {
  const charts = [...document.querySelectorAll(".dl-chart")].slice(0, 2);
  return charts.length === 2 &&
    charts.every((chart) => chart.querySelectorAll(".scatterlayer .trace").length >= count);
}"""


# The parts of the page, in a process of their own


def measure_parts(root: Path, count: int) -> dict[str, float]:
    """Return the seconds in which the runs are read, judged and made into figures."""
    from core.analysis.judgement import judgements
    from core.runs.store import RunStore
    from core.ui.curve_charts import curve_section
    from core.ui.curve_controls import CurveView
    from core.words import distinct_names

    ids = _ids(root)[:count]
    started = time.perf_counter()
    store = RunStore(root)
    runs = [store.read(run_id) for run_id in ids]
    found = [(run, store.predictions(run.id)) for run in runs]
    for run_id in ids:
        store.epochs(run_id)
    read = time.perf_counter()
    judgements(found, distinct_names(runs))
    judged = time.perf_counter()
    view = CurveView("both", "epochs", False, False, False, 0.0)
    section = curve_section(store, runs, view)
    json.dumps([chart.drawing.plain() for chart in section.charts])
    drawn = time.perf_counter()
    return {"read": read - started, "judge": judged - read, "figures": drawn - judged}


def measure_curves(root: Path) -> dict[str, float]:
    """Read all runs of `root` and write their curves as JSON; return how many points there are."""
    from core.runs.store import RunStore

    store = RunStore(root)
    points = size = 0
    for run in store.list():
        histories = {"epochs": store.epochs(run.id), "steps": store.steps(run.id)}
        curves = {}
        for tag, (history, column) in _CURVES.items():
            steps, values = histories[history]["step"], histories[history][column]
            curves[tag] = [steps.tolist(), values.tolist()]
            points += len(steps)
        size += len(json.dumps(curves))
    return {"points": points, "bytes": size}


def _ids(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if not path.name.startswith("."))


def _parts_table(root: Path, counts: Sequence[int], repeats: int) -> str:
    rows = []
    for count in counts:
        tries = [
            run_child(__file__, 1, "--task", "parts", "--folder", str(root), "--count", str(count))
            for _ in range(repeats)
        ]
        found = {name: min(one[name] for one in tries) for name in tries[0]}
        names = ("read", "judge", "figures")
        rows.append((f"{count}", *(f"{1_000 * found[name]:,.0f}" for name in names)))
    head = ("runs", "reading them, ms", "the verdict over all pairs, ms", "curves as drawn, ms")
    return table(head, rows)


# The page in a browser


def _page_table(root: Path, counts: Sequence[int]) -> str:
    # The tests' own browser and server.
    sys.path.insert(0, str(PROJECT_ROOT))
    from tests.support.browser import ABSENT, ARGUMENTS, find_chromium
    from tests.support.dashboard import Dashboard

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "Not measured in a browser: Playwright is not installed."
    chromium = find_chromium()
    if chromium is None:
        return f"Not measured in a browser. {ABSENT}"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Dashboard(root, Path(folder) / "data", Path(folder) / "log")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        server.start()
        try:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            rows = [_openings(context, server.url, root, count) for count in counts]
        finally:
            browser.close()
            server.stop()
    head = (
        "runs",
        "by a link, first words, s",
        "by a link, verdict, s",
        "by a link, curves drawn, s",
        "from another page, verdict, s",
        "from another page, curves drawn, s",
    )
    return table(head, rows)


def _openings(context: Any, url: str, root: Path, count: int) -> tuple[str, ...]:
    """Open the page some times in both ways; return the medians as words."""
    ids = _ids(root)[:count]
    address = f"{url}/compare?{urllib.parse.urlencode([('runs', run_id) for run_id in ids])}"
    by_link: list[tuple[float, ...]] = []
    inside: list[tuple[float, ...]] = []
    page = context.new_page()
    _open_by_link(page, address, count)  # the server and the browser are warm after this one
    for _ in range(_OPENINGS):
        page.close()
        page = context.new_page()
        by_link.append(_open_by_link(page, address, count))
        page.wait_for_timeout(2_000)
        page.get_by_role("link", name="Draw").first.click()
        page.wait_for_function("document.querySelector('h1')?.textContent === 'Draw'")
        page.wait_for_timeout(2_000)
        started = time.perf_counter()
        page.get_by_role("link", name="Compare").first.click()
        inside.append(_until_drawn(page, started, count))
    page.close()
    tries = [(*link, *within) for link, within in zip(by_link, inside, strict=True)]
    medians = [statistics.median(times) for times in zip(*tries, strict=True)]
    return (f"{count}", *(f"{seconds:.2f}" for seconds in medians))


def _open_by_link(page: Any, link: str, count: int) -> tuple[float, ...]:
    started = time.perf_counter()
    page.goto(link, wait_until="commit")
    page.wait_for_selector("h1", timeout=60_000)
    words = time.perf_counter() - started
    return words, *_until_drawn(page, started, count)


def _until_drawn(page: Any, started: float, count: int) -> tuple[float, ...]:
    page.wait_for_selector(".dl-verdict", timeout=60_000)
    verdict = time.perf_counter() - started
    page.wait_for_function(_DRAWN, arg=count, timeout=120_000)
    return verdict, time.perf_counter() - started


# TensorBoard on the same runs


def _curves_table(folder: Path, counts: Sequence[int]) -> str:
    rows = []
    for count in counts:
        root = folder / f"curves-{count}"
        make_finished_runs(
            root,
            count,
            steps=_CURVE_STEPS,
            test_images=0,
            different=_DIFFERENT,
            step_events=True,
        )
        started = time.perf_counter()
        found = run_child(__file__, 1, "--task", "curves", "--folder", str(root))
        ours = time.perf_counter() - started
        points, theirs = _tensorboard(root, count)
        if points != found["points"]:
            raise RuntimeError(f"TensorBoard served {points:,} points, not {found['points']:,}.")
        rows.append((f"{count:,}", f"{points:,.0f}", f"{ours:.1f}", f"{theirs:.1f}"))
    head = ("runs", "points", "Digit Lab's reader, s", "TensorBoard, s")
    return table(head, rows)


def _tensorboard(root: Path, count: int) -> tuple[int, float]:
    """Return how many points TensorBoard's HTTP API has served of all runs, and after how long."""
    started = time.perf_counter()
    with _tensorboard_on(root) as url:
        while len(_tags(url)) < count:
            if time.perf_counter() - started > _LONGEST:
                raise RuntimeError("TensorBoard did not list all runs in time.")
            time.sleep(0.1)
        points = 0
        for tag in _CURVES:
            points += _served(url, tag, _ids(root), started)
        return points, time.perf_counter() - started


def _served(url: str, tag: str, ids: Sequence[str], started: float) -> int:
    """Ask for one curve of all runs until each is there to its end; return the points."""
    wanted = _CURVE_STEPS if tag == STEP_TAG else _EPOCHS
    missing, points = list(ids), 0
    while missing:
        if time.perf_counter() - started > _LONGEST:
            raise RuntimeError(f"TensorBoard did not serve {tag} of all runs in time.")
        form = urllib.parse.urlencode([("tag", tag), *(("runs", run_id) for run_id in missing)])
        answered = _asked(f"{url}/data/plugin/scalars/scalars_multirun", form.encode())
        whole = {run_id for run_id, rows in answered.items() if len(rows) >= wanted}
        points += sum(len(answered[run_id]) for run_id in whole)
        missing = [run_id for run_id in missing if run_id not in whole]
        if missing:
            time.sleep(0.1)
    return points


def _tags(url: str) -> dict[str, Any]:
    try:
        listed = _asked(f"{url}/data/plugin/scalars/tags")
    except (urllib.error.URLError, OSError):
        return {}
    return {run_id: tags for run_id, tags in listed.items() if set(_CURVES) <= set(tags)}


def _asked(address: str, form: bytes | None = None) -> dict[str, Any]:
    with urllib.request.urlopen(address, data=form, timeout=60) as reply:
        found: dict[str, Any] = json.loads(reply.read())
    return found


@contextlib.contextmanager
def _tensorboard_on(root: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(root)]
    options = ["--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        command + options,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        # With the server of its own that it reads files with.
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _measured(options: argparse.Namespace) -> str:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        runs = folder / "runs"
        make_finished_runs(runs, max(options.runs), steps=_STEPS, different=_DIFFERENT)
        texts = [
            f"Measured on {today()}. {machine_sentence()}.",
            f"Parts of the page; runs of {_STEPS:,} steps, {_EPOCHS} epochs and 10,000 answers:",
            _parts_table(runs, options.runs, options.repeats),
            "The page in a browser, the same runs:",
            _page_table(runs, options.runs),
            f"All curves of runs with {_CURVE_STEPS:,} steps and {_EPOCHS} epochs:",
            _curves_table(folder, options.curves),
        ]
    return "\n\n".join(texts)


def main() -> None:
    """Measure, print, and write the tables where asked to."""
    parser = parser_of(__doc__)
    parser.add_argument("--runs", nargs="+", type=int, default=[20, 100])
    parser.add_argument("--curves", nargs="+", type=int, default=[250, 1_000])
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        parts = options.task == "parts"
        answer(
            measure_parts(options.folder, options.count)
            if parts
            else measure_curves(options.folder)
        )
        return
    text = _measured(options)
    print(text)
    if options.write:
        write_between(options.write, "compare page", text)


if __name__ == "__main__":
    main()
