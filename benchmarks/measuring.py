"""What the benchmarks share: fresh processes, the machine in plain words, tables in documents."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import torch

from core.settings import PROJECT_ROOT, core_count

DOCUMENT: Final = PROJECT_ROOT / "docs" / "benchmarks.md"

_SIDE: Final = 1_024
_RATE_SECONDS: Final = 0.4


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of a script's options with those that all scripts have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--repeats", type=int, default=2, help="of each measurement; the quickest counts")
    add("--steps", type=int, help="only so many batches an epoch, to try this out")
    add(
        "--write",
        nargs="?",
        type=Path,
        const=DOCUMENT,
        metavar="FILE",
        help="write the tables between their markers in FILE, by default docs/benchmarks.md",
    )
    add("--task", help=argparse.SUPPRESS)
    return parser


def run_child(script: str, threads: int, *arguments: str) -> Any:
    """Run `script` with `arguments` and `threads` in a fresh process; return what it answers.

    The process gets the number of threads as a worker does, and answers with one line of JSON,
    its last (see `answer`). Raises CalledProcessError if it fails.
    """
    environment = os.environ | {
        # Both names: which one torch's matrix library reads depends on how it was built.
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
    }
    done = subprocess.run(
        [sys.executable, script, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def answer(value: Any) -> None:
    """Print `value` for the process that called `run_child`."""
    print(json.dumps(value))


def matrix_rate(device: torch.device) -> float:
    """Return the best rate of float32 products of 1,024 × 1,024 matrices here, in FLOP/s.

    With the number of threads that torch uses in this process. A product counts as 2 FLOP, one
    multiplication and one addition.
    """
    left, right = (torch.rand(_SIDE, _SIDE, device=device) for _ in range(2))
    out = torch.empty_like(left)
    # A single product is over too soon on a graphics card to be timed.
    count = 1 if device.type == "cpu" else 100
    best, end = 0.0, time.perf_counter() + _RATE_SECONDS
    while time.perf_counter() < end:
        started = time.perf_counter()
        for _ in range(count):
            torch.mm(left, right, out=out)
        wait_for(device)
        best = max(best, 2 * count * _SIDE**3 / (time.perf_counter() - started))
    return best


def wait_for(device: torch.device) -> None:
    """Return when `device` has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def machine_sentence() -> str:
    """Return the machine and what runs on it in plain words, without names or paths."""
    uname = os.uname() if hasattr(os, "uname") else None
    system = f"{uname.sysname} on {uname.machine}" if uname else sys.platform
    kind = torch.backends.cpu.get_cpu_capability()
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"{counted(core_count(), 'core')} ({_processor_name()}, {kind}), {system}, "
        f"Python {python}, torch {torch.__version__}"
    )


def today() -> str:
    """Return the date, as tables say when they were measured."""
    return time.strftime("%Y-%m-%d")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def verdict(met: bool) -> str:
    """Return in a word whether what was wanted is met."""
    return "met" if met else "not met"


def write_between(document: Path, name: str, text: str) -> None:
    """Replace what stands in `document` between the two markers of `name`, and nothing else.

    Raises ValueError if the markers are not there.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    content = document.read_text(encoding="utf-8")
    before, found_begin, rest = content.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"{document.name} has no markers for {name!r}: {begin} … {end}")
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def counted(count: int, noun: str) -> str:
    """Return `count` with its noun: 1 core, 2 cores."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "a processor that does not say its name"
