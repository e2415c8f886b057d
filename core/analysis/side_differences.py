"""What the sides of a comparison differ in, and what speaks against comparing them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from core.analysis.differences import config_differences, unfair_reasons
from core.analysis.named_sides import Side
from core.analysis.tuning import tuning_reasons
from core.config import RunConfig, choice_word, field_title
from core.runs.groups import Group
from core.runs.records import Run

OTHER_IMAGES = (
    "Not all of these runs were judged on the same test images. A figure on one data set says "
    "nothing about another, so only runs on the same images are compared."
)


def side_settings(sides: Sequence[Side]) -> dict[str, dict[str, Any]]:
    """Return the settings of each side by its name; `seed` lists them where it has several."""
    return {side.name: _settings(side) for side in sides}


def settings_in_words(sides: Sequence[Side]) -> pd.DataFrame:
    """Return the settings in which the sides differ as people read them, a column for each side.

    Empty where nothing differs; the index names the settings.
    """
    table = config_differences(side_settings(sides))
    for field in table.index:
        table.loc[field] = [choice_word(field, value) for value in table.loc[field]]
    known = RunConfig.model_fields
    table.index = pd.Index([field_title(name) if name in known else name for name in table.index])
    return table


def unfair_sides(
    sides: Sequence[Side],
    every: Callable[[], Iterable[Run]],
    find_group: Callable[[str | None], Group | None],
) -> list[str]:
    """Return why the sides do not compare like with like, one sentence each; none when they do.

    `every` lists all runs that there are; it is asked only where sides could differ in how they
    were tuned. `find_group` returns the group of an id.
    """
    reasons = unfair_reasons(side_settings(sides))
    if len(sides) > 1:
        reasons += tuning_reasons(sides, every(), find_group)
    return reasons


def _settings(side: Side) -> dict[str, Any]:
    settings = side.runs[0].config.model_dump()
    seeds = sorted(side.seeds)
    return settings if len(seeds) == 1 else settings | {"seed": seeds}
