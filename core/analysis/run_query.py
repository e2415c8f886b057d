"""Finding runs: words to look for, conditions on settings and results."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.analysis.run_values import RESULTS, value_of
from core.analysis.wording import state_word
from core.config import ALIASES, RunConfig, choice_word, value_word
from core.errors import ConfigError
from core.recipes import RECIPES
from core.runs.records import Run

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION: Final = re.compile(r"([A-Za-z_]\w*)\s*(<=|>=|!=|=|<|>)\s*(\"[^\"]*\"|\S+)")
LONGEST: Final = 300


@dataclass(frozen=True)
class Condition:
    """A setting or result, how it is compared, and with what as it was typed."""

    field: str
    comparison: str
    wanted: str

    def holds(self, run: Run) -> bool:
        """Tell whether `run` meets it; what a run does not have meets nothing."""
        value = value_of(run, self.field)
        number = _number(self.wanted)
        if isinstance(value, int | float) and not isinstance(value, bool) and number is not None:
            return _COMPARISONS[self.comparison](value, number)
        if self.comparison not in ("=", "!="):
            return False
        said = _said(self.field, value)
        if self.field == "state":
            said = (*said, state_word(run).lower())
        same = self.wanted.lower() in said
        return same == (self.comparison == "=")


@dataclass(frozen=True)
class Query:
    """What a run must have: all of the words, somewhere, and all of the conditions."""

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def matches(self, run: Run) -> bool:
        """Tell whether `run` is looked for."""
        if not all(condition.holds(run) for condition in self.conditions):
            return False
        if not self.words:
            return True
        text = _text_of(run)
        return all(word in text for word in self.words)


def read_query(text: str) -> Query:
    """Return the query that `text` asks: words, and conditions such as `optimizer=adam lr>0.01`.

    Conditions name a setting (as on the command line, lr and batch too) or a result of `RESULTS`.
    Raises ConfigError with what to do for an unknown name, a number that is none, or a text that
    is too long.
    """
    if len(text) > LONGEST:
        raise ConfigError(f"The search is longer than {LONGEST} characters: shorten it.")
    conditions = tuple(_condition(*match) for match in _CONDITION.findall(text))
    words = tuple(_CONDITION.sub(" ", text).lower().split())
    return Query(words, conditions)


def _condition(name: str, comparison: str, wanted: str) -> Condition:
    field = ALIASES.get(name.lower(), name.lower())
    if field not in RESULTS and field not in RunConfig.model_fields:
        raise ConfigError(
            f"“{name}” is neither a setting nor a result. Try optimizer, lr, epochs, batch, "
            f"dropout, or {', '.join(RESULTS)}: for example “optimizer=adam test>97”."
        )
    wanted = wanted.strip('"')
    if comparison not in ("=", "!=") and _number(wanted) is None:
        raise ConfigError(f"“{name}{comparison}{wanted}” needs a number after {comparison}.")
    return Condition(field, comparison, wanted)


def _number(text: str) -> float | None:
    try:
        return float(text.rstrip("%").replace(",", ""))
    except ValueError:
        return None


def _said(field: str, value: Any) -> tuple[str, ...]:
    """Return how a value may be written in a condition, in small letters."""
    if value is None:
        return ("none", "")
    shown = value_word(field, value) if field in RunConfig.model_fields else str(value)
    bare = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return tuple({shown.lower(), bare.lower(), shown.lower().replace(" ", "")})


def _text_of(run: Run) -> str:
    config, recipe = run.config, run.info.recipe
    title = RECIPES[recipe].title if recipe in RECIPES else ""
    choices = [
        choice_word(field, getattr(config, field)) for field in ("optimizer", "model", "dataset")
    ]
    parts = [run.name, run.id, title, run.status.state, state_word(run), run.info.notes]
    return " ".join([*parts, *choices, *run.info.tags]).lower()
