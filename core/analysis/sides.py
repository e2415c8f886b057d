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


def side_names(together: Sequence[Sequence[tuple[str, str]]]) -> list[str]:
    """Return what to call each side: what the names of its runs have in common before the seed.

    Each run is given by its own name and one that no other run has. A single run is called by the
    second; where own names do not tell sides apart, or have nothing in common, the first run's
    stands for all.
    """
    own = [
        side[0][1] if len(side) == 1 else _in_common([name for name, _ in side])
        for side in together
    ]
    return [
        name if name and own.count(name) == 1 else f"{side[0][1]} and {len(side) - 1} more"
        for name, side in zip(own, together, strict=True)
    ]


def _in_common(names: Sequence[str]) -> str:
    cut = {_SEED.sub("", name) for name in names}
    return f"{cut.pop()} ({len(names)} seeds)" if len(cut) == 1 and "" not in cut else ""
