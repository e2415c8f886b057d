"""The row of several runs in the table of runs, and what the link says of it."""

import re
from collections.abc import Sequence
from typing import Any, Final

from core import words
from core.analysis.folding import Fold, foremost
from core.analysis.wording import listed_seeds, so_many
from core.column_words import fold_cell, states
from core.palette import run_colour
from core.runs.groups import Group
from core.runs.records import Run
from core.ui import address

PARAMETER: Final = "rows"
# What a link has room for.
_MOST_OPEN: Final = 30
_MOST_DOTS: Final = 3
_KEY: Final = re.compile(r"[0-9a-f]{8}")
_GROUPS: Final = {"sweep": "sweep", "fair": "fair comparison"}


def fold_row(fold: Fold, group: Group | None, columns: Sequence[str]) -> dict[str, Any]:
    """Return the row of a fold, in words; `group` is what its runs were launched as, if known."""
    name = fold.title({group.id: group.name} if group else {})
    cells = {key: fold_cell(fold, key) for key in columns if key != "state"}
    active = any(run.active for run in fold.runs)
    return {
        "id": f"fold-{fold.key}",
        "ids": [run.id for run in fold.usable],
        "fold": {"key": fold.key, "open": fold.key in opened_folds()},
        "name": name,
        "colours": [run_colour(run.info.colour) for run in fold.runs[:_MOST_DOTS]],
        "recipe": _what(fold, group),
        "cells": {key: [cell.text, cell.note] for key, cell in cells.items()},
        "state": states(fold.runs),
        "stateCode": "running" if active else "finished",
        "progress": sum(map(_share, fold.runs)) / len(fold.runs) if active else None,
        "detail": "",
        "action": "",
        "more": [],
        "opens": True,
        "starred": None,
        "tags": [],
        "notes": _explanation(fold),
    }


def opened_folds() -> list[str]:
    """Return the keys of the folds that the link says are open."""
    return [key for key in address.read(PARAMETER).split(".") if key][-_MOST_OPEN:]


def turn_fold(key: str) -> None:
    """Open the fold of this key from the next run on, or close it if it is open."""
    if not _KEY.fullmatch(key):
        return  # from the browser, so it may be anything
    opened = opened_folds()
    opened = [other for other in opened if other != key] if key in opened else [*opened, key]
    address.write(PARAMETER, ".".join(opened[-_MOST_OPEN:]))


def _what(fold: Fold, group: Group | None) -> str:
    """Say what the runs have in common and how many were found."""
    fit = len(fold.runs) < len(fold.every)
    count = so_many(len(fold.every), "run")
    said = [f"{len(fold.runs):,} of {count} fit" if fit else count]
    if fold.kind == "groups":
        said.insert(0, _GROUPS[group.kind] if group else "launched together")
    if fold.alike:
        seeds = listed_seeds(sorted({run.config.seed for run in fold.runs}))
        said.append(f"seed{'s' if ',' in seeds or 'to' in seeds else ''} {seeds}")
    data = {words.choice_word("dataset", run.config.dataset) for run in fold.runs}
    return ", ".join([*said, *data] if len(data) == 1 else said)


def _explanation(fold: Fold) -> str:
    """Say why there is no mean where there is none, and which run read best."""
    if fold.alike or len(fold.runs) < 2:
        return ""
    said = "Settings differ, so no mean, but the lowest and the highest."
    best = foremost(fold)
    if best is None:
        return said
    # Never by the test images: choosing by them would flatter what is chosen.
    return f"{said} Best on validation: {best.name}, test {words.test_accuracy(best.summary)}."


def _share(run: Run) -> float:
    if not run.active:
        return 1.0
    return run.status.step / run.status.steps if run.status.steps else 0.0
