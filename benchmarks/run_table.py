"""How long the table of runs takes with thousands of runs: listing, search, order.

    make bench          (or: python benchmarks/run_table.py [--runs 1000 10000])

Makes finished runs through the store in a temporary folder, without curves, which the table does
not read. Each number is the median of some repetitions in one process; "first" is the listing in
a new process, with the files in the system's cache.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from measuring import answer, machine_sentence, parser_of, run_child, table, today, write_between

from core.analysis.run_query import read_query, sorted_by
from core.config import RunConfig
from core.runs import files
from core.runs.records import Run, Summary
from core.runs.store import RunStore

_REPEATS: Final = 5
_SEARCH: Final = "adam lr>0.001 test>95"


def make_runs(root: Path, count: int) -> None:
    """Make `count` finished runs of eight settings and many seeds in `root`."""
    store = RunStore(root)
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
        path = store.folder(run_id) / files.SUMMARY
        files.write_json(path, summary.model_dump(mode="json"))


def measure_table(root: Path) -> dict[str, float]:
    """Return the seconds of each thing that the table asks for, and how many runs there are."""
    store = RunStore(root)
    first = _seconds(store.list)
    again = statistics.median(_seconds(store.list) for _ in range(_REPEATS))
    runs = [run for run in store.list() if isinstance(run, Run)]

    def search() -> list[Run]:
        query = read_query(_SEARCH)
        return [run for run in runs if query.matches(run)]

    def order() -> list[Run]:
        return sorted_by(runs, "learning_rate", falling=True)

    return {
        "runs": len(runs),
        "first": first,
        "again": again,
        "search": statistics.median(_seconds(search) for _ in range(_REPEATS)),
        "order": statistics.median(_seconds(order) for _ in range(_REPEATS)),
    }


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _measured(options: argparse.Namespace) -> str:
    lines = []
    for count in options.runs:
        with tempfile.TemporaryDirectory() as folder:
            make_runs(Path(folder), count)
            tries = [run_child(__file__, 1, "--task", folder) for _ in range(options.repeats)]
        found = {name: min(one[name] for one in tries) for name in tries[0]}
        names = ("first", "again", "search", "order")
        cells = tuple(f"{1_000 * found[name]:,.0f}" for name in names)
        lines.append((f"{found['runs']:,.0f}", *cells))
    head = ("runs", "first listing, ms", "later ones, ms", f"search `{_SEARCH}`, ms", "order, ms")
    return f"Measured on {today()}. {machine_sentence()}.\n\n{table(head, lines)}"


def main() -> None:
    """Measure, print, and write the table where asked to."""
    parser = parser_of(__doc__)
    parser.add_argument("--runs", nargs="+", type=int, default=[1_000, 10_000])
    options = parser.parse_args()
    if options.task:
        answer(measure_table(Path(options.task)))
        return
    text = _measured(options)
    print(text)
    if options.write:
        write_between(options.write, "run table", text)


if __name__ == "__main__":
    main()
