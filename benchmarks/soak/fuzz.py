"""Hostile examples by chance, for as long as there is time: what `make test` tries a few of.

    make fuzz           (or: python benchmarks/soak/fuzz.py [--minutes 10] [--only pictures])

Each property of tests/fuzz gets its turn, again and again, each time from another seed; what fails
is printed with the seed that found it. `--write` writes how many were tried into a document.
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from measuring import machine_sentence, table, today, write_between

from core.settings import PROJECT_ROOT
from tests.fuzz import folders, messages, pages, pictures, zips
from tests.fuzz.command_lines import COMMANDS
from tests.fuzz.properties import Property

DOCUMENT: Final = PROJECT_ROOT / "docs" / "reliability.md"
EVERY: Final = (
    folders.RUNS,
    folders.REPORTS,
    folders.DRAWINGS,
    folders.GROUPS,
    folders.INDEXES,
    pictures.PICTURE,
    pictures.MANY,
    zips.ZIPS,
    COMMANDS,
    pages.ADDRESSES,
    pages.ROUTES,
    *messages.ALL,
)
_TURN_SECONDS: Final = 6.0  # of a property, before the next one has its turn
_LONGEST_COMPLAINT: Final = 4_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Try until the time is over; 1 if anything was found."""
    asked = _parser().parse_args(arguments)
    chosen = [held for held in EVERY if not asked.only or asked.only in held.name]
    tried: Counter[str] = Counter()
    found: list[str] = []
    seeds = random.Random(asked.seed)
    begun, end = time.monotonic(), time.monotonic() + 60 * asked.minutes
    with pages.pages_over_examples():
        while time.monotonic() < end:
            for held in chosen:
                _turn(held, min(end, time.monotonic() + _TURN_SECONDS), seeds, tried, found)
    spent = time.monotonic() - begun
    text = _text(tried, found, spent)
    print(text)
    if asked.write:
        write_between(asked.write, "fuzzing", text)
    return 1 if found else 0


def _turn(
    held: Property, end: float, seeds: random.Random, tried: Counter[str], found: list[str]
) -> None:
    # Few at once, so that a slow property does not take the time of all others.
    while time.monotonic() < end:
        number, count = seeds.getrandbits(32), max(5, held.quick // 4)
        try:
            held.try_by_chance(number, count)
        except Exception:
            found.append(f"{held.name}, seed {number}")
            said = traceback.format_exc()[-_LONGEST_COMPLAINT:]
            print(f"FOUND by {held.name}, seed {number}:\n{said}", flush=True)
        tried[held.name] += count


def _text(tried: Counter[str], found: Sequence[str], seconds: float) -> str:
    rows = [(held.name, f"{tried[held.name]:,}") for held in EVERY if tried[held.name]]
    what = "nothing was found" if not found else f"found: {'; '.join(sorted(set(found)))}"
    return (
        f"{today()}, {seconds / 60:.0f} minutes in all, {tried.total():,} examples, {what}. On "
        f"{machine_sentence()}.\n\n{table(('what was tried', 'examples'), rows)}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", default="", help="part of a property's name")
    parser.add_argument("--seed", type=int, help="of chance; another one each time by default")
    parser.add_argument(
        "--write",
        nargs="?",
        type=Path,
        const=DOCUMENT,
        metavar="FILE",
        help="write the numbers between their markers in FILE, by default docs/reliability.md",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
