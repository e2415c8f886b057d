"""Launching runs from the page, and saying about how long they take."""

import math
from collections.abc import Sequence

from core.config import Dataset, RunConfig
from core.learning.idx import mnist_problem
from core.recipes import COMPARED_PAIR, find_recipe, recipe_of
from core.runs.records import Run
from core.runs.store import RunStore, new_run_id
from core.ui.services import services


def data_at_hand() -> Dataset:
    """Return the best data there is right now: MNIST, else the embedded digits."""
    return "digits" if mnist_problem(services().settings.data) else "mnist"


def launch(configs: Sequence[RunConfig], name: str = "") -> list[str]:
    """Queue a run for each config and return their ids in this order.

    `name` is the first one's; without it a run is called after its recipe, else after its
    settings. Several runs launched together share a group.
    """
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


def estimated_pair_seconds(store: RunStore) -> float | None:
    """Estimate how long article 1's pair takes, from the last such run that finished here.

    None where no run of this pair on the data at hand has finished in this store.
    """
    dataset = data_at_hand()
    for run in store.list():
        if not isinstance(run, Run) or run.summary is None or run.info.example:
            continue
        if run.info.recipe in COMPARED_PAIR and run.config.dataset == dataset:
            # With one slot they take turns.
            return (run.seconds_to_result or 0.0) * math.ceil(2 / services().settings.slots)
    return None
