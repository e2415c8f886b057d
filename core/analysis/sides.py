"""Runs that differ in nothing but the seed, taken together: one side of a comparison."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Final

from core.config import RunConfig

_SEED: Final = re.compile(r",? *\(?seed \d+\)?$")


def sides(configs: Mapping[str, RunConfig]) -> list[tuple[str, ...]]:
    """Return the keys of `configs` that are alike but for the seed, together.

    Sides stand in the order of their first runs, runs in the order given.
    """
    alike: dict[RunConfig, list[str]] = {}
    for key, config in configs.items():
        alike.setdefault(config.model_copy(update={"seed": 0}), []).append(key)
    return [tuple(keys) for keys in alike.values()]


def one_of_each_first(configs: Mapping[str, RunConfig]) -> list[str]:
    """Return all keys, first the first of each side, then the second of each, and so on."""
    rounds = itertools.zip_longest(*sides(configs))
    return [key for each in rounds for key in each if key is not None]


def side_name(names: Sequence[str]) -> str:
    """Return what to call a side whose runs have these names: what all have before the seed.

    Where the names have nothing in common it is the first, with how many more there are.
    """
    if len(names) == 1:
        return names[0]
    cut = [_SEED.sub("", name) for name in names]
    if len(set(cut)) == 1 and cut[0]:
        return f"{cut[0]} ({len(names)} seeds)"
    return f"{names[0]} and {len(names) - 1} more"
