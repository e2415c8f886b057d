"""A hundred visitors at once, while two runs train: how long answers take, and what goes wrong.

    make soak     (or: python -m benchmarks.soak.load [--visitors 20 --browsers 2 --seconds 30])

Starts a shared dashboard on this machine, in a temporary folder with the example runs, lets two
runs train, and lets visitors come: some with real browsers, the others over WebSockets that speak
as Streamlit's page does. With MNIST under DIGITLAB_DATA the two runs learn from that. Exits with 1
if what is wanted was not met.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.soak import training
from benchmarks.soak.answers import Outcome, together
from benchmarks.soak.elsewhere import let_start
from benchmarks.soak.load_report import Load, Memory, judged, report
from benchmarks.soak.pages import DOCUMENT, write
from benchmarks.soak.visiting import warm_up
from benchmarks.soak.watching import Watch, cores_used
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard

EXAMPLES: Final = ("example-sgd", "example-adam")
_CLIENTS = 48  # visitors without a browser, a process
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Wanted:
    """How many come, for how long, and how long the server is looked at after they left."""

    visitors: int
    browsers: int
    seconds: float
    after: float
    seed: int
    epochs: int | None  # of the two runs that train, by default enough for all the time


def measure(folder: Path, wanted: Wanted) -> Load:
    """Do all of it in `folder` and return what was seen."""
    runs, data = folder / "runs", Path(os.environ.get("DIGITLAB_DATA", folder / "data"))
    for name in EXAMPLES:
        shutil.copytree(PROJECT_ROOT / "runs" / name, runs / name)
    store = RunStore(runs)
    settings = {"DIGITLAB_SHARE": "1"}
    dashboard = Dashboard(runs, data, folder / "log", training.SLOTS, settings)
    dashboard.start()
    try:
        warm_up(dashboard.url, link(EXAMPLES))
        configs = training.long_configs(data, wanted.seconds, wanted.epochs)
        ids = training.begin(store, configs)
        _wait_until_they_train(store, ids)
        with Watch(dashboard.pid) as watch:
            outcome, memory, cores = _visits(dashboard, watch, wanted, ids)
            busy = all(store.read(run_id).active for run_id in ids)
            time.sleep(wanted.after)
            memory = memory.later(watch.look().memory)
        finished = training.trained(store, ids)
    finally:
        dashboard.stop()
    alone = folder / "undisturbed"
    others = training.train_undisturbed(alone, data, configs)
    differ = (
        training.compared(store, ids, RunStore(alone), others) if finished else "did not finish"
    )
    tracebacks = dashboard.log_text().count("Traceback")
    return Load(
        outcome, wanted.browsers, wanted.seconds, memory, cores, busy, differ, tracebacks, configs
    )


def _visits(
    dashboard: Dashboard, watch: Watch, wanted: Wanted, ids: Sequence[str]
) -> tuple[Outcome, Memory, float]:
    """Let the visitors come and go; return what they and the server went through."""
    # Half of a class looks at the finished pair, half watches the two that train beside one.
    links = [link(EXAMPLES), link([*ids, EXAMPLES[1]])]
    children = _clients(dashboard.url, links, wanted)
    let_start(children)
    before = watch.look()
    outcomes = []
    for child in children:
        printed, _ = child.communicate(timeout=wanted.seconds + 2 * _PATIENCE_SECONDS)
        outcomes.append(Outcome.read(printed.splitlines()[-1]))
    after = watch.look()
    memory = Memory(before.memory, watch.highest(before.at), after.memory)
    return together(outcomes), memory, cores_used(before, after)


def _clients(url: str, links: Sequence[str], wanted: Wanted) -> list[subprocess.Popen[str]]:
    """Start the processes of the visitors; each prints its outcome when all have left."""
    without = wanted.visitors - wanted.browsers
    crowds = [("browsing", wanted.browsers)] if wanted.browsers else []
    for start in range(0, without, _CLIENTS):
        crowds.append(("visiting", min(_CLIENTS, without - start)))
    children = []
    for place, (module, count) in enumerate(crowds):
        options = ["--url", url, "--visitors", str(count), "--seconds", str(wanted.seconds)]
        options += ["--seed", str(wanted.seed + 1_000 * place)]
        options += [part for link in links for part in ("--link", link)]
        children.append(
            subprocess.Popen(
                [sys.executable, "-m", f"benchmarks.soak.{module}", *options],
                cwd=PROJECT_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # with a share of the processor of its own: `elsewhere`
            )
        )
    return children


def _wait_until_they_train(store: RunStore, ids: Sequence[str]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not all(store.read(run_id).status.step for run_id in ids):
        if time.monotonic() > end:
            raise RuntimeError("The two runs did not begin to train.")
        time.sleep(0.5)


def link(ids: Sequence[str]) -> str:
    """Return what stands in the address of a page that shows these runs, after the ?."""
    return "&".join(f"runs={run_id}" for run_id in ids)


def main() -> None:
    """Read the arguments, measure, say what was met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--visitors", type=int, default=100, help="in all")
    add("--browsers", type=int, default=5, help="of them with a real browser")
    add("--seconds", type=float, default=180.0, help="that they stay")
    add("--after", type=float, default=240.0, help="seconds, then the memory is looked at again")
    add("--seed", type=int, default=0)
    add("--epochs", type=int, help="of the two runs that train, to try this out")
    add("--write", action="store_true", help=f"write the section of {DOCUMENT.name}")
    given = parser.parse_args()
    wanted = Wanted(
        given.visitors, given.browsers, given.seconds, given.after, given.seed, given.epochs
    )
    with tempfile.TemporaryDirectory() as folder:
        load = measure(Path(folder), wanted)
    text = report(load)
    print(text)
    if given.write:
        write("load", text)
    sys.exit(0 if all(judgement.met for judgement in judged(load)) else 1)


if __name__ == "__main__":
    main()
