"""About how long runs will take on this machine, from those that finished on it."""

import functools
import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Final

from core.config import TRAINING_IMAGES, RunConfig, plan_layers
from core.runs.records import Run

# What a training step of a small network costs on one core, to have the right mixture of the two:
# the multiplications of an image, and what each step costs whatever its size. How fast this
# machine is, is then measured by its runs.
_SECONDS_A_PRODUCT: Final = 4e-11
_SECONDS_A_STEP: Final = 1e-3
# The first steps are slower than all later ones.
_SECONDS_TO_WARM_UP: Final = 0.2
# A worker reads its libraries and images before it trains: this long where no run says otherwise.
START_SECONDS: Final = 4.0
_LONGEST_START: Final = 30.0
_NEAREST: Final = 5
# More than these tell no more about the machine, and the table asks at every drawing.
_MOST_MEASURED: Final = 1_000
_TEST_IMAGES: Final = {"mnist": 10_000, "digits": 360}


def estimated_seconds(
    configs: Sequence[RunConfig], runs: Iterable[Run], slots: int, threads: int | None = None
) -> float | None:
    """Estimate the seconds until all of `configs` are trained, `slots` at once.

    Measured by the first thousand of `runs`, newest first, that finished, shipped examples left
    out; with `threads` those trained with as many count, if there are any. None where no run has
    finished here: how fast this machine is cannot be known then. What waits already is not counted.
    """
    ended = (run for run in runs if run.summary is not None and not run.info.example)
    finished = list(itertools.islice(ended, _MOST_MEASURED))
    alike = [run for run in finished if run.environment and run.environment.threads == threads]
    measured = alike or finished
    if not measured or not configs:
        return None
    works = [(run, _work_done(run.config, run.summary.epochs)) for run in measured if run.summary]
    known: dict[RunConfig, float] = {}
    for config in configs:
        # Neither changes how long it takes.
        same = config.model_copy(update={"seed": 0, "learning_rate": 1.0})
        if same not in known:
            known[same] = _one(same, works)
        known[config] = known[same]
    start = _start_seconds(measured)
    each = [start + known[config] for config in configs]
    return max(sum(each) / slots, *each, 0.0)


def work_seconds(config: RunConfig) -> float:
    """Return the seconds that `config` would train on an imagined machine.

    Twice as much work in images × multiplications, or in steps, gives about twice as many.
    """
    held_back = round(TRAINING_IMAGES[config.dataset] * config.validation_fraction)
    train = config.train_size or TRAINING_IMAGES[config.dataset] - held_back
    watched = {"validation": held_back, "test": _TEST_IMAGES[config.dataset], "none": 0}
    products = sum(layer.products for layer in plan_layers(config))
    # Backward is twice the work of forward; watched images go forward only.
    passes = 3 * train + watched[config.watch]
    steps = math.ceil(train / config.batch_size)
    epoch = _SECONDS_A_PRODUCT * passes * products + _SECONDS_A_STEP * steps
    return _SECONDS_TO_WARM_UP + config.epochs * epoch


@functools.lru_cache(maxsize=4 * _MOST_MEASURED)
def _work_done(config: RunConfig, epochs: int) -> float:
    # Of the epochs trained: early stopping or a time limit may have left most of them out.
    return work_seconds(config.model_copy(update={"epochs": epochs}))


def spoken_estimate(count: int, seconds: float | None) -> str:
    """Return how many runs and about how long, as a sentence."""
    runs = f"{count:,} run{'' if count == 1 else 's'}"
    if seconds is None:
        return f"{runs}; how long cannot be told before a first run has finished here."
    return f"{runs}, about {rough_duration(seconds)} on this computer (an estimate)."


def _start_seconds(measured: Sequence[Run]) -> float:
    """Return the shortest time from launch to first step: others waited in the queue as well."""
    starts = [
        run.status.heartbeat - run.info.created - run.summary.seconds
        for run in measured
        if run.summary is not None
    ]
    return min((start for start in starts if 0 < start <= _LONGEST_START), default=START_SECONDS)


def _one(config: RunConfig, works: Sequence[tuple[Run, float]]) -> float:
    work = work_seconds(config)
    nearest = sorted(works, key=lambda pair: _distance(config, work, *pair))[:_NEAREST]
    ratio = statistics.median(
        (run.summary.seconds + _SECONDS_TO_WARM_UP) / seconds
        for run, seconds in nearest
        if run.summary is not None
    )
    limited = min(work * ratio, config.max_seconds or math.inf)
    return float(limited)


def _distance(config: RunConfig, work: float, run: Run, seconds: float) -> float:
    """Return how unlike a run is: first in kind of network, then in what is drawn, then in size."""
    other = run.config
    return (
        10 * (config.model != other.model)
        + 5 * (config.device != other.device)
        + 3 * ((config.augmentation > 0) != (other.augmentation > 0))
        + (config.optimizer != other.optimizer)
        + abs(math.log(work / seconds))
    )


def rough_duration(seconds: float) -> str:
    """Write an estimate: no more exact than estimates are."""
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < 2 * 3600:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} hours"
