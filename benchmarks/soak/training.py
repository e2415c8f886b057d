"""The runs that train while a dashboard is visited, and the same ones undisturbed."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.soak.sameness import differences
from core.config import RunConfig
from core.learning.idx import has_mnist
from core.recipes import RECIPES
from core.runs.engines.local import LocalEngine
from core.runs.queue import RunQueue
from core.runs.records import ENDED
from core.runs.store import RunStore
from core.settings import core_count

SLOTS: Final = 2
_PAIR: Final = ("article1-sgd", "article1-adam")
# An epoch of article 1 takes about 0.7 s here, of the embedded digits 0.05 s.
_EPOCHS_A_SECOND: Final = {"mnist": 1.4, "digits": 20.0}
_LONGEST_SECONDS: Final = 1_800.0


def long_configs(data: Path, seconds: float, epochs: int | None = None) -> list[RunConfig]:
    """Return what two runs train, on MNIST if it is there: longer than `seconds`, or `epochs`."""
    dataset = "mnist" if has_mnist(data) else "digits"
    epochs = epochs or max(2, round(_EPOCHS_A_SECOND[dataset] * seconds))
    return [RECIPES[name].config.replace(dataset=dataset, epochs=epochs) for name in _PAIR]


def begin(store: RunStore, configs: Sequence[RunConfig]) -> list[str]:
    """Let runs of these configs wait in the queue; return their ids."""
    return [
        store.create(config, name=f"Trains meanwhile: {config.optimizer}", colour=place + 2)
        for place, config in enumerate(configs)
    ]


def trained(store: RunStore, run_ids: Sequence[str]) -> bool:
    """Wait until the runs have ended; return whether all have finished."""
    end = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < end:
        states = [store.read(run_id).status.state for run_id in run_ids]
        if all(state in ENDED for state in states):
            return all(state == "finished" for state in states)
        time.sleep(1.0)
    return False


def train_undisturbed(root: Path, data: Path, configs: Sequence[RunConfig]) -> list[str]:
    """Train the same in another folder, with as many threads and nobody looking; return the ids."""
    store = RunStore(root)
    ids = begin(store, configs)
    queue = RunQueue(store, LocalEngine(data, max(1, core_count() // SLOTS)), SLOTS)
    queue.start()
    try:
        if not trained(store, ids):
            raise RuntimeError("The undisturbed runs did not finish.")
    finally:
        queue.stop()
    return ids


def compared(store: RunStore, ids: Sequence[str], other: RunStore, others: Sequence[str]) -> str:
    """Return in which files runs differ from undisturbed ones, in words; empty if in nothing."""
    found = [
        f"{store.read(one).name}: {', '.join(files)}"
        for one, two in zip(ids, others, strict=True)
        if (files := differences(store, one, other, two))
    ]
    return "; ".join(found)
