"""Launching runs from the page, and saying about how long they take."""

from core.config import Dataset, RunConfig
from core.learning.idx import has_mnist
from core.recipes import COMPARED_PAIR, find_recipe
from core.runs.records import Run
from core.runs.store import RunStore
from core.ui.services import services

# Training, as name and recipe go with a config into the store.
Named = tuple[RunConfig, str, str | None]


def data_at_hand() -> Dataset:
    """Return the best data there is right now: MNIST, else the embedded digits."""
    return "mnist" if has_mnist(services().settings.data) else "digits"


def launch_one(config: RunConfig, name: str, recipe: str | None) -> str:
    """Queue one run and return its id."""
    return services().store.create(config, name=name, recipe=recipe)


def launch_pair(first: Named, second: Named) -> list[str]:
    """Queue two runs as a group and return their ids, the first one first."""
    store = services().store
    ids: list[str] = []
    for config, name, recipe in (first, second):
        group = ids[0] if ids else None
        ids.append(store.create(config, name=name, recipe=recipe, group=group))
    return ids


def launch_compared_pair() -> list[str]:
    """Queue article 1's SGD and Adam on the data at hand and return their ids."""
    recipes = [find_recipe(name) for name in COMPARED_PAIR]
    first, second = (
        (recipe.config.replace(dataset=data_at_hand()), recipe.title, recipe.name)
        for recipe in recipes
    )
    return launch_pair(first, second)


def estimated_pair_seconds(store: RunStore) -> float | None:
    """Estimate how long article 1's pair takes, from the last such run that finished here.

    None where no run of this pair on the data at hand has finished in this store.
    """
    dataset = data_at_hand()
    for run in store.list():
        if not isinstance(run, Run) or run.summary is None or run.info.example:
            continue
        if run.info.recipe in COMPARED_PAIR and run.config.dataset == dataset:
            return run.summary.seconds
    return None
