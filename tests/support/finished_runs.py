"""Finished runs through the store whose figures are written by hand."""

from typing import Any

from core.config import RunConfig
from core.runs import files
from core.runs.records import Run, new_status
from core.runs.store import RunStore
from tests.support.summaries import summary_of

SETTINGS = RunConfig(dataset="digits", epochs=2)


def finished(
    store: RunStore,
    accuracy: float,
    *,
    name: str = "",
    group: str | None = None,
    figures: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Make a run that read this share of 360 test images right."""
    config = SETTINGS.replace(**settings)
    run_id = store.create(config, name=name, group=group, colour=0)
    summary = summary_of(accuracy, **{"best_validation_accuracy": accuracy, **(figures or {})})
    files.write_json(store.folder(run_id) / files.SUMMARY, summary.model_dump(mode="json"))
    store.write_status(run_id, new_status("finished"))
    return store.read(run_id)


def waiting(store: RunStore, *, name: str = "", **settings: Any) -> Run:
    """Make a run that waits for its turn."""
    return store.read(store.create(SETTINGS.replace(**settings), name=name, colour=0))


def make_many(store: RunStore, count: int) -> None:
    """Make `count` finished runs of eight settings with many seeds."""
    for number in range(count):
        config = SETTINGS.replace(
            optimizer=("sgd", "adam")[number % 2],
            learning_rate=10.0 ** -(1 + number // 2 % 4),
            seed=number // 8,
        )
        run_id = store.create(config, name=f"run {number % 8}, seed {number // 8}", colour=number)
        accuracy = 0.8 + number % 97 / 1_000
        summary = summary_of(accuracy, best_validation_accuracy=accuracy)
        path = store.folder(run_id) / files.SUMMARY
        files.write_json(path, summary.model_dump(mode="json"))
