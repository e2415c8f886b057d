"""The runs that somebody names on the command line, by their ids or by the group they are of."""

from collections.abc import Sequence

from core.analysis.final_verdict import final_runs
from core.analysis.wording import state_word
from core.cli.show import find_run
from core.cli.text import count, note, plain
from core.errors import RunNotFoundError, RunStateError
from core.runs.groups import Group, GroupStore, readable, runs_of
from core.runs.records import Run
from core.runs.store import RunStore


def chosen_runs(store: RunStore, asked: Sequence[str]) -> list[Run]:
    """Return the finished runs that `asked` names, each once, in that order.

    Each is a run's id, or how it begins, or a group's id or name: that stands for its finished
    runs, of a fair comparison for the final ones; how many are left out is noted. Raises
    RunNotFoundError, also for a name of two groups, RunStateError where a run has not finished or
    a group has no finished run, RunUnreadableError.
    """
    groups = GroupStore(store.root)
    found: dict[str, Run] = {}
    for text in asked:
        group = _find_group(groups, text)
        runs = [_finished(find_run(store, text))] if group is None else _runs(store, group)
        found |= {run.id: run for run in runs}
    return list(found.values())


def _find_group(groups: GroupStore, text: str) -> Group | None:
    by_id = groups.find(text)
    if by_id is not None:
        return by_id
    named = [group for group in groups.list() if group.name.casefold() == text.casefold()]
    if len(named) > 1:
        listed = ", ".join(group.id for group in named)
        raise RunNotFoundError(
            f"{len(named)} groups are called {text!r}: name one by its id, {listed}."
        )
    return named[0] if named else None


def _finished(run: Run) -> Run:
    if run.summary is None:
        raise RunStateError(
            f"{run.name} ({run.id}) has not finished ({state_word(run)}): "
            "only finished runs can be compared."
        )
    return run


def _runs(store: RunStore, group: Group) -> list[Run]:
    every = readable(store)
    fair = group.kind == "fair"
    meant = runs_of(group, every, "final" if fair else None)
    finished = final_runs(group, every) if fair else [run for run in meant if run.summary]
    what = "final run" if fair else "run"
    if not finished:
        raise RunStateError(
            f"The group {plain(group.name)} ({group.id}) has no finished {what} to compare."
        )
    if len(finished) < len(meant):
        note(
            f"{group.name}: {count(len(finished), what)} of {len(meant)} finished; "
            "only those are compared."
        )
    return sorted(finished, key=lambda run: run.id)
