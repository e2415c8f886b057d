"""Groups of runs whose ends are written by hand: sweeps and fair comparisons without workers."""

import json

from core.config import RunConfig
from core.runs import files
from core.runs.fair import advance
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_fair
from core.runs.groups import Group, GroupStore, readable, runs_of
from core.runs.queue import cancel
from core.runs.records import Run, State, new_status
from core.runs.store import RunStore

TINY = RunConfig(dataset="digits", train_size=100, hidden_sizes=(16,), epochs=1, learning_rate=0.1)
RATES = {"sgd": (0.1, 0.01), "adam": (0.01, 0.001)}


def fair(store: RunStore, groups: GroupStore, seeds: int = 2) -> Group:
    """Launch a fair comparison of two optimizers with two rates each."""
    group = plan_fair(TINY, RATES, seeds, name="", limit=500)
    launch_group(store, groups, group)
    return now(groups, group)


def now(groups: GroupStore, group: Group) -> Group:
    found = groups.find(group.id)
    assert found is not None
    return found


def look(store: RunStore, groups: GroupStore) -> None:
    """Do what the keeper of the queue does for groups at a look."""
    advance(store, groups, readable(store), cancel)


def searched(store: RunStore, group: Group, optimizer: str, rate: float) -> Run:
    (found,) = (
        run
        for run in runs_of(group, readable(store), "search")
        if (run.config.optimizer, run.config.learning_rate) == (optimizer, rate)
    )
    return found


def finals(store: RunStore, group: Group) -> list[tuple[str, float, int]]:
    return sorted(
        (run.config.optimizer, run.config.learning_rate, run.config.seed)
        for run in runs_of(group, readable(store), "final")
    )


def end(store: RunStore, run: Run, validation: float | None = 0.5, loss: float = 1.0) -> None:
    """Write what a worker leaves of a run that finished with this validation accuracy."""
    folder = store.folder(run.id)
    epoch = {"epoch": 1, "step": 2, "images": 100, "seconds": 1.0, "train_loss": loss}
    epoch |= {"validation_loss": loss, "validation_accuracy": validation}
    (folder / f"{files.EPOCHS}.jsonl").write_text(json.dumps(epoch) + "\n")
    files.write_json(
        folder / files.SUMMARY,
        {
            "epochs": 1, "steps": 2, "seconds": 1.0, "train_images": 100, "validation_images": 240,
            "test_images": 360, "test_loss": 1.0, "test_accuracy": 0.5,
            "best_validation_accuracy": validation, "final_validation_accuracy": validation,
        },
    )  # fmt: skip
    store.write_status(run.id, new_status("finished"))


def end_all(store: RunStore, group: Group, state: State = "finished") -> None:
    for run in runs_of(group, readable(store)):
        if run.active and state == "finished":
            end(store, run)
        elif run.active:
            store.write_status(run.id, new_status(state, reason="Ended by the test."))
