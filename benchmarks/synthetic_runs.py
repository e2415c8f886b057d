"""Finished runs that nobody trained, through the store and the writers that real ones go through.

Their curves fall and rise as curves do, each at its own pace, their answers agree about as far as
those of real runs, and their accuracies differ a little. Made for benchmarks and tests of many.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary as EventSummary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from core.config import CLASSES, IMAGE_SIDE, RunConfig
from core.runs import files
from core.runs.recorder import Recorder, pack_histories
from core.runs.records import Summary, new_status
from core.runs.results import write_digits, write_predictions
from core.runs.store import RunStore

STEP_TAG = "Loss/step_loss"
_BATCH = 64


def make_finished_runs(
    root: Path,
    count: int,
    *,
    steps: int = 5_000,
    epochs: int = 50,
    test_images: int = 10_000,
    seeds: int = 1,
    different: int | None = None,
    step_events: bool = False,
) -> list[str]:
    """Make `count` finished runs in `root` and return their ids, the oldest first.

    Settings differ from run to run, or after so many `seeds` of the same. With `different`, only
    so many have curves of their own and the others copies of them, which is quicker to make.
    Without `test_images` there are neither answers nor digits. With `step_events` TensorBoard's
    event files hold the loss of every step too, which those of real runs do not.
    """
    store = RunStore(root)
    ids: list[str] = []
    for number in range(count):
        chance = np.random.default_rng(number)
        config = _config(number // seeds, number % seeds, epochs)
        run_id = store.create(config, name=_name(config), colour=number)
        folder = store.folder(run_id)
        if different and number >= different:
            _copy_curves(store.folder(ids[number % different]), folder)
        else:
            _write_curves(folder, steps, epochs, chance, step_events=step_events)
        right = _write_answers(folder, number, test_images, chance) if test_images else 0.9
        _finish(folder, right, steps, epochs, test_images or 10_000)
        ids.append(run_id)
    return ids


def _config(setting: int, seed: int, epochs: int) -> RunConfig:
    optimizer = ("sgd", "adam", "rmsprop", "adagrad")[setting % 4]
    rate = float(f"{10 ** (-1 - 0.125 * (setting // 4)):.3g}")
    return RunConfig(optimizer=optimizer, learning_rate=rate, seed=seed, epochs=epochs)


def _name(config: RunConfig) -> str:
    return f"{config.optimizer} {config.learning_rate:g}, seed {config.seed}"


def _write_curves(
    folder: Path, steps: int, epochs: int, chance: np.random.Generator, *, step_events: bool
) -> None:
    each = steps // epochs
    pace = float(chance.uniform(4, 16)) / epochs
    events = EventFileWriter(str(folder), filename_suffix=".steps") if step_events else None
    with Recorder(folder, after_epoch=0) as recorder:
        for epoch in range(1, epochs + 1):
            rows = list(_steps(epoch, each, pace, chance))
            recorder.write_steps(rows)
            recorder.write_epoch(_epoch(epoch, each, pace, chance), _layers(epoch))
            if events:
                _write_step_events(events, rows)
    if events:
        events.close()
    pack_histories(folder)


def _write_step_events(writer: EventFileWriter, rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        value = EventSummary.Value(tag=STEP_TAG, simple_value=row["loss"])
        summary = EventSummary(value=[value])
        writer.add_event(Event(wall_time=row["seconds"], step=row["step"], summary=summary))


def _steps(
    epoch: int, each: int, pace: float, chance: np.random.Generator
) -> Iterator[dict[str, Any]]:
    noise = chance.lognormal(0, 0.25, each)
    norms = chance.lognormal(0, 0.4, each)
    for place in range(each):
        step = (epoch - 1) * each + place + 1
        yield {
            "step": step,
            "epoch": epoch,
            "images": _BATCH * step,
            "seconds": 0.001 * step,
            "loss": _loss(step / each, pace) * float(noise[place]),
            "learning_rate": 0.001,
            "gradient_norm": float(norms[place]),
        }


def _loss(epoch: float, pace: float) -> float:
    return 0.05 + 2.25 * float(np.exp(-pace * epoch))


def _epoch(epoch: int, each: int, pace: float, chance: np.random.Generator) -> dict[str, Any]:
    loss = _loss(epoch, pace) * float(chance.lognormal(0, 0.05))
    accuracy = float(np.clip(0.98 - 0.3 * loss + chance.normal(0, 0.002), 0, 1))
    return {
        "epoch": epoch,
        "step": epoch * each,
        "images": _BATCH * epoch * each,
        "seconds": 0.001 * epoch * each,
        "train_loss": loss,
        "train_accuracy": accuracy,
        "validation_loss": 1.1 * loss,
        "validation_accuracy": 0.99 * accuracy,
        "test_loss": None,
        "test_accuracy": None,
        "images_per_second": 60_000.0,
        "weight_norm": 10 + epoch / 10,
    }


def _layers(epoch: int) -> list[dict[str, Any]]:
    return [
        {
            "layer": layer,
            "gradient_norm": 1 / epoch,
            "weight_norm": 5 + epoch / 10,
            "update_ratio": 0.001,
            "dead_share": 0.1 if layer < 2 else None,
        }
        for layer in range(3)
    ]


def _copy_curves(source: Path, folder: Path) -> None:
    for path in (*source.glob("*.parquet"), *source.glob("events.out.tfevents.*")):
        shutil.copyfile(path, folder / path.name)


def _write_answers(
    folder: Path, number: int, images: int, chance: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Write answers that are wrong on images that are hard for every run; return the right ones."""
    common = np.random.default_rng(0)  # the same test images for all
    labels = common.integers(0, CLASSES, images)
    difficulty = common.random(images)
    skill = 0.92 + 0.055 * (number * 37 % 100) / 100
    right: npt.NDArray[np.bool_] = difficulty + chance.normal(0, 0.02, images) < skill
    answers = np.where(right, labels, (labels + chance.integers(1, CLASSES, images)) % CLASSES)
    logits = chance.normal(0, 1, (images, CLASSES)).astype(np.float32)
    logits[np.arange(images), answers] = logits.max(axis=1) + 3 * chance.random(images) + 0.01
    write_predictions(folder, labels, logits)
    pixels = np.zeros((images, IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
    pixels[:, 8:20, 13:15] = 255
    write_digits(folder, pixels, ~right)
    return right


def _finish(
    folder: Path, right: npt.NDArray[np.bool_] | float, steps: int, epochs: int, images: int
) -> None:
    accuracy = float(np.mean(right))
    summary = Summary(
        epochs=epochs,
        steps=steps,
        seconds=0.001 * steps,
        train_images=50_000,
        validation_images=10_000,
        test_images=images,
        test_loss=0.1,
        test_accuracy=accuracy,
        best_validation_accuracy=accuracy,
        final_validation_accuracy=accuracy,
    )
    files.write_json(folder / files.STATUS, new_status("finished").model_dump(mode="json"))
    files.write_json(folder / files.SUMMARY, summary.model_dump(mode="json"))
