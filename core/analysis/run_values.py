"""What runs are listed, sorted and searched by: results and settings, each under one word."""

import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from core.config import RunConfig, field_title
from core.runs.records import Run

_Row = TypeVar("_Row")

# What decides how many parameters a network has, and how many those have that were counted.
# Thousands of runs share a few networks, and each is planned layer by layer to be counted.
_NETWORK: Final = operator.attrgetter(
    "model", "channels", "kernel_size", "pooling", "hidden_sizes", "batch_norm", "response_norm"
)
_counted: dict[Hashable, int] = {}


def _parameters(config: RunConfig) -> int:
    network: Hashable = _NETWORK(config)
    if network not in _counted:
        _counted[network] = config.parameter_count
    return _counted[network]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


# What a run came out with, by the word that stands in a link or condition: title, and value or
# None.
RESULTS: Final[Mapping[str, tuple[str, Callable[[Run], Any]]]] = {
    "test": (
        "test accuracy, %",
        lambda run: None if run.summary is None else 100 * run.summary.test_accuracy,
    ),
    "validation": (
        "best validation accuracy, %",
        lambda run: None if run.summary is None else _percent(run.summary.best_validation_accuracy),
    ),
    "time": ("seconds of training", lambda run: run.summary and run.summary.seconds),
    "state": ("state", lambda run: run.status.state),
    "created": ("when it was made", lambda run: run.info.created),
    "name": ("name", lambda run: run.info.name.lower()),
    "test_loss": ("test loss", lambda run: run.summary and run.summary.test_loss),
    "trained": ("epochs trained", lambda run: run.summary and run.summary.epochs),
    "best_epoch": (
        "epoch kept (early stopping)",
        lambda run: run.summary and run.summary.best_epoch,
    ),
    "parameters": ("parameters", lambda run: _parameters(run.info.config)),
}


def sort_keys() -> dict[str, str]:
    """Return what runs can be sorted by, as key and title: results first, then all settings."""
    results = {key: title for key, (title, _) in RESULTS.items()}
    return results | {field: field_title(field) for field in RunConfig.model_fields}


def value_of(run: Run, key: str) -> Any:
    """Return a result or setting of `run`; None where it has none."""
    found = RESULTS.get(key)
    return getattr(run.info.config, key) if found is None else found[1](run)


def sorted_by(runs: Iterable[Run], key: str, *, falling: bool) -> list[Run]:
    """Return `runs` by a key of `sort_keys`; those that have nothing there stand last."""
    return in_order([(value_of(run, key), run) for run in runs], falling=falling)


def in_order(rows: Sequence[tuple[Any, _Row]], *, falling: bool) -> list[_Row]:
    """Return what stands behind each value, by the values; those whose value is None last."""
    having = [row for row in rows if row[0] is not None]
    having.sort(key=lambda row: comparable(row[0]), reverse=falling)
    return [row for _, row in having] + [row for value, row in rows if value is None]


def comparable(value: Any) -> Any:
    """Return `value` so that all of one setting compare: lists by their entries, the rest so."""
    return str(value) if isinstance(value, bool) else value
