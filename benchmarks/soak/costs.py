"""What an answer costs the server: one visitor alone, everything that a round of the load does.

    python -m benchmarks.soak.costs [--rounds 10] [--training]

Prints the server's processor time and the visitor's wait for each kind of act, in milliseconds.
"""

import argparse
import asyncio
import os
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import psutil

from benchmarks.soak import training
from benchmarks.soak.session import VisitorSession
from benchmarks.soak.strokes import stroke_message
from benchmarks.soak.visiting import warm_up
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard

_EXAMPLES = ("example-sgd", "example-adam")


async def measure(url, link, pid, rounds, idle):
    server = psutil.Process(pid)
    costs: dict[str, list[tuple[float, float]]] = {}

    def cpu():
        t = server.cpu_times()
        return t.user + t.system

    async def act(kind, do: Callable[[], Awaitable[float]]):
        before, begun = cpu(), time.perf_counter()
        got = session.received
        seconds = await do()
        await asyncio.sleep(0.03)
        costs.setdefault(kind, []).append((cpu() - before, seconds, session.received - got))

    chance = random.Random(1)
    for _ in range(rounds):
        session = VisitorSession(url)
        await act("open", lambda: session.open("compare", link))
        for key in ("link_axis", "link_matrix", "link_axis", "link_matrix"):
            if not session.keys(key):
                continue
            option = chance.choice(session.others(key))
            await act("press " + key, lambda: session.choose(key, option))
        matrices = session.keys("matrix_")
        cell = {"x": chance.randrange(10), "y": chance.randrange(10), "at": chance.random()}
        key = chance.choice(matrices)
        await act("cell", lambda: session.click_component(key, "clicked", cell))
        await act("go draw", lambda: session.go("draw"))
        for _ in range(2):
            message = stroke_message(chance)
            await act("draw", lambda: session.set_component("canvas_", message))
        await act("go compare", lambda: session.go("compare"))
        if idle:
            before, begun = cpu(), time.perf_counter()
            await asyncio.sleep(idle)
            costs.setdefault("idle", []).append(((cpu() - before) / idle, 1.0, 0))
        await session.close()
        if session.problems:
            print(session.problems)
    for kind, list_ in costs.items():
        mean = sum(c for c, *_ in list_) / len(list_)
        print(
            f"{kind:20s} cpu {1000 * mean:7.1f} ms  wait {1000 * median(s for _, s, _ in list_):7.1f} ms  {sum(b for *_, b in list_) / len(list_) / 1000:8.1f} kB x{len(list_)}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--hold", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs, data = folder / "runs", Path(os.environ.get("DIGITLAB_DATA", folder / "data"))
        for name in _EXAMPLES:
            shutil.copytree(PROJECT_ROOT / "runs" / name, runs / name)
        dashboard = Dashboard(runs, data, folder / "log", training.SLOTS, {"DIGITLAB_SHARE": "1"})
        dashboard.start()
        print("pid", dashboard.pid, flush=True)
        try:
            link = "&".join(f"runs={n}" for n in _EXAMPLES)
            warm_up(dashboard.url, link)
            if given.training:
                store = RunStore(runs)
                ids = training.begin(store, training.long_configs(data, 600))
                while not all(store.read(i).status.step for i in ids):
                    time.sleep(0.5)
                link = "&".join(f"runs={n}" for n in [*ids, _EXAMPLES[1]])
            asyncio.run(
                measure(
                    dashboard.url, link, dashboard.pid, given.rounds, 6 if given.training else 0
                )
            )
            if given.training:
                for one in ids:
                    store.request_cancel(one) if hasattr(store, "request_cancel") else None
        finally:
            dashboard.stop()


if __name__ == "__main__":
    main()
