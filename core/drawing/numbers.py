"""Digits in lines of text become numbers."""

from collections.abc import Sequence


def in_lines(lines: Sequence[int], letters: Sequence[object]) -> list[str]:
    """Return what each line reads as, by a letter for each digit in reading order.

    `lines` says of each digit in which line of text it stands, 0 the uppermost.
    """
    found: dict[int, str] = {}
    for line, letter in zip(lines, letters, strict=True):
        found[line] = found.get(line, "") + str(letter)
    return [found[line] for line in sorted(found)]
