"""`sweep`: many runs of one recipe, or a fair comparison, trained to the end and summed up."""

import argparse
import math
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from tqdm import tqdm

from core import words
from core.analysis.outcomes import SEEDS_ONLY, Outcome, choice_sentences, outcomes
from core.cli.follow import Interruptions
from core.cli.text import note, plain, say, shortened, write_json, write_table
from core.config import RunConfig, value_word
from core.errors import ConfigError, DataError, RunError
from core.learning.idx import has_mnist, mnist_folder
from core.runs.engines.local import LocalEngine
from core.runs.estimate import estimated_seconds, spoken_estimate
from core.runs.fair import has_ended
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_fair, plan_sweep
from core.runs.groups import Group, GroupStore, is_open, readable, runs_of
from core.runs.queue import RunQueue
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import Settings, core_count
from core.sweeps import consecutive_seeds, rate_grid, read_values

_LOOK_EVERY_SECONDS: Final = 0.2
_LOG_EVERY_SECONDS: Final = 30.0
# A look fails where another process deletes a run under it; so many in a row have another cause.
_LOOKS_THAT_MAY_FAIL: Final = 25
_FAIR_SEEDS: Final = 3
_FAIR_OPTIMIZERS: Final = "sgd,adam"
_NONE: Final = "–"
_MISSING: Final = "MNIST is not in {}: fetch it with `python -m core fetch`, or leave out dataset."


