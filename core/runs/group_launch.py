"""A group's runs made on disk: at its launch, and by the keeper of the queue after a crash."""

import logging
from collections.abc import Sequence
from typing import Final

from filelock import Timeout

from core.access import Action, needs
from core.config import RunConfig, choice_word, value_word
from core.errors import DigitLabError, RunError
from core.recipes import recipe_of
from core.runs.groups import (
    Group,
    GroupStore,
    Role,
    Stage,
    readable,
    runs_of,
    setting_in_words,
)
from core.runs.store import RunStore

_LAUNCH_PATIENCE_SECONDS: Final = 20.0

_log = logging.getLogger(__name__)


@needs(Action.START_GROUPS)
def launch_group(store: RunStore, groups: GroupStore, group: Group) -> list[str]:
    """Write the group down, make its first runs and return their ids. Raises RunError.

    If this process ends in between, the keeper of the queue makes the rest. If a run cannot be
    made, the whole group is cancelled: whoever reads the error takes it as not launched.
    """
    try:
        with groups.lock().acquire(timeout=_LAUNCH_PATIENCE_SECONDS):
            groups.write(group)
            try:
                make_missing(store, group, group.first_configs(), first_role(group))
                groups.write(group.model_copy(update={"stage": first_stage(group)}))
            except (DigitLabError, OSError) as error:
                _cancel_quietly(groups, group)
                if isinstance(error, OSError):
                    raise RunError(
                        f"The runs of {group.name} cannot be made ({error.strerror})."
                    ) from error
                raise
    except Timeout as error:
        raise RunError("Other runs are being prepared: try again in a moment.") from error
    return [run.id for run in reversed(runs_of(group, readable(store)))]


def _cancel_quietly(groups: GroupStore, group: Group) -> None:
    try:
        groups.cancel(group)
    except RunError:  # the first error says more, and is the one to be read
        _log.exception("The group %s (%s) could not be cancelled", group.id, group.name)


def first_stage(group: Group) -> Stage:
    """Return the stage of a group whose first runs are made."""
    return "running" if group.kind == "sweep" else "search"


def first_role(group: Group) -> Role | None:
    """Return the role of a group's first runs."""
    return None if group.kind == "sweep" else "search"


def make_missing(
    store: RunStore, group: Group, configs: Sequence[RunConfig], role: Role | None
) -> None:
    """Make a run of the group for each of `configs` that has none in this role yet."""
    there = [run for run in runs_of(group, readable(store)) if run.info.role == role]
    made = {run.config for run in there}
    colour = there[0].info.colour + 1 if there else None
    for config in configs:
        if config in made:
            continue
        recipe = recipe_of(config)
        run_id = store.create(
            config,
            name=_run_name(group, config, with_seed=role == "final"),
            recipe=recipe.name if recipe else None,
            group=group.id,
            role=role,
            colour=colour,
        )
        # Counted on from the first one: looking for the least used anew each time takes long.
        colour = (store.read(run_id).info.colour if colour is None else colour) + 1


def _run_name(group: Group, config: RunConfig, *, with_seed: bool) -> str:
    more = [field for field in group.fields if field not in ("optimizer", "learning_rate")]
    if with_seed:
        more.append("seed")
    rate = value_word("learning_rate", config.learning_rate)
    method = f"{choice_word('optimizer', config.optimizer)} {rate}"
    return ", ".join([method, *(setting_in_words(field, config) for field in more)])
