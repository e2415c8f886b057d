"""One run folder into records: what its files say, and whether its worker still lives."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from core.errors import ConfigError, RunTooNewError, RunUnreadableError
from core.runs import files
from core.runs.processes import is_training
from core.runs.records import Environment, Run, RunInfo, Status, Summary
from core.runs.upgrading import RUN_FORMAT

_RecordT = TypeVar("_RecordT", Status, Summary, RunInfo, Environment)


def read_run(folder: Path) -> Run:
    """Return the run in `folder`, whose name is its id, as it stands now.

    A worker that died shows as crashed. Files of an older format are read as if they were of this
    one, and stay as they are. Raises RunUnreadableError with the reason and what to do;
    RunTooNewError, one of its kind, if a newer Digit Lab wrote the folder.
    """
    try:
        info = _read(folder / files.CONFIG, RunInfo)
        status = _status_as_it_is(folder / files.STATUS)
        # Written last: whatever the status says, a run with a summary has finished.
        summary = _read_optional(folder / files.SUMMARY, Summary)
        if summary is not None:
            status = status.model_copy(update={"state": "finished"})
        return Run(
            id=folder.name,
            info=info,
            status=status,
            summary=summary,
            environment=_read_optional(folder / files.ENVIRONMENT, Environment),
        )
    except RunTooNewError as error:
        raise RunTooNewError(f"Run {folder.name} {error}.") from error
    except RunUnreadableError as error:
        raise RunUnreadableError(
            f"Run {folder.name} cannot be read: {error}. Restore the file from a copy, "
            "or delete the run."
        ) from error


def _status_as_it_is(path: Path) -> Status:
    status = _read(path, Status)
    if status.state != "running" or is_training(status, path.parent):
        return status
    # Read again: its last word may have come between the first reading and its end.
    status = _read(path, Status)
    if status.state != "running" or is_training(status, path.parent):
        return status
    return status.model_copy(
        update={
            "state": "crashed",
            "reason": "Its process ended without a word; the curves up to then are kept.",
        }
    )


def _read(path: Path, record: type[_RecordT]) -> _RecordT:
    values = RUN_FORMAT.bring_up(path.name, files.read_json(path))
    try:
        return record.model_validate(values)
    except ConfigError as error:
        raise RunUnreadableError(f"{path.name}: {str(error).rstrip('.')}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise RunUnreadableError(f"{path.name}: {field}: {problem['msg']}") from error


def _read_optional(path: Path, record: type[_RecordT]) -> _RecordT | None:
    return _read(path, record) if path.exists() else None
