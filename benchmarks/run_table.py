"""How long the table of runs takes with thousands of runs: listing, search, order, in a browser.

    make bench          (or: python benchmarks/run_table.py [--runs 1000 10000])

Makes finished runs through the store, without curves, which the table does not read; in memory
where the system has a folder there, because making them waits for the disk. Each listing is
measured in a process of its own: one that finds no index and writes it, and one that finds it. In
the browser the time goes from a fresh visitor's navigation, on a server that has been running for
some seconds, to the page's first words (up to there it is Streamlit's own start) and to the first
row; and from a click on Runs on another page to the first row; needs Playwright and Chromium. The
server's idle share of a core is measured with no page open.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil
from measuring import answer, machine_sentence, parser_of, run_child, table, today, write_between

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from core.analysis.folding import Row, folded, sorted_rows  # noqa: E402
from core.analysis.run_query import read_query  # noqa: E402
from core.analysis.run_values import sorted_by  # noqa: E402
from core.config import RunConfig  # noqa: E402
from core.runs import files  # noqa: E402
from core.runs.index import RunIndex  # noqa: E402
from core.runs.records import Environment, Run, Summary, new_status  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from tests.support.browser import ABSENT, ARGUMENTS, find_chromium  # noqa: E402
from tests.support.dashboard import Dashboard  # noqa: E402

_REPEATS: Final = 5
_VISITS: Final = 5
_SEARCH: Final = "adam lr>0.001 test>95"
_IN_MEMORY: Final = Path("/dev/shm")
# A listing believes time stamps, and an index takes a run, only once they are some seconds old.
_SETTLE_SECONDS: Final = 4
_IDLE_SECONDS: Final = 10
_COLUMNS: Final = {
    "bare": "first listing, no index",
    "saving": "writing the index",
    "first": "first listing with it",
    "again": "later ones",
    "search": f"search `{_SEARCH}`",
    "order": "order",
    "fold": "fold by seeds, order by mean",
    "words": "page by its address: first words",
    "page": "first row",
    "inside": "page from another page: first row",
}


def make_runs(root: Path, count: int) -> None:
    """Make `count` finished runs of eight settings and many seeds in `root`."""
    store = RunStore(root)
    environment = Environment(
        python="3.11", torch="2.12", device="cpu", threads=1, platform="Linux x86_64"
    )
    for number in range(count):
        config = RunConfig(
            optimizer=("sgd", "adam")[number % 2],
            learning_rate=10.0 ** -(1 + number // 2 % 4),
            seed=number // 8,
        )
        run_id = store.create(config, name=f"run {number}", colour=number % 24)
        accuracy = 0.9 + number % 90 / 1_000
        summary = Summary(
            epochs=25,
            steps=19_550,
            seconds=20,
            train_images=50_000,
            validation_images=10_000,
            test_images=10_000,
            test_loss=0.1,
            test_accuracy=accuracy,
            best_validation_accuracy=accuracy,
            final_validation_accuracy=accuracy,
        )
        folder = store.folder(run_id)
        files.write_json(folder / files.ENVIRONMENT, environment.model_dump(mode="json"))
        store.write_status(run_id, new_status("finished", step=19_550, steps=19_550, epoch=25))
        files.write_json(folder / files.SUMMARY, summary.model_dump(mode="json"))


def measure_building(root: Path, cache: Path) -> dict[str, float]:
    """Return the seconds of a first listing that finds no index, and of writing it."""
    index = RunIndex(cache, root)
    index.path.unlink(missing_ok=True)
    store = RunStore(root, index)
    return {"bare": _seconds(store.list), "saving": _seconds(store.save_index)}


def measure_table(root: Path, cache: Path) -> dict[str, float]:
    """Return the seconds of each thing that the table asks for, in a process that begins now."""
    store = RunStore(root, RunIndex(cache, root))
    first = _seconds(store.list)
    again = []
    for _ in range(_REPEATS):
        time.sleep(1)  # as far apart as a live page asks
        again.append(_seconds(store.list))
    runs = [run for run in store.list() if isinstance(run, Run)]

    def search() -> list[Run]:
        query = read_query(_SEARCH)
        return [run for run in runs if query.matches(run)]

    def order() -> list[Run]:
        return sorted_by(runs, "learning_rate", falling=True)

    def fold() -> list[Row]:
        return sorted_rows(folded(runs, runs, "seeds"), "test", falling=True)

    return {
        "runs": len(runs),
        "first": first,
        "again": statistics.median(again),
        "search": statistics.median(_seconds(search) for _ in range(_REPEATS)),
        "order": statistics.median(_seconds(order) for _ in range(_REPEATS)),
        "fold": statistics.median(_seconds(fold) for _ in range(_REPEATS)),
    }


def measure_page(root: Path, folder: Path) -> dict[str, float]:
    """Return the seconds to the first row in a browser, and the idle server's share of a core."""
    dashboard = Dashboard(root, folder / "data", folder / "log")
    dashboard.start()
    try:
        server = next(one for one in psutil.Process().children() if "streamlit" in one.cmdline())
        time.sleep(_SETTLE_SECONDS)
        before = server.cpu_times()
        time.sleep(_IDLE_SECONDS)
        after = server.cpu_times()
        used = after.user + after.system - before.user - before.system
        return {"idle": used / _IDLE_SECONDS} | _visit(dashboard.url)
    finally:
        dashboard.stop()


