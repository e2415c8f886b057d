"""The names of the files in a run folder, and how they are written so that a crash tears none."""

import contextlib
import errno
import itertools
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.errors import RunUnreadableError

CONFIG: Final = "config.json"
STATUS: Final = "status.json"
SUMMARY: Final = "summary.json"
ENVIRONMENT: Final = "environment.json"
STEPS: Final = "steps"  # .jsonl while live, .parquet at the end
EPOCHS: Final = "epochs"
LAYERS: Final = "layers"
PREDICTIONS: Final = "predictions.npz"
DIGITS: Final = "digits.npz"
WEIGHTS: Final = "model.safetensors"
CHECKPOINT: Final = "checkpoint.safetensors"
CHECKPOINTS: Final = "checkpoints"  # a folder, where every epoch is kept
RESERVE: Final = ".reserve"
WORKER_LOG: Final = "worker.log"
WORKER_LOCK: Final = "worker.lock"
ERROR: Final = "error.txt"
CANCEL: Final = "cancel"

# Beside the run folders in `runs/`; names that start with a dot are never runs.
BIN: Final = ".bin"  # a folder: what was deleted and can be taken back, a folder a run
CHANGES_LOCK: Final = ".changes.lock"  # held while runs are renamed, moved, taken in or resumed
QUEUE_LOCK: Final = ".queue.lock"
GROUPS: Final = ".groups"  # a folder: <id>.json a group, <id>.cancel where it shall stop
VISITOR_RULES: Final = ".visitors.json"  # what the owner lets visitors start
GROUPS_LOCK: Final = ".lock"  # in it, held while a new group's runs are made


# What belongs to a run wherever it lies: the rest is this machine's (logs, locks, requests).
_BELONGS: Final = frozenset(
    {CONFIG, STATUS, SUMMARY, ENVIRONMENT, PREDICTIONS, DIGITS, WEIGHTS, CHECKPOINT, ERROR}
    | {f"{name}.{form}" for name in (STEPS, EPOCHS, LAYERS) for form in ("jsonl", "parquet")}
)
_STAYS: Final = frozenset({WORKER_LOG, WORKER_LOCK, CANCEL})
_NUMBERED: Final = re.compile(
    rf"{CHECKPOINTS}/epoch-[0-9]{{1,9}}\.safetensors|events\.out\.tfevents\.[A-Za-z0-9_.-]{{1,200}}"
)

# How large a file of a run may be, by its ending: far more than any training writes.
_TEXT_BYTES: Final = 1_000_000
_MOST_BYTES: Final = {
    ".jsonl": 256_000_000,
    ".parquet": 256_000_000,
    ".npz": 64_000_000,
    ".safetensors": 1_000_000_000,
}
_EVENTS_BYTES: Final = 256_000_000

# Each number is given out once, also to threads that write at the same time.
_write_numbers: Final = itertools.count(1)
_last_write = 0


def belongs_to_run(path: str) -> bool:
    """Tell whether a file at `path` in a run folder, with slashes, is part of the run."""
    return path in _BELONGS or _NUMBERED.fullmatch(path) is not None


def stays_behind(path: str) -> bool:
    """Tell whether a file at `path` in a run folder is of use only where it lies."""
    return path in _STAYS or any(part.startswith(".") for part in path.split("/"))


def most_bytes(place: str) -> int:
    """Return how large a file of a run, by its place in the folder, may be."""
    usual = _EVENTS_BYTES if place.startswith("events.") else _TEXT_BYTES
    return _MOST_BYTES.get(Path(place).suffix, usual)


def look_at(path: Path) -> os.stat_result:
    """Return what the system says of a file of a run before somebody reads it.

    Raises OSError if it is not there, or nothing to read: a pipe lets its reader wait for ever,
    a device may never end, and what is far too large fills the memory.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    if found.st_size > most_bytes(path.name):
        raise OSError(errno.EFBIG, "it is far too large", str(path))
    return found


def write_json(path: Path, value: Any) -> None:
    """Write `value` so that a reader sees the old file or the new one, never a part."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Hand out a temporary path beside `path`, which becomes `path` if the block succeeds."""
    # By chance, because the queue's thread and a page may replace the same file at once.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            # Without this a power cut can leave the new name on an empty file.
            os.fsync(file.fileno())
        temporary.replace(path)
        note_change()
    finally:
        temporary.unlink(missing_ok=True)


def note_change() -> None:
    """Note that this process has replaced a file or moved a folder: `last_write` is another now."""
    global _last_write
    _last_write = next(_write_numbers)


def last_write() -> int:
    """Return a number that is another one after each change that this process has noted."""
    return _last_write


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`. Raises RunUnreadableError with a sentence."""
    try:
        look_at(path)
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunUnreadableError(f"{path.name} is missing") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RunUnreadableError(f"{path.name} cannot be read") from error
    except (ValueError, RecursionError) as error:
        raise RunUnreadableError(f"{path.name} is damaged (not complete JSON)") from error
    if not isinstance(value, dict):
        raise RunUnreadableError(f"{path.name} is damaged (not a JSON object)")
    return value
