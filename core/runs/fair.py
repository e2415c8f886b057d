"""What the keeper of the queue does for groups: makes their runs, and chooses in between.

Each step can be repeated: which runs exist already is read from the run folders, and a stage is
written only when all its runs are there. A crash between any two steps loses and doubles nothing.
"""

import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from typing import Final

from filelock import Timeout

from core.errors import ConfigError, DigitLabError, DiskLimitError, RunStateError
from core.runs import files
from core.runs.group_launch import first_role, first_stage, make_missing
from core.runs.groups import Choice, Group, GroupStore, readable, runs_of
from core.runs.records import Run
from core.runs.store import RunStore

_UNPLANNABLE: Final = "Its file asks for settings that cannot be trained: "

_log = logging.getLogger(__name__)


def advance(
    store: RunStore,
    groups: GroupStore,
    runs: Sequence[Run],
    cancel: Callable[[RunStore, str], None],
) -> None:
    """Take each group one step further where it is ready; only the keeper of the queue may.

    `runs` are those listed at this look; `cancel` ends one. A group that cannot be taken further
    is logged and left for the next look: it never keeps the queue from its other work.
    """
    for group in groups.list():
        if group.stage == "cancelled":
            continue
        try:
            _advance_one(store, groups, group, runs, cancel)
        except DiskLimitError:
            continue  # its further runs wait until there is room, as others do
        except Exception:  # noqa: BLE001 - whatever is wrong with one, the others go on
            _log.exception("The group %s (%s) could not be taken further", group.id, group.name)


def choose(store: RunStore, group: Group, searched: Sequence[Run]) -> dict[str, Choice]:
    """Return for each optimizer the rate whose run reads validation images best at its end.

    Of equals the one with the lower validation loss, then the smaller rate. Runs that did not
    finish count as tried, and never win.
    """
    return {
        optimizer: _best(
            store, len(rates), [run for run in searched if run.config.optimizer == optimizer]
        )
        for optimizer, rates in group.rates.items()
    }


def has_ended(store: RunStore, run: Run) -> bool:
    """Tell whether the run has ended for good.

    A run whose process vanished a moment ago may yet turn out to have finished: it has crashed
    once the keeper has written so.
    """
    if run.status.state != "crashed":
        return not run.active
    try:
        stored = files.read_json(store.folder(run.id) / files.STATUS).get("state")
    except DigitLabError:  # deleted, or unreadable from now on
        return True
    return stored != "running"


def _advance_one(
    store: RunStore,
    groups: GroupStore,
    group: Group,
    runs: Sequence[Run],
    cancel: Callable[[RunStore, str], None],
) -> None:
    if groups.is_cancelled(group):
        _cancel_all(store, groups, group, runs, cancel)
    elif group.stage == "planned":
        _prepare(store, groups, group)
    elif group.stage == "search":
        # By the listing at hand first: to list anew for each group at each look takes long.
        if all(has_ended(store, run) for run in runs_of(group, runs, "search")):
            _end_search(store, groups, group)
    elif group.stage == "chosen":
        try:
            configs = group.final_configs()
        except ConfigError as error:
            _give_up(groups, group, error)
        else:
            make_missing(store, group, configs, "final")
            groups.write(group.model_copy(update={"stage": "final"}))


def _end_search(store: RunStore, groups: GroupStore, group: Group) -> None:
    """Choose the rates if all search runs have ended, as the disk has them now."""
    # Listed after the group's file was read: a listing from before may lack all its runs.
    searched = runs_of(group, readable(store), "search")
    if searched and all(has_ended(store, run) for run in searched):
        # Before any final run is made, so that nothing can change the choice afterwards.
        chosen = choose(store, group, searched)
        groups.write(group.model_copy(update={"stage": "chosen", "choices": chosen}))


def _prepare(store: RunStore, groups: GroupStore, group: Group) -> None:
    """Make the first runs of a group whose launcher did not come to its end."""
    lock = groups.lock()
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return  # whoever launches it is at work
    try:
        now = groups.find(group.id)
        if now is None or now.stage != "planned":
            return
        # Of a cancelled one nothing is made any more, and what was made ends at the next look.
        if not groups.is_cancelled(now):
            try:
                configs = now.first_configs()
            except ConfigError as error:
                _give_up(groups, now, error)
                return
            make_missing(store, now, configs, first_role(now))
        groups.write(now.model_copy(update={"stage": first_stage(now)}))
    finally:
        lock.release()


def _give_up(groups: GroupStore, group: Group, error: ConfigError) -> None:
    end = {"stage": "cancelled", "note": f"{_UNPLANNABLE}{error}"}
    groups.write(group.model_copy(update=end))


def _cancel_all(
    store: RunStore,
    groups: GroupStore,
    group: Group,
    runs: Sequence[Run],
    cancel: Callable[[RunStore, str], None],
) -> None:
    if group.stage == "planned":
        # Not while its launcher is at work: that one makes them all first.
        return _prepare(store, groups, group)
    for run in runs_of(group, runs):
        if run.active and not (store.folder(run.id) / files.CANCEL).exists():
            with contextlib.suppress(RunStateError):  # it ended in the same moment
                cancel(store, run.id)
    # Runs that were made since `runs` were listed are found at the next look.
    if not any(run.active for run in runs_of(group, readable(store))):
        groups.write(group.model_copy(update={"stage": "cancelled"}))
    return None


def _best(store: RunStore, tried: int, searched: Sequence[Run]) -> Choice:
    usable = [
        (run, run.summary.final_validation_accuracy)
        for run in searched
        if run.status.state == "finished"
        and run.summary is not None
        and run.summary.final_validation_accuracy is not None
    ]
    if not usable:
        return Choice(tried=tried, usable=0)
    best, accuracy = min(
        usable,
        key=lambda pair: (-pair[1], _validation_loss(store, pair[0]), pair[0].config.learning_rate),
    )
    return Choice(
        rate=best.config.learning_rate,
        validation_accuracy=accuracy,
        tried=tried,
        usable=len(usable),
    )


def _validation_loss(store: RunStore, run: Run) -> float:
    epochs = store.epochs(run.id)
    if run.summary is not None and run.summary.best_epoch is not None:
        # With early stopping that epoch's weights are kept, and its accuracy is the run's.
        epochs = epochs[epochs["epoch"] == run.summary.best_epoch]
    losses = epochs["validation_loss"].dropna()
    return float(losses.iloc[-1]) if len(losses) else math.inf