def _visit(url: str) -> dict[str, float]:
    chromium = find_chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print(ABSENT, file=sys.stderr)
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        # The first visit makes the server load what it needs for any page at all.
        visits = [_times_of_a_visit(browser, url) for _ in range(1 + _VISITS)][1:]
        browser.close()
    return {name: statistics.median(one[name] for one in visits) for name in visits[0]}


def _times_of_a_visit(browser: Any, url: str) -> dict[str, float]:
    """Return the seconds until a new visitor sees words and rows, and rows after a look at Draw."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator("h1").wait_for(timeout=60_000)
    words = time.perf_counter() - begun
    page.locator("tr[data-run]").first.wait_for(timeout=60_000)
    rows = time.perf_counter() - begun
    page.get_by_role("link", name="Draw").first.click()
    page.wait_for_function("document.querySelector('h1')?.textContent === 'Draw'")
    page.wait_for_timeout(2_000)
    begun = time.perf_counter()
    page.get_by_role("link", name="Runs").first.click()
    page.locator("tr[data-run]").first.wait_for(timeout=60_000)
    inside = time.perf_counter() - begun
    page.context.close()
    return {"words": words, "page": rows, "inside": inside}


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _measure(count: int, repeats: int) -> dict[str, float]:
    in_memory = _IN_MEMORY if _IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=in_memory) as folder:
        root, cache = Path(folder, "runs"), Path(folder, "cache")
        make_runs(root, count)
        time.sleep(_SETTLE_SECONDS)
        tries = []
        for _ in range(repeats):
            one = {}
            for task in ("building", "table"):
                one |= run_child(__file__, 1, "--task", task, "--folder", folder)
            tries.append(one)
        found = {name: min(one[name] for one in tries) for name in tries[0]}
        # The dashboard of tests keeps its index in the same place.
        assert cache.is_dir()
        return found | measure_page(root, Path(folder))


def _measured(options: argparse.Namespace) -> str:
    lines, idle = [], []
    for count in options.runs:
        found = _measure(count, options.repeats)
        cells = [f"{1_000 * found[name]:,.0f}" if name in found else "–" for name in _COLUMNS]
        lines.append((f"{found['runs']:,.0f}", *cells))
        idle.append(f"{found['idle']:.1%} of a core with {found['runs']:,.0f} runs")
    return (
        f"Measured on {today()}. {machine_sentence()}. All in milliseconds.\n\n"
        f"{table(('runs', *_COLUMNS.values()), lines)}\n\n"
        f"A dashboard that nobody looks at, all runs ended, uses {', '.join(idle)}."
    )


def main() -> None:
    """Measure, print, and write the table where asked to."""
    parser = parser_of(__doc__)
    parser.add_argument("--runs", nargs="+", type=int, default=[1_000, 10_000])
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        measure = {"building": measure_building, "table": measure_table}[options.task]
        answer(measure(options.folder / "runs", options.folder / "cache"))
        return
    text = _measured(options)
    print(text)
    if options.write:
        write_between(options.write, "run table", text)


if __name__ == "__main__":
    main()
