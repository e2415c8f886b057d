"""Seconds per epoch of the training engine against the articles' plain loops.

    make bench          (or: python benchmarks/training_speed.py [--recipes …] [--threads 1 2])

Needs MNIST under DIGITLAB_DATA and an otherwise idle machine. Both sides train the same model on
the same images with the same batch size and evaluate after each epoch. Each measurement runs in a
fresh process, ours and plain in turns, so that a machine that slows down hits both. A process
first trains 5 batches that are not counted, then epochs of which the quickest counts; of the
repeats, again the quickest. Starts of processes and reading the data are not counted.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import torch

# plain_loops is imported where it is needed: torchvision takes seconds that our side never pays.
from measuring import (
    answer,
    counted,
    machine_sentence,
    matrix_rate,
    parser_of,
    run_child,
    table,
    today,
    verdict,
    wait_for,
    write_between,
)

from core.config import RunConfig, plan_layers
from core.learning.data import Splits, load, split
from core.learning.memory import keep_freed_memory
from core.learning.training import Epoch, Training
from core.recipes import RECIPES, find_recipe
from core.settings import core_count, read_settings

# By recipe: how many times as quick as the plain loop an epoch shall be at least.
WANTED: Final = {
    "article0-adam": 8.0,
    "article1-sgd": 3.0,
    "article1-adam": 3.0,
    "article2-mse": 25.0,
    "article3-sgd": 5.0,
    "article3-adam": 5.0,
}
_DEFAULT_RECIPES: Final = tuple(name for name in WANTED if name != "article3-adam")
_WARM_UP_BATCHES: Final = 5
# The whole of article 1 on a graphics card: so many epochs, in fewer seconds than this.
_CUDA_EPOCHS: Final = 25
_CUDA_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Task:
    """What one process measures."""

    side: str  # "ours", "plain" or "whole": all of a recipe's epochs by our engine
    recipe: str
    device: str
    threads: int
    epochs: int
    seconds: float  # no further epoch is begun after so many
    steps: int | None  # so many batches an epoch instead of all, to try things out


@dataclass(frozen=True)
class Measured:
    """What one process found."""

    seconds: float  # of the quickest epoch, evaluation included
    rate: float  # of matrix products, in FLOP/s
    accuracy: float  # on the watched images after the first epoch


@dataclass(frozen=True)
class Row:
    """One recipe at one number of threads."""

    recipe: str
    threads: int
    plain: Measured
    ours: Measured
    work: float  # FLOP of an epoch

    @property
    def ratio(self) -> float:
        """How many times as quick our epoch is."""
        return self.plain.seconds / self.ours.seconds


def work_of_epoch(config: RunConfig, steps: int | None = None) -> float:
    """Return the FLOP of one epoch with evaluation that lie in products of matrices.

    A product counts as 2 FLOP. Backward costs twice as much as forward, but for the first layer
    with weights, which needs no gradient by its inputs.
    """
    products = [layer.products for layer in plan_layers(config) if layer.products]
    images, watched = _image_counts(config, steps)
    forward = 2.0 * sum(products)
    return images * (3 * forward - 2 * products[0]) + watched * forward


def measure_task(task: Task) -> Measured:
    """Do what `task` says in this process."""
    torch.set_num_threads(task.threads)
    device = torch.device(task.device)
    config = find_recipe(task.recipe).config
    rate = matrix_rate(device)
    if task.side == "plain":
        begin = _begin_plain
    else:
        begin = _begin_ours
        # As the worker does.
        keep_freed_memory()
        torch.set_flush_denormal(True)
    begin(config, device, _WARM_UP_BATCHES)()
    begun = time.perf_counter()
    run_epoch = begin(config, device, task.steps)
    if task.side == "whole":
        accuracies = [run_epoch() for _ in range(task.epochs)]
        wait_for(device)
        return Measured(time.perf_counter() - begun, rate, accuracies[-1])
    seconds, accuracies = _time_epochs(run_epoch, device, task)
    return Measured(min(seconds), rate, accuracies[0])


def _time_epochs(
    run_epoch: Callable[[], float], device: torch.device, task: Task
) -> tuple[list[float], list[float]]:
    seconds: list[float] = []
    accuracies: list[float] = []
    while not seconds or (len(seconds) < task.epochs and sum(seconds) < task.seconds):
        started = time.perf_counter()
        accuracies.append(run_epoch())
        wait_for(device)
        seconds.append(time.perf_counter() - started)
    return seconds, accuracies


def _begin_plain(config: RunConfig, device: torch.device, steps: int | None) -> Callable[[], float]:
    from plain_loops import PlainTraining

    images = None if steps is None else steps * config.batch_size
    return PlainTraining(config, read_settings().data, device, images).run_epoch


def _begin_ours(config: RunConfig, device: torch.device, steps: int | None) -> Callable[[], float]:
    splits = split(load(config.dataset, read_settings().data), config)
    session = Training(config.replace(epochs=10_000), shortened(splits, config, steps), device)
    events = session.run()

    def run_epoch() -> float:
        epoch = next(event for event in events if isinstance(event, Epoch))
        validation = epoch.validation_accuracy
        found = epoch.test_accuracy if validation is None else validation
        assert found is not None
        return found

    return run_epoch


def shortened(splits: Splits, config: RunConfig, steps: int | None) -> Splits:
    """Return `splits` with only as many images each as `steps` batches hold; None leaves all."""
    if steps is None:
        return splits
    first = slice(0, steps * config.batch_size)
    return Splits(*(part.take(first) for part in (splits.train, splits.validation, splits.test)))


def _image_counts(config: RunConfig, steps: int | None) -> tuple[int, int]:
    """Return how many images an epoch learns from and how many it is evaluated on."""
    splits = shortened(split(load(config.dataset, read_settings().data), config), config, steps)
    images = len(splits.train)
    if config.drop_last:
        images -= images % config.batch_size
    return images, len(splits.validation if config.watch == "validation" else splits.test)


def measure(options: argparse.Namespace, device: str) -> list[Row]:
    """Measure all recipes and numbers of threads asked for, and say how it goes."""
    rows = []
    # A graphics card computes by itself, whatever the number of the processor's threads.
    for threads in options.threads if device == "cpu" else [core_count()]:
        for recipe in options.recipes:
            row = _measure_row(options, recipe, device, threads)
            rows.append(row)
            print(
                f"  {recipe}, {counted(threads, 'thread')}: plain {row.plain.seconds:.2f} s, "
                f"ours {row.ours.seconds:.2f} s, ratio {row.ratio:.1f}; accuracy after one "
                f"epoch: plain {row.plain.accuracy:.1%}, ours {row.ours.accuracy:.1%}",
                flush=True,
            )
    return rows


def _measure_row(options: argparse.Namespace, recipe: str, device: str, threads: int) -> Row:
    found: dict[str, list[Measured]] = {"ours": [], "plain": []}
    for repeat in range(options.repeats):
        for side in ("ours", "plain") if repeat % 2 == 0 else ("plain", "ours"):
            task = Task(
                side, recipe, device, threads, options.epochs, options.seconds, options.steps
            )
            found[side].append(_in_child(task))
    best = {side: _best(measured) for side, measured in found.items()}
    work = work_of_epoch(find_recipe(recipe).config, options.steps)
    return Row(recipe, threads, best["plain"], best["ours"], work)


def _best(measured: Sequence[Measured]) -> Measured:
    return Measured(
        min(each.seconds for each in measured),
        max(each.rate for each in measured),
        measured[0].accuracy,
    )


def _in_child(task: Task) -> Measured:
    found = run_child(__file__, task.threads, "--task", json.dumps(asdict(task)))
    return Measured(**found)


def speed_table(rows: Sequence[Row]) -> str:
    """Return the table of `rows`, as it stands in docs/benchmarks.md."""
    head = (
        *("recipe", "threads", "plain, s an epoch", "ours, s an epoch", "ratio", "wanted"),
        *("ours, GFLOP/s", "matrix products alone, GFLOP/s", "share of that"),
        "share the wanted ratio would take",
    )
    lines = []
    for row in rows:
        reached, rate, wanted = row.work / row.ours.seconds, row.ours.rate, WANTED[row.recipe]
        lines.append(
            (
                f"`{row.recipe}`",
                str(row.threads),
                f"{row.plain.seconds:.2f}",
                f"{row.ours.seconds:.3f}",
                f"{row.ratio:.1f}",
                f"{wanted:g} ({verdict(row.ratio >= wanted)})",
                f"{reached / 1e9:,.1f}",
                f"{rate / 1e9:,.0f}",
                f"{reached / rate:.0%}",
                f"{row.work * wanted / row.plain.seconds / rate:.0%}",
            )
        )
    return table(head, lines)


def whole_article1(options: argparse.Namespace) -> str:
    """Train article 1's 25 epochs on the graphics card and return a sentence about each."""
    sentences = []
    for recipe in ("article1-sgd", "article1-adam"):
        task = Task("whole", recipe, "cuda", core_count(), _CUDA_EPOCHS, 0, options.steps)
        found = _in_child(task)
        sentences.append(
            f"`{recipe}`, all {_CUDA_EPOCHS} epochs: {found.seconds:.2f} s, "
            f"{found.accuracy:.1%} of the validation images (wanted: under {_CUDA_SECONDS:g} s, "
            f"{verdict(found.seconds < _CUDA_SECONDS)})."
        )
    return "\n\n".join(sentences)


