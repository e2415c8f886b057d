"""Launching runs from the page, and saying about how long they take."""

import functools
from collections.abc import Sequence

from core.access import Action, require
from core.config import Dataset, RunConfig
from core.learning.idx import mnist_problem
from core.recipes import COMPARED_PAIR, find_recipe, recipe_of
from core.runs.estimate import estimated_seconds
from core.runs.group_launch import launch_group
from core.runs.groups import Group, GroupStore, readable
from core.runs.ids import new_run_id
from core.settings import core_count
from core.ui.permitted import visitor_budget
from core.ui.services import services


def data_at_hand() -> Dataset:
    """Return the best data there is right now: MNIST, else the embedded digits."""
    return "digits" if mnist_problem(services().settings.data) else "mnist"


def launch(configs: Sequence[RunConfig], name: str = "") -> list[str]:
    """Queue a run for each config and return their ids in this order.

    `name` is the first one's; without it a run is called after its recipe, else after its
    settings. Several runs launched together share a group. Raises AccessError or LimitError
    before the first is made, where a visitor may not start all of them.
    """
    require(Action.START_RUNS)
    budget = visitor_budget()
    if budget is not None:
        budget.seconds_allowed(configs)
    group = new_run_id() if len(configs) > 1 else None
    ids: list[str] = []
    for config in configs:
        recipe = recipe_of(config)
        called = name if not ids and name.strip() else recipe.title if recipe else ""
        ids.append(
            services().store.create(
                config, name=called, recipe=recipe.name if recipe else None, group=group
            )
        )
    return ids


def launch_compared_pair() -> list[str]:
    """Queue article 1's SGD and Adam on the data at hand and return their ids."""
    dataset = data_at_hand()  # once: MNIST may arrive at any moment, and both must have the same
    return launch([find_recipe(name).config.replace(dataset=dataset) for name in COMPARED_PAIR])


@functools.cache
def group_store() -> GroupStore:
    """Return the groups of the process's run folder."""
    return GroupStore(services().settings.runs)


def launch_as_group(group: Group) -> list[str]:
    """Queue the first runs of a group and return their ids. Raises RunError."""
    return launch_group(services().store, group_store(), group)


def estimate(configs: Sequence[RunConfig]) -> float | None:
    """Estimate how many seconds `configs` take on this computer, None before any run finished."""
    settings = services().settings
    threads = max(1, core_count() // settings.slots)
    return estimated_seconds(configs, readable(services().store), settings.slots, threads)


def estimated_pair_seconds() -> float | None:
    """Estimate how long article 1's pair takes on the data at hand, from what finished here."""
    dataset = data_at_hand()
    return estimate([find_recipe(name).config.replace(dataset=dataset) for name in COMPARED_PAIR])
