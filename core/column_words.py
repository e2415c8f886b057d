"""How the columns of the table of runs read: of one run, and of several in one row."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core import words
from core.analysis.folding import MEANT, Fold, mean_of, values_of
from core.analysis.outcomes import half_interval, spoken_half
from core.analysis.run_values import RESULTS, value_of
from core.analysis.wording import listed_seeds, so_many, state_word
from core.config import RunConfig, field_help, field_title, value_word
from core.runs.records import Run

_NOTHING: Final = "–"
_TITLES: Final[Mapping[str, str]] = {
    "method": "Learns by",
    "state": "Status",
    "validation": "Validation, best",
    "test": "Test",
    "time": "Time",
    "created": "Made",
}
_HELP: Final[Mapping[str, str]] = {
    "method": "Optimizer and learning rate",
    "state": "Where the run stands",
    "validation": "Share of the validation images read right after the best epoch so far",
    "test": "Share of the test images read right at the end, with the 95 % interval: of one run by "
    "the number of its test images (Wilson), of several seeds that of their mean (Student's t)",
    "time": "How long it has trained, or did",
    "created": "When the run was launched",
    "test_loss": "Mean loss on the test images at the end; it depends on how loss is counted",
    "trained": "How many epochs it trained before it ended",
    "best_epoch": "The epoch whose weights were kept, where training stopped early",
    "parameters": "How many weights and biases training adjusts",
}
# In this order: what is under way first.
_STATES: Final = ("training", "starting", "waiting", "finished")
# A unit of time, its seconds, and up to how many it is spoken of.
_AGES: Final = (
    ("minute", 60, 3_600),
    ("hour", 3_600, 86_400),
    ("day", 86_400, 7 * 86_400),
)
_MOST_VALUES: Final = 3
_MOST_SEEDS: Final = 24  # characters


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and a smaller word below it."""

    text: str
    note: str = ""


def column_title(key: str) -> str:
    """Return the heading of a column."""
    if key in _TITLES:
        return _TITLES[key]
    title = RESULTS[key][0] if key in RESULTS else field_title(key)
    return title[:1].upper() + title[1:]


def column_help(key: str) -> str:
    """Return one sentence on what a column shows."""
    return _HELP[key] if key in _HELP else field_help(key)


def run_cell(run: Run, key: str) -> Cell:
    """Return the cell of a run; of its best validation only what is known without its curves."""
    if key == "method":
        return Cell(words.method(run.config))
    if key == "state":
        return Cell(state_word(run))
    if key == "validation":
        return Cell(words.percent(_share(run, key)))
    if key == "test":
        return Cell(words.test_accuracy(run.summary))
    if key == "time":
        return Cell(words.run_time(run))
    if key in RunConfig.model_fields:
        return Cell(_setting(run.config, key))
    value = value_of(run, key)
    return Cell(_NOTHING if value is None else _result_word(key, value))


def fold_cell(fold: Fold, key: str) -> Cell:
    """Return the cell of several runs: a mean where only the seed differs, else what they span."""
    if key in MEANT:
        return _figure_cell(fold, key)
    if fold.alike and key != "seed" and (key == "method" or key in RunConfig.model_fields):
        return run_cell(fold.runs[0], key)
    if key == "method":
        methods = {words.method(run.config) for run in fold.runs}
        return Cell(methods.pop() if len(methods) == 1 else so_many(len(methods), "setting"))
    if key == "state":
        return Cell(states(fold.runs))
    if key == "time":
        seconds = [words.seconds_trained(run) for run in fold.runs]
        known = [value for value in seconds if value is not None]
        return Cell(words.duration(sum(known)), "in all") if known else Cell(_NOTHING)
    if key == "created":
        return Cell(age(max(values_of(fold.runs, key))), "the newest")
    if key in RunConfig.model_fields:
        return Cell(_settings(fold.runs, key))
    return Cell(_span(values_of(fold.runs, key), lambda value: _result_word(key, value)))


def states(runs: Sequence[Run]) -> str:
    """Write how many runs stand where: "1 training, 3 finished"."""
    counts = Counter(state_word(run) for run in runs)
    order = [*_STATES, *(state for state in counts if state not in _STATES)]
    return ", ".join(f"{counts[state]:,} {state}" for state in order if counts[state])


def age(since: float) -> str:
    """Write how long ago `since` was, in seconds since 1970; older than a week as a date."""
    seconds = time.time() - since
    if seconds < 60:
        return "just now"
    for unit, length, end in _AGES:
        if seconds < end:
            return f"{so_many(int(seconds // length), unit)} ago"
    made = time.localtime(since)
    return f"{made.tm_mday} {time.strftime('%b %Y', made)}"


def _figure_cell(fold: Fold, key: str) -> Cell:
    values: list[float] = values_of(fold.finished, key)
    word = _loss if key == "test_loss" else _percent
    if not values:
        return Cell(_NOTHING)
    if not fold.alike:
        text = _span(values, word)
        return Cell(
            text, f"of {len(values):,}, lowest to highest" if len(values) > 1 else "of 1 run"
        )
    if len(values) == 1:
        return Cell(run_cell(fold.finished[0], key).text, "1 seed")
    half = half_interval(values)
    if key == "test_loss":
        spoken = words.figure(half or 0.0)
    else:
        spoken = spoken_half(None if half is None else half / 100)
    gap = "" if spoken[:1].isdigit() else " "
    return Cell(f"{word(mean_of(values) or 0.0)} ±{gap}{spoken}", f"mean of {len(values):,} seeds")


def _span(values: Sequence[Any], word: Callable[[Any], str]) -> str:
    if not values:
        return _NOTHING
    low, high = word(min(values)), word(max(values))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _settings(runs: Sequence[Run], key: str) -> str:
    using = [run for run in runs if run.config.uses(key)]
    seen = {_setting(run.config, key): getattr(run.config, key) for run in using}
    if key == "seed":
        text = listed_seeds(sorted(set(values_of(runs, key))))
        return text if len(text) <= _MOST_SEEDS else so_many(len(seen), "seed")
    if len(seen) <= _MOST_VALUES:
        return " | ".join(seen) or _NOTHING
    if all(isinstance(value, int | float) for value in seen.values()):
        by_value = sorted(seen, key=lambda said: seen[said])
        return f"{by_value[0]} to {by_value[-1]}"
    return so_many(len(seen), "value")


def _setting(config: RunConfig, key: str) -> str:
    return value_word(key, getattr(config, key)) if config.uses(key) else _NOTHING


def _result_word(key: str, value: Any) -> str:
    if key == "created":
        return age(value)
    return _loss(value) if key == "test_loss" else f"{value:,}"


def _share(run: Run, key: str) -> float | None:
    value = value_of(run, key)
    return None if value is None else value / 100


def _percent(value: float) -> str:
    return words.percent(value / 100)


def _loss(value: float) -> str:
    return words.figure(value)
