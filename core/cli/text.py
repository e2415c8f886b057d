"""Plain text for a terminal: lines, tables and JSON, safe to print whatever a run is called."""

import json
import math
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

_GAP: Final = "  "
_NARROWEST: Final = 30
LONGEST_NAME: Final = 40


def say(line: str = "") -> None:
    """Write a line of the answer to stdout as it is; a run's name goes through `plain` first."""
    sys.stdout.write(line + "\n")


def note(sentence: str) -> None:
    """Write one line about the answer, such as an error, to stderr."""
    sys.stderr.write(plain(sentence) + "\n")
    sys.stderr.flush()


def plain(text: str) -> str:
    """Return `text` on one line, control characters as escapes: a name may hold terminal codes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def count(number: int, thing: str) -> str:
    """Return "1 run" or "3 runs"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def shortened(name: str) -> str:
    """Return `name`, cut where it would push a table's other columns off the screen."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def write_json(value: Any) -> None:
    """Write `value` as JSON to stdout; what is not a number becomes null."""
    say(json.dumps(_without_nan(value), indent=1, allow_nan=False))


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows under their headings; on a terminal the last column wraps to its width."""
    cells = [[plain(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)][:-1]
    indent = sum(widths) + len(_GAP) * len(widths)
    room = max(_NARROWEST, shutil.get_terminal_size().columns - indent)
    for row in cells:
        start = "".join(
            cell + " " * (width - _width(cell)) + _GAP
            for cell, width in zip(row, widths, strict=False)
        )
        # Whoever reads through a pipe wants one line a row.
        parts = textwrap.wrap(row[-1], room) if sys.stdout.isatty() else [row[-1]]
        say(f"\n{' ' * indent}".join([start + (parts or [""])[0], *parts[1:]]).rstrip())


def write_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Write names and values below each other, the values aligned."""
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        say(f"{name:<{width}}{_GAP}{plain(value)}".rstrip())


def _width(text: str) -> int:
    """Return the columns that a terminal gives `text`."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
