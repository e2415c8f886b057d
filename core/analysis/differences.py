"""What differs between the settings of runs, and whether comparing them is fair."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from core.analysis import wording
from core.config import RunConfig, applies, choice_word, empty_word

Config: TypeAlias = Mapping[str, Any]

ABSENT = "–"
_MANY = 4  # runs that a sentence still names one by one


def config_differences(configs: Mapping[str, Config]) -> pd.DataFrame:
    """Return the settings in which the runs differ: a row for each, a column for each run.

    `configs` maps run names to settings; nested settings get dotted names, which are the index.
    Cells are readable strings; a setting that is absent or means nothing beside the run's other
    settings (the momentum of Adam) reads "–". Empty when nothing differs.
    """
    flat = {name: _flatten(config) for name, config in configs.items()}
    fields = dict.fromkeys(field for settings in flat.values() for field in settings)
    rows = {field: [_cell(field, config) for config in flat.values()] for field in fields}
    # Where only the meaning differs, the setting that gives it one differs too: that row is enough.
    differing = {
        field: [
            _cell(field, config) if _applies(field, config) else ABSENT for config in flat.values()
        ]
        for field, cells in rows.items()
        if len(set(cells)) > 1
    }
    return pd.DataFrame(
        list(differing.values()),
        index=pd.Index(list(differing), name="field", dtype="str"),
        columns=list(flat),
        dtype="str",
    )


def unfair_reasons(configs: Mapping[str, Config]) -> list[str]:
    """Return plain sentences on why the runs do not compare like with like; none when they do.

    Reads the settings dataset, train_size (None is all), label_noise, validation_fraction, epochs,
    max_seconds (None is no limit), loss and watch.
    Another seed, optimizer or learning rate is what one compares, and is no reason.
    """
    reasons = [
        _unequal(configs, field, sentence, missing)
        for field, sentence, missing in (
            ("dataset", "The runs learn from different data", ABSENT),
            ("train_size", "The runs learn from different numbers of images", "all"),
            ("label_noise", "The runs learn from different shares of wrong labels", ABSENT),
            ("validation_fraction", "The runs hold back different shares for validation", ABSENT),
            ("epochs", "The runs train for different numbers of epochs", ABSENT),
            ("max_seconds", "The runs have different limits of seconds", "no limit"),
            ("loss", "Their losses are on different scales: compare accuracies", ABSENT),
        )
        if field != "loss" or not _losses_are_alike(configs)
    ]
    return [reason for reason in [*reasons, _watched_the_test(configs)] if reason]


def learning_rate_note(configs: Mapping[str, Config]) -> str | None:
    """Return a sentence when different optimizers share one learning rate, else None.

    That is fair in the letter only: which optimizer wins depends on how each is tuned (Choi and
    others 2019, "On empirical comparisons of optimizers for deep learning", arXiv 1910.05446).
    """
    optimizers = {_readable(config.get("optimizer")) for config in configs.values()}
    rates = {_readable(config.get("learning_rate")) for config in configs.values()}
    if len(optimizers) < 2 or len(rates) != 1 or rates == {ABSENT}:
        return None
    return (
        f"The optimizers differ, but the learning rate is {rates.pop()} for all. Each optimizer "
        "has a rate that suits it best, so part of the gap may come from the rate."
    )


def _unequal(configs: Mapping[str, Config], field: str, sentence: str, missing: str) -> str | None:
    values = {name: config.get(field) for name, config in configs.items()}
    listed = {
        name: missing if value is None else _shown(field, value) for name, value in values.items()
    }
    if len(set(listed.values())) < 2:
        return None
    if len(listed) <= _MANY:
        return f"{sentence} ({'; '.join(f'{name}: {value}' for name, value in listed.items())})."
    whose: dict[str, list[str]] = {}
    for name, value in listed.items():
        whose.setdefault(value, []).append(name)
    told = [f"{value}: {wording.joined(names, _MANY)}" for value, names in whose.items()]
    return f"{sentence} ({'; '.join(told)})."


def _losses_are_alike(configs: Mapping[str, Config]) -> bool:
    # NLL is cross-entropy computed in two steps.
    return {config.get("loss") for config in configs.values()} <= {"cross_entropy", "nll"}


def _shown(field: str, value: Any) -> str:
    if field in ("validation_fraction", "label_noise"):
        return f"{100 * value:.3g} %"
    return choice_word(field, _readable(value))


def _watched_the_test(configs: Mapping[str, Config]) -> str | None:
    names = [name for name, config in configs.items() if config.get("watch") == "test"]
    if not names:
        return None
    verb, whose = ("watches", "its") if len(names) == 1 else ("watch", "their")
    return (
        f"{wording.joined(names, _MANY)} {verb} the test images during training, so settings "
        f"chosen by looking at {whose} curves make {whose} test figures better than they should be."
    )


def _applies(field: str, settings: Config) -> bool:
    return applies(field, RunConfig.model_construct(**settings))


def _cell(field: str, settings: Config) -> str:
    if field in settings and settings[field] is None:
        return empty_word(field)
    return _readable(settings.get(field))


def _flatten(config: Config, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _readable(value: Any) -> str:
    """Equal values read the same and different ones differently: no digit is rounded away."""
    if value is None:
        return ABSENT
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        # Never 1e-05: the reader need not know the notation.
        return np.format_float_positional(value, trim="-")
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_readable(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_readable(inner) for inner in value) or "none"
    return str(value)
