"""Whether a visitor may start further runs: reckoned anew from the run folders each time.

Nothing else is remembered, so a restart gives nobody a second day, and the owner who deletes a
visitor's runs gives their share back.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from core.config import RunConfig
from core.errors import LimitError
from core.runs.records import Run
from core.runs.visitor_rules import VisitorRules

_DAY: Final = 86_400.0
# Less than this is no training: better to say so than to end it in its first epoch.
_FEWEST_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Spent:
    """What is in use: runs at this moment; epochs and seconds of the last day."""

    runs: int
    epochs: int
    seconds: float


@dataclass(frozen=True)
class Budget:
    """The rules, and what one visitor and all visitors together have used of them."""

    rules: VisitorRules
    mine: Spent
    everybody: Spent

    def seconds_allowed(self, configs: Sequence[RunConfig]) -> float:
        """Return how many seconds the first of `configs` may train.

        What is left of the day's time is shared out over the runs that may be there at once, so
        that the first leaves enough for the second. Raises LimitError with a sentence if they may
        not be started together, or not now.
        """
        _check_sizes(configs, self.rules)
        self._check_runs(len(configs))
        self._check_epochs(sum(config.epochs for config in configs))
        rules, mine, everybody = self.rules, self.mine, self.everybody
        own = (rules.seconds_each - mine.seconds) / (rules.runs_each - mine.runs)
        shared = (rules.seconds_all - everybody.seconds) / (rules.runs_all - everybody.runs)
        if min(own, shared) < _FEWEST_SECONDS:
            raise LimitError(
                f"{'Your' if own < _FEWEST_SECONDS else 'All visitors’'} time for training is used "
                "up for today. Look at the runs that are here, or come back tomorrow."
            )
        return min(own, shared)

    def sentence(self) -> str:
        """Say what a visitor may still start."""
        runs = max(
            0,
            min(
                self.rules.runs_each - self.mine.runs,
                self.rules.runs_all - self.everybody.runs,
            ),
        )
        epochs = max(
            0,
            min(
                self.rules.epochs_each - self.mine.epochs,
                self.rules.epochs_all - self.everybody.epochs,
            ),
        )
        at_once = f"{runs} more run{'' if runs == 1 else 's'} now" if runs else "no further run now"
        return f"As a visitor you may start {at_once}, and {epochs:,} more epochs today."

    def _check_runs(self, count: int) -> None:
        if self.mine.runs + count > self.rules.runs_each:
            raise LimitError(
                f"A visitor may have {_runs(self.rules.runs_each)} waiting or training at a time; "
                f"you have {self.mine.runs} and asked for {count} more. Wait for an end, or cancel "
                "one of yours."
            )
        if self.everybody.runs + count > self.rules.runs_all:
            raise LimitError(
                f"Visitors together may have {_runs(self.rules.runs_all)} waiting or training at a "
                "time, and that many there are. Try again in a few minutes."
            )

    def _check_epochs(self, count: int) -> None:
        left = self.rules.epochs_each - self.mine.epochs
        if count > left:
            raise LimitError(
                f"This would be {count:,} epochs; you may start {max(0, left):,} more within a "
                "day. Choose fewer epochs, or look at the runs that are here."
            )
        left = self.rules.epochs_all - self.everybody.epochs
        if count > left:
            raise LimitError(
                f"This would be {count:,} epochs; all visitors together may start "
                f"{max(0, left):,} more within a day. Choose fewer epochs, or come back tomorrow."
            )


def reckon(runs: Iterable[Run], visitor: str, rules: VisitorRules) -> Budget:
    """Return the budget of `visitor`, a pseudonym, out of all `runs` that there are."""
    now = time.time()
    started = [run for run in runs if run.info.seconds_allowed is not None]
    mine = [run for run in started if run.info.visitor == visitor]
    return Budget(rules, _spent(mine, now), _spent(started, now))


def _spent(runs: Sequence[Run], now: float) -> Spent:
    # A clock that was set back must not give anybody a new day.
    recent = [run for run in runs if abs(now - run.info.created) < _DAY]
    return Spent(
        runs=sum(run.active for run in runs),
        epochs=sum(run.config.epochs for run in recent),
        seconds=sum(map(_seconds, recent)),
    )


def _seconds(run: Run) -> float:
    """Return what the run has used; all that it may, as long as it can still use it."""
    status, allowed = run.status, run.info.seconds_allowed or 0.0
    if run.active:
        return allowed
    return 0.0 if status.started is None else max(0.0, status.heartbeat - status.started)


def _check_sizes(configs: Sequence[RunConfig], rules: VisitorRules) -> None:
    for config in configs:
        if config.parameter_count > rules.parameters:
            raise LimitError(
                f"This network has {config.parameter_count:,} parameters; a visitor's may have "
                f"{rules.parameters:,}. Choose fewer or smaller layers."
            )
        if config.keep_checkpoints:
            raise LimitError(
                "Keeping the weights of every epoch fills the owner's disk: switch “keep every "
                "epoch” off."
            )


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"
