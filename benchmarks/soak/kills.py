"""Two hundred times kill -9, over the dashboard, workers and both, while a queue of runs trains.

    make soak     (or: python -m benchmarks.soak.kills [--kills 6 --runs 4])

In a temporary folder, on the embedded digits. The dashboard is started again each time, stopped
runs are resumed as with the button, now and then the index is damaged. Afterwards every file is
read and every run's results are compared with an undisturbed run's. Exits with 1 if anything is
lost, there twice, damaged or different.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measuring import machine_sentence, table, today, verdict
from benchmarks.soak import training
from benchmarks.soak.pages import DOCUMENT, write
from benchmarks.soak.sameness import differences
from benchmarks.soak.siege import TARGETS, Siege, kinds
from benchmarks.soak.whole import damaged_files, leftovers, uneven_rows
from core.runs.store import RunStore

_LONGEST_SECONDS = 2_400.0


@dataclass
class Aftermath:
    """What is left after all kills."""

    siege: Siege
    seconds: float
    files: int
    attempts: int  # at most, of a run
    checks: dict[str, list[str]] = field(default_factory=dict)  # what is wrong, by what is wanted

    @property
    def met(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.checks.values())


def lay_siege(folder: Path, kills: int, runs: int, epochs: int, seed: int) -> Aftermath:
    """Do all of it in `folder` and look at what is left."""
    started = time.monotonic()
    siege = Siege(folder, runs, epochs, seed)
    siege.endure(kills, _LONGEST_SECONDS)
    seconds = time.monotonic() - started
    store = siege.store
    listed = [run.id for run in RunStore(store.root).list()]
    read, damaged = damaged_files(store, siege.ids)
    found = [store.read(run_id) for run_id in siege.ids]
    checks = {
        "every run ends finished": [
            f"{run.name}: {run.status.state}" for run in found if run.status.state != "finished"
        ],
        "none lost, none there twice": [] if sorted(listed) == sorted(siege.ids) else ["listing"],
        "attempts are those that were asked for": [
            run.name for run in found if run.status.attempt != 1 + siege.resumes[run.id]
        ],
        "no file damaged": damaged,
        "no row of a history missing or there twice": [
            f"{run.name}: {wrong}" for run in found if (wrong := uneven_rows(store, run.id))
        ],
        "results of undisturbed runs, bit for bit": _different(folder, siege, epochs),
        "nothing else wrong on the way": siege.problems,
        "no traceback in a dashboard's log": _tracebacks(siege.log_text()),
    }
    most = max(run.status.attempt for run in found)
    return Aftermath(siege, seconds, read, most, checks)


def _tracebacks(log: str) -> list[str]:
    """Return the last line of each traceback in a log, which names the error."""
    found = []
    for part in log.split("Traceback (most recent call last):")[1:]:
        ends = [line for line in part.splitlines()[1:] if line and not line.startswith(" ")]
        found.append(ends[0] if ends else "a traceback")
    return found


def _different(folder: Path, siege: Siege, epochs: int) -> list[str]:
    """Return in what the runs differ from undisturbed ones of the same configs."""
    alone = folder / "undisturbed"
    configs = kinds(epochs)
    others = training.train_undisturbed(alone, folder / "data", configs)
    undisturbed = RunStore(alone)
    wrong = []
    for run_id in siege.ids:
        run = siege.store.read(run_id)
        if run.status.state != "finished":
            continue
        other = others[configs.index(run.config)]
        differ = differences(siege.store, run_id, undisturbed, other)
        wrong += [f"{run.name}: {', '.join(differ)}"] * bool(differ)
    return wrong


def report(after: Aftermath) -> str:
    """Return the section of docs/reliability.md."""
    siege = after.siege
    killed = ", ".join(f"{target} {siege.kills[target]}" for target in TARGETS)
    left = len(leftovers(siege.store.root))
    return "\n\n".join(
        [
            f"Measured on {today()}. {machine_sentence()}. {siege.kills.total()} kills ({killed}) "
            f"in {after.seconds:.0f} s over {len(siege.ids)} runs; {siege.restarts} starts of the "
            f"dashboard, {siege.resumed} times Resume, {after.attempts} attempts at most for one "
            f"run; the index damaged or deleted {siege.garbled} times. {after.files:,} files read "
            f"afterwards. Temporary files that killed processes left behind: {left}.",
            table(
                ("wanted", "seen", ""),
                [
                    (wanted, "; ".join(wrong[:3]) or "yes", verdict(not wrong))
                    for wanted, wrong in after.checks.items()
                ],
            ),
        ]
    )


def main() -> None:
    """Read the arguments, kill, look, say what was met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--kills", type=int, default=200)
    add("--runs", type=int, default=50)
    add("--epochs", type=int, default=40, help="of each run")
    add("--seed", type=int, default=0)
    add("--write", action="store_true", help=f"write the section of {DOCUMENT.name}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        after = lay_siege(Path(folder), given.kills, given.runs, given.epochs, given.seed)
        text = report(after)
    print(text)
    if given.write:
        write("kills", text)
    sys.exit(0 if after.met else 1)


if __name__ == "__main__":
    main()
