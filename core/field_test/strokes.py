"""The strokes of a drawing out of what the pad in the browser sends, which may be anything."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

Strokes: TypeAlias = tuple[tuple[tuple[float, float], ...], ...]

MOST_STROKES: Final = 50
MOST_POINTS: Final = 2_000  # of a drawing: a digit has one or two hundred
# A finger may leave the pad for a moment; what lies further out was not drawn.
_FURTHEST: Final = 2_000.0


def clean_strokes(message: object, side: float) -> Strokes:
    """Return the strokes in the pad's `json_data`, in pixels of a pad `side` wide, in order.

    Only the points of paths are kept, rounded to a tenth of a pixel and moved to the nearest place
    on the pad, at most MOST_STROKES and MOST_POINTS of them; whatever else a message holds is
    passed over.
    """
    objects = message.get("objects") if isinstance(message, dict) else None
    strokes: list[tuple[tuple[float, float], ...]] = []
    left = MOST_POINTS
    for found in objects if isinstance(objects, list) else []:
        path = found.get("path") if isinstance(found, dict) else None
        points = tuple(_points(path[:left], side)) if isinstance(path, list) else ()
        if points:
            strokes.append(points)
            left -= len(points)
        if not left or len(strokes) == MOST_STROKES:
            break
    return tuple(strokes)


def _points(path: Sequence[Any], side: float) -> Iterator[tuple[float, float]]:
    """Give where each command of a path ends: its last two numbers (SVG's M, L, Q and C)."""
    for command in path:
        if not isinstance(command, list) or len(command) < 3 or command[0] not in list("MLQC"):
            continue
        x, y = command[-2:]
        if _is_place(x) and _is_place(y):
            yield _on_pad(x, side), _on_pad(y, side)


def _is_place(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_FURTHEST <= value <= _FURTHEST  # not so for NaN; an int may be too large for a float


def _on_pad(value: float, side: float) -> float:
    return round(min(max(float(value), 0.0), side), 1)
