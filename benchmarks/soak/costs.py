"""What an answer costs the server: one visitor alone, who does all that a round of the load does.

    python -m benchmarks.soak.costs [--rounds 20]

Prints for each act the server's processor time and the visitor's wait, in milliseconds, and what
was sent, in kB.
"""

import argparse
import asyncio
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Final

import psutil

from benchmarks.measuring import machine_sentence, table, today
from benchmarks.soak.load import EXAMPLES, link
from benchmarks.soak.session import VisitorSession
from benchmarks.soak.strokes import stroke_message
from benchmarks.soak.visiting import warm_up
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard

_LINK: Final = link(EXAMPLES)
_SETTLING_SECONDS: Final = 0.03  # what the server still does for an answer that is there


@dataclass(frozen=True)
class Cost:
    """What one act took: seconds of the server's processor, of the visitor's time, and bytes."""

    processor: float
    waited: float
    sent: int


class Ledger:
    """What one visitor's acts cost."""

    def __init__(self, url: str, pid: int) -> None:
        self._url = url
        self._server = psutil.Process(pid)
        self._chance = random.Random(1)
        self.costs: defaultdict[str, list[Cost]] = defaultdict(list)

    async def round(self) -> None:
        """Open Compare, click there, draw, and come back."""
        chance, session = self._chance, VisitorSession(self._url)

        async def act(kind: str, do: Callable[[], Awaitable[float]]) -> None:
            before, received = self._processor_seconds(), session.received
            waited = await do()
            await asyncio.sleep(_SETTLING_SECONDS)
            taken = self._processor_seconds() - before
            self.costs[kind].append(Cost(taken, waited, session.received - received))

        async def press(key: str) -> None:
            option = chance.choice(session.others(key))
            await act(f"press {key}", lambda: session.choose(key, option))

        await act("open Compare", lambda: session.open("compare", _LINK))
        await press("link_axis")
        await press("link_matrix")
        cell = {"x": chance.randrange(10), "y": chance.randrange(10), "at": chance.random()}
        matrix = chance.choice(session.keys("matrix_"))
        await act("open a cell", lambda: session.click_component(matrix, "clicked", cell))
        await act("go to Draw", lambda: session.go("draw"))
        message = stroke_message(chance)
        await act("draw a stroke", lambda: session.set_component("canvas_", message))
        await act("go to Compare", lambda: session.go("compare"))
        await session.close()

    def _processor_seconds(self) -> float:
        times = self._server.cpu_times()
        return float(times.user + times.system)


def measure(folder: Path, rounds: int) -> dict[str, list[Cost]]:
    """Return what so many rounds cost a dashboard with the example runs, kept in `folder`."""
    for name in EXAMPLES:
        shutil.copytree(PROJECT_ROOT / "runs" / name, folder / "runs" / name)
    settings = {"DIGITLAB_SHARE": "1"}
    dashboard = Dashboard(folder / "runs", folder / "data", folder / "log", settings=settings)
    dashboard.start()
    try:
        warm_up(dashboard.url, _LINK)
        ledger = Ledger(dashboard.url, dashboard.pid)

        async def go() -> None:
            for _ in range(rounds):
                await ledger.round()

        asyncio.run(go())
        return ledger.costs
    finally:
        dashboard.stop()


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), given.rounds)
    rows = [
        (
            kind,
            f"{1000 * fmean(cost.processor for cost in costs):.0f}",
            f"{1000 * median(cost.waited for cost in costs):.0f}",
            f"{fmean(cost.sent for cost in costs) / 1000:.0f}",
        )
        for kind, costs in found.items()
    ]
    print(f"{today()}. {machine_sentence()}. {given.rounds} rounds.\n")
    print(table(("act", "processor, ms", "waited, ms", "sent, kB"), rows))


if __name__ == "__main__":
    main()
