"""What our own components in the browser say, which may be anything: read, or passed over."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

_ACTIONS: Final = (
    "open",
    "cancel",
    "resume",
    "continue",
    "edit",
    "star",
    "unstar",
    "archive",
    "unarchive",
    "export",
    "delete",
    "restore",
    "remove",
)


@dataclass(frozen=True)
class TableAnswer:
    """What the visitor did in the table of runs: chosen ids, and at most one action."""

    chosen: list[str]
    action: str | None  # one of _ACTIONS
    run_id: str | None


def read_table_answer(
    chosen: object, action: object, rows: Sequence[Mapping[str, Any]]
) -> TableAnswer:
    """Return what was done in a table of `rows`: only what stands in it counts."""
    known = {row["id"] for row in rows if "fold" not in row}
    choosable = {run_id for row in rows for run_id in row["ids"]}
    ticked = [one for one in chosen if isinstance(one, str)] if isinstance(chosen, list) else []
    listed = [run_id for run_id in dict.fromkeys(ticked) if run_id in choosable]
    said = action if isinstance(action, Mapping) else {}
    kind, run_id = said.get("kind"), said.get("run")
    if not isinstance(run_id, str) or run_id not in known or kind not in _ACTIONS:
        return TableAnswer(listed, None, None)
    return TableAnswer(listed, kind, run_id)


def read_opened(opened: object, known: Collection[int] | None = None) -> int | None:
    """Return the index of the digit that was opened; None for anything but one of `known`."""
    index = opened.get("index") if isinstance(opened, Mapping) else None
    if not is_whole(index) or (known is not None and index not in known):
        return None
    return index


def read_click(clicked: object) -> dict[str, Any] | None:
    """Return the point of a chart that was clicked, whose `x` and `y` may still be anything."""
    return dict(clicked) if isinstance(clicked, Mapping) else None


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether a value from the browser is a whole number as large as browsers know exactly."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
