"""What a new group's runs shall be: every combination of a sweep, or a fair comparison."""

import time
from collections.abc import Iterable, Mapping, Sequence

from core.config import ALIASES, RunConfig, choice_word, field_title
from core.errors import ConfigError
from core.recipes import recipe_of
from core.runs.groups import HIGHEST_LIMIT, Group, check_count
from core.runs.ids import new_run_id
from core.sweeps import consecutive_seeds, judged_on_validation, vary


def plan_sweep(
    base: RunConfig, varied: Mapping[str, Sequence[object]], *, name: str, limit: int
) -> Group:
    """Return a new group of every combination of `varied`. Raises ConfigError as `vary` does."""
    limit = min(limit, HIGHEST_LIMIT)
    vary(base, varied, limit=limit)
    varied = {ALIASES.get(field, field): values for field, values in varied.items()}
    recipe = recipe_of(base)
    of_recipe = f", {recipe.title}" if recipe else ""
    return Group(
        id=new_run_id(),
        kind="sweep",
        name=_one_line(name) or f"Sweep over {_listed(map(field_title, varied))}{of_recipe}",
        created=time.time(),
        base=base,
        varied={field: tuple(values) for field, values in varied.items()},
        limit=limit,
    )


def plan_fair(
    base: RunConfig,
    rates: Mapping[str, Sequence[float]],
    seeds: int,
    *,
    name: str,
    limit: int,
) -> Group:
    """Return a new fair comparison of the optimizers in `rates`, then `seeds` final runs each.

    The final seeds differ from the search's, so that a rate cannot win by the luck of its seed.
    Raises ConfigError with a sentence where it would not be fair, or be too many runs.
    """
    if len(rates) < 2:
        raise ConfigError("A fair comparison needs at least two optimizers.")
    if len({len(tried) for tried in rates.values()}) > 1:
        raise ConfigError(
            "Each optimizer must get equally many learning rates to try, got "
            + ", ".join(
                f"{choice_word('optimizer', optimizer)} {len(tried)}"
                for optimizer, tried in rates.items()
            )
            + "."
        )
    for optimizer, tried in rates.items():
        if not tried or len(set(tried)) < len(tried):
            word = choice_word("optimizer", optimizer)
            raise ConfigError(f"Name learning rates for {word}, each once.")
    if base.seed + seeds > 2**31 - 1:
        raise ConfigError("The seed is too large to leave room for those of the final runs.")
    limit = min(limit, HIGHEST_LIMIT)
    check_count(sum(map(len, rates.values())) + seeds * len(rates), limit)
    judged, note = judged_on_validation(base)
    words = [choice_word("optimizer", optimizer) for optimizer in rates]
    group = Group(
        id=new_run_id(),
        kind="fair",
        name=_one_line(name) or f"Fair comparison of {_listed(words)}",
        created=time.time(),
        base=judged,
        rates={optimizer: tuple(tried) for optimizer, tried in rates.items()},
        seeds=consecutive_seeds(base.seed + 1, seeds),
        note=note,
        limit=limit,
    )
    group.first_configs()  # says what contradicts itself
    return group


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _one_line(name: str) -> str:
    return " ".join(name.split())[:200]