def preface(options: argparse.Namespace, device: str) -> str:
    """Return on what and when a table was measured."""
    card = f" A graphics card: {torch.cuda.get_device_name()}." if device == "cuda" else ""
    trial = (
        ""
        if options.steps is None
        else f" **A trial with {options.steps} batches an epoch, not a measurement.**"
    )
    return f"Measured on {today()}. {machine_sentence()}.{card}{trial}"


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__)
    add = parser.add_argument
    known = [name for name in RECIPES if name in WANTED]
    add("--recipes", nargs="+", choices=known, default=_DEFAULT_RECIPES)
    add("--threads", nargs="+", type=int, default=[1, 2])
    add("--epochs", type=int, default=2, help="epochs a process; the quickest counts")
    add("--seconds", type=float, default=5, help="begin no further epoch after so many")
    add("--devices", nargs="+", choices=("cpu", "cuda"), help="the processor, and CUDA if there")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write the tables where asked to."""
    options = _options()
    if options.task:
        answer(asdict(measure_task(Task(**json.loads(options.task)))))
        return
    cuda = torch.cuda.is_available()
    for device in options.devices or (["cpu", "cuda"] if cuda else ["cpu"]):
        print(preface(options, device), flush=True)
        text = f"{preface(options, device)}\n\n{speed_table(measure(options, device))}"
        if device == "cuda":
            text += f"\n\n{whole_article1(options)}"
        print(text)
        if options.write:
            write_between(options.write, f"training speed on {device}", text)
    if not cuda:
        print("On CUDA nothing was measured: there is no such device here.")


if __name__ == "__main__":
    main()
