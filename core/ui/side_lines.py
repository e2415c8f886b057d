"""Curves of runs that differ in the seed alone, drawn as one: their mean with a band."""

from collections.abc import Sequence

from core.analysis.bands import Spread, band
from core.runs.records import Run
from core.ui.figures import Line

# One run's lines, with the run and its name: what each label begins with.
RunLines = tuple[Run, str, list[Line]]


def side_lines(name: str, of_runs: Sequence[RunLines], spread: Spread, *, each: bool) -> list[Line]:
    """Return the lines of the side `name`: a mean for each kind of line that its runs have.

    With `each`, every run's own line stands faintly behind. A single run's lines stay as they are.
    """
    if len(of_runs) == 1:
        return of_runs[0][2]
    kinds: dict[tuple[bool, str], list[Line]] = {}
    for _, own, lines in of_runs:
        for line in lines:
            key = line.training, line.label.removeprefix(own)
            kinds.setdefault(key, []).append(line)
    colour = of_runs[0][0].info.colour
    found: list[Line] = []
    for (training, kind), lines in kinds.items():
        begun = [line for line in lines if len(line.x)]
        if each:
            found += [_behind(line, colour) for line in begun]
        if begun:
            found.append(_mean(begun, f"{name}{kind}", colour, training, spread))
    return found


def _mean(lines: Sequence[Line], label: str, colour: int, training: bool, spread: Spread) -> Line:
    middle = band([(line.x, line.smoothed) for line in lines], spread)
    ends = None if middle.count < 2 else (middle.low, middle.high)
    return Line(label, colour, training, middle.x, middle.mean, middle.mean, spread=ends)


def _behind(line: Line, colour: int) -> Line:
    return Line(line.label, colour, line.training, line.x, line.smoothed, line.smoothed, faint=True)
