"""Whether the sides of a comparison were given equally many tries at their learning rate."""

from collections.abc import Callable, Iterable, Sequence
from math import fsum

from core.analysis import wording
from core.analysis.named_sides import Side
from core.config import RunConfig
from core.runs.groups import Group
from core.runs.records import Run

# Compared first, and one by one: among ten thousand runs few pass.
_TELLING = ("optimizer", "model", "dataset", "epochs", "batch_size", "train_size")
_MANY = 4  # names that a sentence still tells one by one


def tuning_reasons(
    sides: Sequence[Side], every: Iterable[Run], find_group: Callable[[str | None], Group | None]
) -> list[str]:
    """Return a sentence where one side is the best of more learning rates tried than another.

    `every` are all runs that there are: tries are those with the same settings but for learning
    rate and seed. A side that did not turn out best of its tries was not chosen for that, and
    counts as one try, unless it is of the final runs of a fair comparison (`find_group` returns
    the group of an id). Sides that differ in nothing but the learning rate are each other's
    tries, and only sides on the same data are held against each other. Empty where all is fair.
    """
    listed = [run for run in every if not run.active]
    datasets = dict.fromkeys(side.runs[0].config.dataset for side in sides)
    told = [
        _reason([side for side in sides if side.runs[0].config.dataset == data], listed, find_group)
        for data in datasets
    ]
    return [reason for reason in told if reason is not None]


def _reason(
    sides: Sequence[Side],
    listed: Sequence[Run],
    find_group: Callable[[str | None], Group | None],
) -> str | None:
    families: dict[RunConfig, list[Side]] = {}
    for side in sides:
        families.setdefault(_family(side.runs[0].config), []).append(side)
    if len(families) < 2:
        return None
    tries = {
        wording.joined([side.name for side in alike], _MANY): _tries(
            family, alike, listed, find_group
        )
        for family, alike in families.items()
    }
    if len(set(tries.values())) < 2:
        return None
    tuned = [name for name, count in tries.items() if count > 1]
    sizes = dict(zip(tries, map(len, families.values()), strict=True))
    one = len(tuned) == 1 and sizes[tuned[0]] == 1
    counts = "; ".join(f"{name}: {count}" for name, count in tries.items())
    only = (
        f"Only {wording.joined(tuned, _MANY)} {'was' if one else 'were'} tuned"
        if tuned and len(tuned) < len(tries)
        else "The runs were not tuned alike"
    )
    return (
        f"{only}: the best of several learning rates is compared with fewer tries ({counts}). "
        "Part of the gap may come from that; a fair comparison gives each as many."
    )


def _tries(
    family: RunConfig,
    alike: Sequence[Side],
    listed: Sequence[Run],
    find_group: Callable[[str | None], Group | None],
) -> int:
    """How many learning rates were tried where a side was chosen as the best of them, else 1."""
    shown = [run for side in alike for run in side.runs]
    searched = max((_searched(run, find_group) for run in shown), default=1)
    accuracies: dict[float, list[float]] = {}
    tried = {run.config.learning_rate for run in shown}
    for run in listed:
        if not _is_of(family, run.config):
            continue
        tried.add(run.config.learning_rate)
        seen = _seen(run)
        if seen is not None:
            accuracies.setdefault(run.config.learning_rate, []).append(seen)
    if not accuracies:
        return searched
    means = {rate: fsum(values) / len(values) for rate, values in accuracies.items()}
    best = max(means, key=lambda rate: means[rate])
    chosen = searched > 1 or best in {run.config.learning_rate for run in shown}
    return max(searched, len(tried)) if chosen else searched


def _searched(run: Run, find_group: Callable[[str | None], Group | None]) -> int:
    """How many rates were searched for a final run of a fair comparison; 1 for any other run."""
    if run.info.role != "final":
        return 1
    group = find_group(run.info.group)
    choice = group.choices.get(run.config.optimizer) if group else None
    return max(1, choice.tried) if choice else 1


def _seen(run: Run) -> float | None:
    """The accuracy by which somebody would choose: on validation images where there are any."""
    if run.summary is None:
        return None
    validation = run.summary.final_validation_accuracy
    return run.summary.test_accuracy if validation is None else validation


def _is_of(family: RunConfig, config: RunConfig) -> bool:
    return (
        all(getattr(config, field) == getattr(family, field) for field in _TELLING)
        and _family(config) == family
    )


def _family(config: RunConfig) -> RunConfig:
    return config.model_copy(update={"seed": 0, "learning_rate": 1.0})
