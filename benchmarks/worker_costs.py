"""What a worker costs beside its arithmetic: neighbours, start, memory, and watching.

    make bench          (or: python benchmarks/worker_costs.py [--only pair start memory watching])

Needs MNIST under DIGITLAB_DATA and an otherwise idle machine. Workers are real ones, started as
the dashboard starts them; what they write lies in a temporary folder. All on the processor.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from unittest import mock

import psutil
import torch
from measuring import (
    answer,
    machine_sentence,
    parser_of,
    run_child,
    table,
    today,
    verdict,
    write_between,
)
from training_speed import shortened

from core.config import RunConfig
from core.learning.data import load, split
from core.learning.diagnostics import LayerFigures
from core.learning.memory import keep_freed_memory
from core.learning.training import Epoch, Training
from core.recipes import find_recipe
from core.runs import files
from core.runs.engines.local import LocalEngine
from core.runs.queue import RunQueue
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import core_count, read_settings

_PAIR_RECIPE: Final = "article1-adam"
_PAIR_WANTED: Final = 1.15  # times as long as one alone, at most
_START_RECIPE: Final = "article1-adam"
_START_WANTED: Final = 4.0  # seconds, at most
_MEMORY_WANTED: Final = {"article1-adam": 1.0, "article3-sgd": 1.6}  # GiB, at most
_WATCHING_WANTED: Final = 0.03  # of the training time; less than this
# As many of each count, after one to warm up; even, as two trainings take turns.
_WATCHING_EPOCHS: Final = {"article1-sgd": 6, "article3-sgd": 2}
_PATIENCE_SECONDS: Final = 600.0
_LOOK_EVERY_SECONDS: Final = 0.005

# What was measured, what came out, what is wanted and whether that is met.
Line = tuple[str, str, str, str]


def measure_pair(options: argparse.Namespace) -> list[Line]:
    """Two article-1 runs at once on two cores, against one alone."""
    if core_count() < 2:
        return [("two runs at once", "not measured: one core only", "", "")]
    config = _config(_PAIR_RECIPE, options).replace(epochs=options.pair_epochs)
    alone, together = [], []
    for _ in range(options.repeats):
        alone.append(max(_train_at_once([config])))
        together.append(max(_train_at_once([config, config.replace(seed=1)])))
    one, two = min(alone), min(together)
    return [
        (
            f"two `{_PAIR_RECIPE}` at once, one thread each, against one alone "
            f"({options.pair_epochs} epochs)",
            f"{two:.2f} s against {one:.2f} s: {two / one:.2f} times",
            f"at most {_PAIR_WANTED} times",
            verdict(two / one <= _PAIR_WANTED),
        )
    ]


def _train_at_once(configs: list[RunConfig]) -> list[float]:
    """Train `configs` as the dashboard does, two slots; return their seconds of training."""
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        queue = RunQueue(store, LocalEngine(read_settings().data, 1), slots=2)
        ids = [store.create(config) for config in configs]
        queue.start()
        try:
            _wait_until(lambda: not any(store.read(run_id).active for run_id in ids), every=0.1)
        finally:
            queue.stop()
        return [_seconds(store.read(run_id)) for run_id in ids]


def _seconds(run: Run) -> float:
    if run.summary is None:
        raise RuntimeError(f"A run did not finish: {run.status.state}. {run.status.reason}")
    return run.summary.seconds


def measure_start(options: argparse.Namespace) -> list[Line]:
    """From launching a worker to its first figures in steps.jsonl, with a warm file cache."""
    config = _config(_START_RECIPE, options)
    _time_start(config)  # reads all that a worker reads into the cache
    seconds = [_time_start(config) for _ in range(options.starts)]
    return [
        (
            f"start of a worker to its first steps ({options.starts} starts, `{_START_RECIPE}`)",
            f"median {statistics.median(seconds):.2f} s, best {min(seconds):.2f} s",
            f"at most {_START_WANTED:g} s",
            verdict(statistics.median(seconds) <= _START_WANTED),
        )
    ]


def _time_start(config: RunConfig) -> float:
    with _worker(config) as (store, run_id, started):
        folder = store.folder(run_id)
        lines, error = folder / f"{files.STEPS}.jsonl", folder / files.ERROR
        # So short a run as is tried out with has packed its lines before they are seen.
        packed = lines.with_suffix(".parquet")
        seconds = _wait_until(lambda: _holds(lines) or _holds(packed) or _holds(error)) - started
        if _holds(error):
            raise RuntimeError(error.read_text(encoding="utf-8"))
        return seconds


def _holds(path: Path) -> bool:
    """Tell whether something is written in `path`."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def measure_memory(options: argparse.Namespace) -> list[Line]:
    """The most memory that a worker holds on MNIST, from its start to its end."""
    lines: list[Line] = []
    for recipe, wanted in _MEMORY_WANTED.items():
        config = _config(recipe, options).replace(epochs=1)
        peak = _peak_memory(config) / 2**30
        lines.append(
            (
                f"memory of a worker, `{recipe}` (resident, at its peak)",
                f"{peak:.2f} GiB",
                f"at most {wanted} GiB",
                verdict(peak <= wanted),
            )
        )
    return lines


