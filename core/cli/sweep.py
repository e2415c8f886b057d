"""`sweep`: many runs of one recipe, or a fair comparison, trained to the end and summed up."""

import argparse
import math
from collections.abc import Mapping
from typing import Any, Final

from core.cli.follow import Interruptions
from core.cli.group_following import Following
from core.cli.group_results import group_figures, write_group
from core.cli.text import note, say, write_json, write_table
from core.config import RunConfig, value_word
from core.errors import ConfigError, DataError
from core.learning.idx import has_mnist, mnist_folder
from core.runs.disk import disk_of
from core.runs.engines.local import LocalEngine
from core.runs.estimate import estimated_seconds, spoken_estimate
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_fair, plan_sweep
from core.runs.groups import Group, GroupStore, readable, runs_of
from core.runs.queue import RunQueue
from core.runs.store import RunStore
from core.settings import Settings, core_count
from core.sweeps import consecutive_seeds, rate_grid, read_values

_FAIR_SEEDS: Final = 3
_FAIR_OPTIMIZERS: Final = "sgd,adam"
_MISSING: Final = "MNIST is not in {}: fetch it with `python -m core fetch`, or leave out dataset."


def sweep(asked: argparse.Namespace, settings: Settings, config: RunConfig) -> int:
    """Say how many runs and about how long, train them, and write a table of what came out.

    The group's id is the last line. Returns 1 where it was cancelled or no run finished. Raises
    ConfigError or DataError before anything is started.
    """
    group = _plan(asked, config)
    store, groups = RunStore(settings.runs, disk=disk_of(settings)), GroupStore(settings.runs)
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
            group = Following(store, groups, queue, group).until_the_end(interruptions)
        finally:
            queue.stop()
    runs = runs_of(group, readable(store))
    if asked.json:
        write_json(group_figures(store, group, runs))
    else:
        write_group(store, group, runs)
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