def sweep(asked: argparse.Namespace, settings: Settings, config: RunConfig) -> int:
    """Say how many runs and about how long, train them, and write a table of what came out.

    The group's id is the last line. Returns 1 where it was cancelled or no run finished. Raises
    ConfigError or DataError before anything is started.
    """
    group = _plan(asked, config)
    store, groups = RunStore(settings.runs), GroupStore(settings.runs)
    foreseen = group.foreseen_configs()
    if any(one.dataset == "mnist" for one in foreseen) and not has_mnist(settings.data):
        raise DataError(_MISSING.format(mnist_folder(settings.data)))
    threads = max(1, core_count() // settings.slots)
    seconds = estimated_seconds(foreseen, readable(store), settings.slots, threads)
    for sentence in (spoken_estimate(len(foreseen), seconds), group.note):
        if sentence:
            note(sentence)
    if asked.dry_run:
        return _write_plan(group, foreseen, seconds, as_json=asked.json)
    queue = RunQueue(store, LocalEngine(settings.data, threads), settings.slots)
    with Interruptions() as interruptions:
        launch_group(store, groups, group)
        try:
            group = _Following(store, groups, queue, group).until_the_end(interruptions)
        finally:
            queue.stop()
    runs = runs_of(group, readable(store))
    if asked.json:
        write_json(_figures(group, runs))
    else:
        _write(group, runs)
    finished = any(run.summary is not None for run in runs)
    return 0 if finished and group.stage != "cancelled" else 1


def _plan(asked: argparse.Namespace, config: RunConfig) -> Group:
    varied: dict[str, tuple[Any, ...]] = {}
    for field, text in asked.vary:
        if field in varied:
            raise ConfigError(f"--vary names {field} twice: name all its values together.")
        varied[field] = read_values(field, text)
    if asked.fair:
        return _plan_fair(asked, config, varied)
    if asked.rates:
        raise ConfigError("--rates goes with --fair; without it there is --vary lr=0.1,0.01.")
    if asked.seeds is not None:
        if "seed" in varied:
            raise ConfigError("--seeds and --vary seed say two things: leave one of them out.")
        varied["seed"] = consecutive_seeds(config.seed, asked.seeds)
    return plan_sweep(config, varied, name=asked.name, limit=asked.max_runs)


def _plan_fair(
    asked: argparse.Namespace, config: RunConfig, varied: Mapping[str, tuple[Any, ...]]
) -> Group:
    if set(varied) - {"optimizer"}:
        raise ConfigError(
            "A fair comparison varies the optimizer only, such as --vary optimizer=sgd,adam; "
            "it looks for their learning rates by itself (--rates)."
        )
    optimizers = varied.get("optimizer") or read_values("optimizer", _FAIR_OPTIMIZERS)
    rates = {optimizer: rate_grid(optimizer) for optimizer in optimizers}
    for text in asked.rates:
        owner, equals, listed = text.rpartition("=")
        owner = owner.strip()
        if equals and owner not in rates:
            raise ConfigError(
                f"--rates names {owner!r}, which is not compared: {', '.join(optimizers)} are."
            )
        read = read_values("learning_rate", listed)
        rates |= dict.fromkeys([owner] if equals else optimizers, read)
    seeds = _FAIR_SEEDS if asked.seeds is None else asked.seeds
    return plan_fair(config, rates, seeds, name=asked.name, limit=asked.max_runs)


class _Following:
    """Sees a group through: keeps the queue unless another process does, and shows what ended."""

    def __init__(self, store: RunStore, groups: GroupStore, queue: RunQueue, group: Group) -> None:
        self._store = store
        self._groups = groups
        self._queue = queue
        self._group = group
        self._failed = 0
        self._told: set[str] = set()
        self._kept_elsewhere = False

    def until_the_end(self, interruptions: Interruptions) -> Group:
        """Return the group when all its runs have ended; an interruption cancels it."""
        seldom = 0.1 if sys.stderr.isatty() else _LOG_EVERY_SECONDS
        cancelled = False
        with tqdm(unit="run", file=sys.stderr, mininterval=seldom, miniters=1) as bar:
            while True:
                runs = self._look()
                if runs is not None:
                    self._show(bar, runs)
                    if not is_open(self._group, runs) and all(
                        has_ended(self._store, run) for run in runs
                    ):
                        return self._group
                if interruptions.asked and not cancelled:
                    cancelled = True
                    self._groups.cancel(self._group)
                time.sleep(_LOOK_EVERY_SECONDS)

    def _look(self) -> list[Run] | None:
        """Let the queue look; return the group's runs, None where something came in between."""
        try:
            self._queue.look()
            found = self._groups.find(self._group.id)
            runs = runs_of(self._group, readable(self._store))
        except (RunError, OSError):
            self._failed += 1
            if self._failed >= _LOOKS_THAT_MAY_FAIL:
                raise
            return None
        self._failed = 0
        if not self._queue.is_keeper and not self._kept_elsewhere:
            self._kept_elsewhere = True
            note("Another process, such as the dashboard, keeps the queue and trains these too.")
        if found is None:
            raise RunError(
                f"The file of the group {self._group.id} is gone or damaged: its runs are kept, "
                "and `python -m core runs` lists them."
            )
        self._group = found
        return runs

    def _show(self, bar: "tqdm[Any]", runs: list[Run]) -> None:
        foreseen = len(runs)
        if self._group.stage in ("planned", "search", "chosen"):
            foreseen = max(foreseen, self._group.foreseen)
        bar.total = foreseen
        for run in sorted(runs, key=lambda run: run.id):
            if run.id not in self._told and has_ended(self._store, run):
                self._told.add(run.id)
                bar.update(1)
                bar.write(f"{len(self._told)}/{foreseen} {plain(_ending(run))}", file=sys.stderr)


def _ending(run: Run) -> str:
    name = f"{shortened(run.name)}{f' ({run.info.role})' if run.info.role else ''}"
    if run.summary is None:
        return f"{name}: {words.state_line(run)}"
    seen = run.summary.final_validation_accuracy
    watched = "" if seen is None else f"validation {words.percent(seen)}, "
    return (
        f"{name}: {watched}test {words.percent(run.summary.test_accuracy)} "
        f"({words.duration(run.summary.seconds)})"
    )


def _write(group: Group, runs: list[Run]) -> None:
    for sentence in choice_sentences(group):
        say(sentence)
    rows = outcomes(group, runs)
    if rows:
        if group.choices:
            say()
        columns = ["settings", "finished", "validation", "test", "± (95 %)"]
        write_table(columns, [_row(row) for row in rows])
        if any(row.test_half is not None for row in rows):
            note(f"± is half of the 95 % interval of a mean over the seeds. {SEEDS_ONLY}")
    say(group.id)


def _row(row: Outcome) -> list[str]:
    return [
        row.label,
        f"{row.finished} of {len(row.run_ids)}",
        words.percent(row.validation_accuracy),
        words.percent(row.test_accuracy),
        row.spoken_half or _NONE,
    ]


def _figures(group: Group, runs: list[Run]) -> dict[str, Any]:
    return {
        "group": group.id,
        "kind": group.kind,
        "name": group.name,
        "stage": group.stage,
        "note": group.note or None,
        "choices": {name: choice.model_dump() for name, choice in group.choices.items()},
        "rows": [
            {
                "label": row.label,
                "settings": row.config.model_dump(mode="json", include=set(group.fields)),
                "runs": list(row.run_ids),
                "finished": row.finished,
                "validation_accuracy": row.validation_accuracy,
                "test_accuracy": row.test_accuracy,
                "test_half_interval": row.test_half,
            }
            for row in outcomes(group, runs)
        ],
        "runs": [
            {"id": run.id, "name": run.name, "role": run.info.role, "status": run.status.state}
            for run in sorted(runs, key=lambda run: run.id)
        ],
    }


def _write_plan(
    group: Group, foreseen: list[RunConfig], seconds: float | None, *, as_json: bool
) -> int:
    first = group.first_configs()
    if as_json:
        write_json(
            {
                "kind": group.kind,
                "name": group.name,
                "runs": len(foreseen),
                "seconds": seconds if seconds is None else math.ceil(seconds),
                "configs": [config.model_dump(mode="json") for config in first],
            }
        )
        return 0
    fields = group.fields
    write_table(
        list(fields),
        [[value_word(name, getattr(config, name)) for name in fields] for config in first],
    )
    if group.kind == "fair":
        say(
            f"Then {len(foreseen) - len(first)} final runs: the best rate of each optimizer with "
            f"the seeds {', '.join(map(str, group.seeds))}."
        )
    return 0
