"""A property: hostile examples, what must hold for each, and how they are tried."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from tests.fuzz.hostile import shortly
from tests.fuzz.watch import PATIENCE_SECONDS, watching

# A page may be slow on a busy machine; what hangs is ended by `watching`.
_SLOW: Final = list(HealthCheck)


class _Shown:
    """An example that a complaint shows the beginning of: a megabyte of it helps nobody."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return shortly(repr(self.value))


@dataclass(frozen=True)
class Property:
    """What must hold for every example of `examples`; `check` raises where it does not.

    `name` says what is tried, in words of the table in docs/reliability.md. `quick` examples are
    tried by `make test`. `patience` is how many seconds one may take at most.
    """

    name: str
    examples: SearchStrategy[Any] = field(repr=False)
    check: Callable[[Any], None]
    quick: int = 60
    patience: float = PATIENCE_SECONDS

    def try_quickly(self) -> None:
        """Try the same few examples each time."""
        self._tried(
            settings(
                max_examples=self.quick,
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=_SLOW,
                phases=(Phase.explicit, Phase.generate, Phase.shrink),
            )
        )()

    def try_by_chance(self, number: int, count: int) -> None:
        """Try `count` examples that `number`, the seed of chance, leads to."""
        chosen = settings(
            max_examples=count,
            database=None,
            deadline=None,
            suppress_health_check=_SLOW,
            phases=(Phase.generate, Phase.shrink),
        )
        seed(number)(self._tried(chosen))()

    def _tried(self, chosen: settings) -> Callable[[], None]:
        @chosen
        @given(self.examples.map(_Shown))
        def holds(example: _Shown) -> None:
            with watching(self.patience):
                self.check(example.value)

        return holds
