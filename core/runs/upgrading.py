"""Files of an older format, brought up to this one's in memory, step by step.

Each JSON file says by itself which format it has (`schema_version`); one that does not is of
format 0, which is format 1 without that field. Nothing on the disk changes by being read: a file
gets this version's format when it is next written. What a newer Digit Lab wrote is refused,
because nobody can know here what it means.

A new format: count `CURRENT` up, and register the step that leads to it from the one before.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from core.errors import RunTooNewError, RunUnreadableError

VERSION: Final = "schema_version"

Values = dict[str, Any]
# Gets the file's name and what is in it, of one format, and returns the same of the next.
Step = Callable[[str, Values], Values]


class Format:
    """A format of JSON files with all that came before it."""

    def __init__(self, current: int, steps: Mapping[int, Step]) -> None:
        """`steps` leads from each format, 0 included, to the next, up to `current`."""
        if sorted(steps) != list(range(current)):
            raise ValueError(f"A step must lead from each of the formats 0 to {current - 1}.")
        self.current = current
        self._steps = dict(steps)

    def bring_up(self, name: str, values: Values) -> Values:
        """Return what the file called `name` holds as this version writes it.

        Raises RunTooNewError if a newer Digit Lab wrote it, RunUnreadableError if what it says of
        its format makes no sense; both with a part of a sentence.
        """
        version = values.get(VERSION, 0)
        # True counts as a whole number in Python, and 1.0 equals one.
        if type(version) is not int or version < 0:
            raise RunUnreadableError(
                f"{name} is damaged ({VERSION}: not a whole number of 0 or more)"
            )
        if version > self.current:
            raise RunTooNewError(
                f"was made by a newer Digit Lab (format {version}; this one knows up to "
                f"{self.current}): update Digit Lab to open it"
            )
        for number in range(version, self.current):
            values = {**self._steps[number](name, dict(values)), VERSION: number + 1}
        return values


def from_nameless(_name: str, values: Values) -> Values:
    """Bring format 0, whose files did not say so, to format 1: nothing else changed."""
    return values


# config.json, status.json, summary.json and environment.json of a run.
RUN_FORMAT: Final = Format(1, {0: from_nameless})
GROUP_FORMAT: Final = Format(1, {0: from_nameless})