def _peak_memory(config: RunConfig) -> int:
    """Return the bytes that the worker of a run held in memory at its peak."""
    peak = 0
    with _worker(config) as (store, run_id, _):
        while (run := store.read(run_id)).active:
            if run.status.process is not None:
                peak = max(peak, _held(run.status.process.pid))
            time.sleep(_LOOK_EVERY_SECONDS)
        _seconds(run)
    return peak


def _held(pid: int) -> int:
    """Return the bytes that process `pid` has held at most, or holds where only that is known."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


@contextlib.contextmanager
def _worker(config: RunConfig) -> Iterator[tuple[RunStore, str, float]]:
    """Start one worker with one thread and end it afterwards: its store, id and moment of start."""
    with tempfile.TemporaryDirectory() as folder:
        store, engine = RunStore(Path(folder)), LocalEngine(read_settings().data, 1)
        run_id = store.create(config)
        started = time.perf_counter()
        engine.start(store.folder(run_id))
        try:
            yield store, run_id, started
        finally:
            process = store.read(run_id).status.process
            if process is not None:
                engine.stop(process, force=True)
            _wait_until(lambda: bool(engine.ended()))


def measure_watching(options: argparse.Namespace) -> list[Line]:
    """What the figures of every step and layer cost, as a share of an epoch."""
    lines: list[Line] = []
    for recipe, epochs in _WATCHING_EPOCHS.items():
        arguments = ["--task", recipe, "--watch-epochs", str(options.watch_epochs or epochs)]
        if options.steps is not None:
            arguments += ["--steps", str(options.steps)]
        found = run_child(__file__, 1, *arguments)
        share = (found["by_step"] + found["by_layer"]) / found["without"]
        lines.append(
            (
                f"watching `{recipe}`: gradient's norm at every step, figures of every layer",
                f"{share:.1%} of an epoch of {found['without']:.2f} s "
                f"({1e3 * found['by_step']:.0f} ms for the steps, "
                f"{1e3 * found['by_layer']:.0f} ms for the layers)",
                f"under {_WATCHING_WANTED:.0%}",
                verdict(share < _WATCHING_WANTED),
            )
        )
    return lines


def time_watching(recipe: str, epochs: int, options: argparse.Namespace) -> dict[str, float]:
    """Return the seconds of an epoch without watching, and what watching adds to it.

    Two trainings alternate, one with and one without, every 25 steps, so that a machine that
    slows down hits both. Each piece of an epoch (25 steps, or the evaluation with the figures of
    the layers) counts as long as it took in its quickest epoch.
    """
    torch.set_num_threads(1)
    keep_freed_memory()
    torch.set_flush_denormal(True)
    config = _config(recipe, options).replace(epochs=epochs + 1)
    splits = shortened(split(load("mnist", read_settings().data), config), config, options.steps)
    device = torch.device("cpu")
    watching, blind = Training(config, splits, device), Training(config, splits, device)
    blind._layers = _NoLayerWatch()  # type: ignore[assignment]
    with _no_norm_of(blind) as left_out:
        pieces = _time_pieces(watching.run(), blind.run())
        if left_out() != blind.progress.step:
            raise RuntimeError("The gradient's norm is not where this benchmark leaves it out.")
    return _shares(pieces, epochs)


# Of each event of a training: whether it is the end of an epoch, and its seconds with and without.
_Piece = tuple[bool, float, float]


def _time_pieces(watching: Iterator[Any], blind: Iterator[Any]) -> list[_Piece]:
    pieces: list[_Piece] = []
    epoch = place = 0
    while True:
        # Who comes second may find the images in the processor's cache: each in turn, at every
        # place of an epoch.
        first_watches = (epoch + place) % 2 == 0
        one, one_seconds = _timed_next(watching if first_watches else blind)
        other, other_seconds = _timed_next(blind if first_watches else watching)
        if one is None or other is None:
            return pieces
        seconds = (one_seconds, other_seconds)
        ends = isinstance(one, Epoch)
        pieces.append((ends, *(seconds if first_watches else reversed(seconds))))
        epoch, place = (epoch + 1, 0) if ends else (epoch, place + 1)


def _timed_next(events: Iterator[Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    event = next(events, None)
    return event, time.perf_counter() - started


def _shares(pieces: list[_Piece], epochs: int) -> dict[str, float]:
    length = len(pieces) // (epochs + 1)
    # The first epoch warms up.
    by_place = [pieces[length + place :: length] for place in range(length)]
    ends = [rows[0][0] for rows in by_place]
    watching = [min(row[1] for row in rows) for rows in by_place]
    without = [min(row[2] for row in rows) for rows in by_place]
    gaps = [one - other for one, other in zip(watching, without, strict=True)]
    return {
        "without": sum(without),
        "by_step": sum(gap for gap, end in zip(gaps, ends, strict=True) if not end),
        "by_layer": sum(gap for gap, end in zip(gaps, ends, strict=True) if end),
    }


class _NoLayerWatch:
    """Stands where a LayerWatch does and looks at nothing."""

    def before_last_step(self) -> None:
        pass

    def read(self) -> tuple[tuple[LayerFigures, ...], float | None]:
        return (), None


@contextlib.contextmanager
def _no_norm_of(session: Training) -> Iterator[Callable[[], int]]:
    """Leave out the gradient's norm in `session` alone; hands out how often that was done."""
    gradients, real, nothing = session._parameters.gradients, torch.dot, torch.zeros(())
    count = 0

    def dot(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        nonlocal count
        if left is not gradients:
            return real(left, right)
        count += 1
        return nothing

    with mock.patch.object(torch, "dot", dot):
        yield lambda: count


def _config(recipe: str, options: argparse.Namespace) -> RunConfig:
    config = find_recipe(recipe).config.replace(device="cpu")
    if options.steps is None:
        return config
    return config.replace(train_size=options.steps * config.batch_size)


def _wait_until(done: Callable[[], bool], every: float = _LOOK_EVERY_SECONDS) -> float:
    """Return the moment at which `done` first answered True. Raises TimeoutError."""
    end = time.perf_counter() + _PATIENCE_SECONDS
    while not done():
        if time.perf_counter() > end:
            raise TimeoutError(f"Nothing happened for {_PATIENCE_SECONDS:.0f} seconds.")
        time.sleep(every)
    return time.perf_counter()


_MEASUREMENTS: Final = {
    "pair": measure_pair,
    "start": measure_start,
    "memory": measure_memory,
    "watching": measure_watching,
}


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__)
    add = parser.add_argument
    add("--only", nargs="+", choices=_MEASUREMENTS, default=list(_MEASUREMENTS))
    add("--pair-epochs", type=int, default=4)
    add("--starts", type=int, default=5)
    add("--watch-epochs", type=int, help="instead of 6 for article 1, 2 for article 3")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write the table where asked to."""
    options = _options()
    if options.task:
        answer(time_watching(options.task, options.watch_epochs, options))
        return
    trial = "" if options.steps is None else " **A trial, not a measurement.**"
    machine = f"Measured on {today()}. {machine_sentence()}.{trial}"
    print(machine, flush=True)
    lines: list[Line] = []
    for name in options.only:
        for line in _MEASUREMENTS[name](options):
            print("  " + "; ".join(filter(None, line)), flush=True)
            lines.append(line)
    if options.write:
        rows = table(("what", "measured", "wanted", ""), lines)
        write_between(options.write, "worker costs", f"{machine}\n\n{rows}")


if __name__ == "__main__":
    main()
