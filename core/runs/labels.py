"""What people call a run and how they file it: name, notes, tags, star, archive."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.access import Action, needs
from core.errors import ConfigError, RunError
from core.runs import files
from core.runs.changes import changing
from core.runs.legible import legible
from core.runs.records import RunInfo
from core.runs.store import RunStore
from core.runs.upgrading import RUN_FORMAT

LONGEST_NAME: Final = 200
LONGEST_NOTES: Final = 5_000
LONGEST_TAG: Final = 40
MOST_TAGS: Final = 20


@needs(Action.LABEL)
def relabel(
    store: RunStore,
    run_id: str,
    *,
    name: str | None = None,
    notes: str | None = None,
    tags: Iterable[str] | None = None,
    starred: bool | None = None,
    archived: bool | None = None,
) -> None:
    """Change those labels of a run that are given, in one piece, and leave the others.

    Raises ConfigError where one is empty, too long or too many; RunNotFoundError,
    RunUnreadableError; RunError if the file cannot be written.
    """
    changes: dict[str, Any] = {"starred": starred, "archived": archived}
    changes["name"] = None if name is None else clean_name(name)
    changes["notes"] = None if notes is None else clean_notes(notes)
    changes["tags"] = None if tags is None else clean_tags(tags)
    with changing(store.root):
        _write(store, run_id, {key: value for key, value in changes.items() if value is not None})


@needs(Action.LABEL)
def retag(
    store: RunStore, run_id: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> None:
    """Add tags to a run and take others away; upper and lower case count as the same.

    Raises as `relabel` does.
    """
    added = clean_tags(add)
    removed = {tag.casefold() for tag in clean_tags(remove)}
    with changing(store.root):
        present = store.read(run_id).info.tags
        kept = [tag for tag in present if tag.casefold() not in removed]
        _write(store, run_id, {"tags": clean_tags([*kept, *added])})


def clean_name(text: str) -> str:
    """Return a name on one line. Raises ConfigError if it is empty or too long."""
    name = " ".join(legible(text).split())
    if not name:
        raise ConfigError("A run needs a name.")
    if len(name) > LONGEST_NAME:
        raise ConfigError(
            f"A name has at most {LONGEST_NAME} characters; this one has {len(name):,}. The notes "
            "have room for more."
        )
    return name


def clean_notes(text: str) -> str:
    """Return notes with their line breaks. Raises ConfigError if they are too long."""
    lines = legible(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    notes = "\n".join(line.rstrip() for line in lines).strip()
    if len(notes) > LONGEST_NOTES:
        raise ConfigError(
            f"Notes have at most {LONGEST_NOTES:,} characters; these have {len(notes):,}."
        )
    return notes


def clean_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the tags in `texts`, which may hold several with commas between, each once.

    Raises ConfigError if one is too long or they are too many.
    """
    found: dict[str, str] = {}
    for text in texts:
        for part in legible(text).split(","):
            tag = " ".join(part.split())
            if len(tag) > LONGEST_TAG:
                raise ConfigError(
                    f"A tag has at most {LONGEST_TAG} characters, this one has {len(tag):,}: "
                    f"{tag[:LONGEST_TAG]}… Commas stand between tags."
                )
            if tag:
                found.setdefault(tag.casefold(), tag)
    if len(found) > MOST_TAGS:
        raise ConfigError(f"A run has at most {MOST_TAGS} tags; these would be {len(found)}.")
    return tuple(found.values())


def _write(store: RunStore, run_id: str, changes: Mapping[str, Any]) -> None:
    """Replace the labels in config.json, and leave in it what is not ours."""
    info: RunInfo = store.read(run_id).info
    changed = {key: value for key, value in changes.items() if getattr(info, key) != value}
    if not changed:
        return
    path = store.folder(run_id) / files.CONFIG
    try:
        # Of an older format it becomes one of this: the labels are written as they are called now.
        values = RUN_FORMAT.bring_up(path.name, files.read_json(path))
        files.write_json(path, values | changed)
    except OSError as error:
        raise RunError(
            f"{info.name} cannot be changed ({error.strerror}). Check that its folder may be "
            "written to and that the disk is not full."
        ) from error
