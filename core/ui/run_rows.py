"""Rows of the table of runs, from what the store says at this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from core import words
from core.access import Action, refusal
from core.analysis.columns import USUAL
from core.analysis.folding import Fold, Line, Row
from core.analysis.wording import state_word
from core.column_words import Cell, run_cell
from core.errors import DigitLabError
from core.palette import run_colour
from core.recipes import RECIPES
from core.runs.groups import Group
from core.runs.queue import waiting_before
from core.runs.records import Run, UnreadableRun
from core.runs.resuming import RESUMABLE, cannot_extend
from core.runs.store import RunStore
from core.ui.fold_rows import fold_row
from core.ui.launch import group_store

_SHOWN_NOTES: Final = 300
_ASKS: Final = {
    "edit": Action.LABEL,
    "archive": Action.LABEL,
    "unarchive": Action.LABEL,
    "continue": Action.GO_ON,
    "export": Action.EXPORT,
    "delete": Action.DELETE,
    "remove": Action.DELETE,
}


@dataclass(frozen=True)
class RowMaker:
    """Makes rows in words; `listed` are all the runs there are, of which few are shown."""

    store: RunStore
    listed: Sequence[Run | UnreadableRun]
    columns: Sequence[str] = USUAL

    @cached_property
    def groups(self) -> Mapping[str, Group]:
        """The groups whose files can be read, by id."""
        return {group.id: group for group in group_store().list()}

    @cached_property
    def waiting(self) -> list[Run]:
        """The runs that wait for their turn."""
        runs = (run for run in self.listed if isinstance(run, Run))
        return [run for run in runs if run.status.state == "queued"]

    @cached_property
    def by_id(self) -> Mapping[str, Run | UnreadableRun]:
        """All the runs there are."""
        return {run.id: run for run in self.listed}

    def rows(self, lines: Sequence[Line]) -> list[dict[str, Any]]:
        """Return one row for each line, in words."""
        return [self._row(line.row) | {"inside": line.inside is not None} for line in lines]

    def _row(self, row: Row) -> dict[str, Any]:
        if isinstance(row, Fold):
            return fold_row(row, self.groups.get(row.every[0].info.group or ""), self.columns)
        if isinstance(row, UnreadableRun):
            # Without a column for it, the reason stands below the name.
            hidden = {} if "state" in self.columns else {"recipe": row.reason}
            return _unreadable_row(row) | hidden
        return self._run_row(row)

    def _run_row(self, run: Run) -> dict[str, Any]:
        status = run.status
        return {
            "id": run.id,
            "ids": [run.id],
            "name": run.name,
            "colours": [run_colour(run.info.colour)],
            "recipe": _recipe(run) + self._membership(run) + self._continues(run),
            "cells": {key: self._cell(run, key) for key in self.columns if key != "state"},
            "state": state_word(run),
            "stateCode": status.state,
            "progress": status.step / status.steps if run.active and status.steps else None,
            "detail": words.state_detail(run, waiting_before(self.waiting, run.id)),
            "action": _action(run),
            "more": _more(self.store, run),
            "opens": True,
            "starred": run.info.starred,
            "fixed": refusal(Action.LABEL),
            "tags": list(run.info.tags),
            "notes": run.info.notes[:_SHOWN_NOTES],
        }

    def _cell(self, run: Run, key: str) -> list[str]:
        # That of a run that trains is in its curves.
        cell = (
            Cell(words.percent(self.store.best_validation(run)))
            if key == "validation"
            else run_cell(run, key)
        )
        return [cell.text, cell.note]

    def _continues(self, run: Run) -> str:
        parent = self.by_id.get(run.info.continued_from or "")
        found = words.origin(run, [parent] if parent else [])
        return f", {found}" if found else ""

    def _membership(self, run: Run) -> str:
        """Say what the run is for in its group, if it has one; its file may be lost."""
        group = self.groups.get(run.info.group or "")
        if run.info.role is not None:
            return f", {run.info.role} run" + (f" of “{group.name}”" if group else "")
        return f", part of “{group.name}”" if group else ""


def bin_rows(
    inside: RunStore,
    shown: Sequence[Run | UnreadableRun],
    listed: Sequence[Run | UnreadableRun],
) -> list[dict[str, Any]]:
    """Return one row for each run of `shown`, which lie in the bin; `listed` is all that do."""
    return [
        row
        | {
            "ids": [row["id"]],
            "action": "restore",
            "more": [_entry("remove", "Delete for good")],
            "opens": False,
            "starred": None,
        }
        for row in RowMaker(inside, listed).rows([Line(run) for run in shown])
    ]


def _unreadable_row(run: UnreadableRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.id[:60],
        "ids": [],
        "colours": [],
        "recipe": "",
        "cells": {},
        "state": "unreadable",
        "stateCode": "unreadable",
        "progress": None,
        "detail": run.reason,
        "action": "",
        "more": [_entry("delete", "Delete")],
        "opens": False,
        "starred": None,
        "tags": [],
        "notes": "",
    }


def _action(run: Run) -> str:
    """Return what is most likely wanted of the run, which gets a button of its own.

    None that whoever looks may not do: on each of many rows it would only say no.
    """
    if run.active:
        return "" if refusal(Action.CANCEL, by=run.info.visitor) else "cancel"
    resumable = run.status.state in RESUMABLE and not refusal(Action.GO_ON)
    return "resume" if resumable else ""


def _more(store: RunStore, run: Run) -> list[dict[str, str]]:
    """Return what else can be done with the run; where it cannot be, `problem` says why not.

    Looks for the run's checkpoint on the disk: for the rows that are shown, not for all.
    """
    info = run.info
    entries = [
        _entry("edit", "Edit name, notes and tags"),
        _entry("unarchive", "Take out of the archive")
        if info.archived
        else _entry("archive", "Archive"),
    ]
    if run.summary is not None and not info.example:
        try:
            problem = cannot_extend(store, run) or ""
        except DigitLabError as error:
            problem = str(error)  # deleted this moment: the other rows stay
        entries.append(_entry("continue", "Continue for more epochs", problem))
    busy = "It waits or trains: cancel it first." if run.active else ""
    entries.append(_entry("export", "Export as a zip file", busy))
    # The examples are what a first visitor finds: they stay.
    stays = "It comes with Digit Lab and stays. Archive it to hide it." if info.example else ""
    entries.append(_entry("delete", "Delete", busy or stays))
    return entries


def _entry(kind: str, label: str, problem: str = "") -> dict[str, str]:
    return {"kind": kind, "label": label, "problem": refusal(_ASKS[kind]) or problem}


def _recipe(run: Run) -> str:
    known = RECIPES.get(run.info.recipe or "")
    origin = known.name if known else "own settings"
    data = words.choice_word("dataset", run.config.dataset)
    return f"{origin}, {data}{', example' if run.info.example else ''}"
