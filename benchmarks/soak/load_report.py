"""What the load showed, in a table, and whether what was wanted is met."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.measuring import machine_sentence, table, today, verdict
from benchmarks.soak.answers import KINDS, WORDS, Outcome, share_within
from core.config import RunConfig

_MEDIAN_SECONDS: Final = 1.0
_MOST_SECONDS: Final = 3.0  # within which 95 of 100 answers come
_GROWTH_MIB: Final = 300.0
_BACK: Final = 0.5  # of the growth may stay; caches and what the allocator keeps are no leak
_BACK_MIB: Final = 100.0
_SHOWN: Final = 8  # kinds of problems


@dataclass(frozen=True)
class Memory:
    """The server's memory in MiB: before, at most, as the last one left, and minutes later."""

    before: float
    highest: float
    left: float
    after: float = float("nan")

    def later(self, after: float) -> "Memory":
        """Return it with what was seen minutes later."""
        return replace(self, after=after)

    @property
    def back(self) -> bool:
        """Whether most of the growth is gone."""
        stays = self.after - self.before
        return stays <= max(_BACK_MIB, _BACK * (self.highest - self.before))


@dataclass(frozen=True)
class Load:
    """Everything that one try showed."""

    outcome: Outcome
    browsers: int
    seconds: float
    memory: Memory
    cores: float  # that the server used
    trained: bool  # both runs trained all the while
    differ: str  # in what their results differ from undisturbed ones
    tracebacks: int  # in the server's log
    configs: Sequence[RunConfig]


@dataclass(frozen=True)
class Judgement:
    """Something that is wanted, what was seen, and whether that is enough."""

    wanted: str
    seen: str
    met: bool


def judged(load: Load) -> list[Judgement]:
    """Hold what was seen against what is wanted."""
    outcome, memory = load.outcome, load.memory
    seconds = outcome.seconds()
    median, most = share_within(seconds, 0.5), share_within(seconds, 0.95)
    problems = len(outcome.problems)
    grown = memory.highest - memory.before
    stays = memory.after - memory.before
    return [
        Judgement("no error on a page", f"{problems}", not problems),
        Judgement("no lost visit", f"{len(outcome.lost)}", not outcome.lost),
        Judgement("no traceback in the server's log", f"{load.tracebacks}", not load.tracebacks),
        Judgement(
            f"median answer within {_MEDIAN_SECONDS:g} s",
            f"{median:.2f} s",
            median <= _MEDIAN_SECONDS,
        ),
        Judgement(
            f"95 of 100 answers within {_MOST_SECONDS:g} s", f"{most:.2f} s", most <= _MOST_SECONDS
        ),
        Judgement(
            f"server grows by less than {_GROWTH_MIB:g} MiB",
            f"{grown:.0f} MiB",
            grown < _GROWTH_MIB,
        ),
        Judgement("and shrinks after they left", f"{stays:+.0f} MiB stay", memory.back),
        Judgement("both runs train all the while", _yes(load.trained), load.trained),
        Judgement(
            "their results are those of undisturbed runs, bit for bit",
            load.differ or "yes",
            not load.differ,
        ),
    ]


def report(load: Load) -> str:
    """Return the section of docs/reliability.md."""
    dataset, epochs = load.configs[0].dataset, load.configs[0].epochs
    outcome = load.outcome
    parts = [
        f"Measured on {today()}. {machine_sentence()}. {outcome.visitors} visitors, "
        f"{load.browsers} of them with real browsers, for {load.seconds:g} s; clients, server and "
        f"both trainings ({dataset}, {epochs} epochs) share the machine. The server took "
        f"{load.cores:.2f} cores.",
        table(
            ("wanted", "seen", ""),
            [(one.wanted, one.seen, verdict(one.met)) for one in judged(load)],
        ),
        table(
            ("what a visitor did", "times", "median, s", "95 of 100 within, s", "longest, s"),
            [*_rows(outcome)],
        ),
        f"Memory of the server: {load.memory.before:.0f} MiB before, at most "
        f"{load.memory.highest:.0f}, {load.memory.left:.0f} as the last visitor left, "
        f"and {load.memory.after:.0f} some minutes later.",
    ]
    if outcome.problems or outcome.lost:
        counted = Counter([*outcome.problems, *outcome.lost]).most_common(_SHOWN)
        parts.append(
            table(("what went wrong", "times"), [(_cell(what), f"{n}") for what, n in counted])
        )
    return "\n\n".join(parts)


def _rows(outcome: Outcome) -> list[tuple[str, ...]]:
    rows = []
    for kinds, words in [((kind,), WORDS[kind]) for kind in KINDS] + [(KINDS, "all of it")]:
        seconds = outcome.seconds(kinds)
        shares = [f"{share_within(seconds, share):.2f}" for share in (0.5, 0.95, 1.0)]
        rows.append((words, f"{len(seconds):,}", *shares))
    return rows


def _yes(met: bool) -> str:
    return "yes" if met else "no"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")[:200]
