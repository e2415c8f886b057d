"""What may be typed to rename, file, delete, export and import runs."""

import argparse
from collections.abc import Callable
from typing import Final

from core.cli.paths import file

MANAGING: Final = frozenset(
    {
        "rename",
        "note",
        "tag",
        "star",
        "archive",
        "delete",
        "restore",
        "empty-bin",
        "export",
        "import",
    }
)


def add_managing(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands in MANAGING; `add` takes a name and a sentence."""
    rename = _with_id(add("rename", "Give a run another name."))
    rename.add_argument("name", metavar="NAME", help="the new name, at most 200 characters")
    note = _with_id(add("note", "Write notes to a run in place of those that it has."))
    note.add_argument("text", metavar="TEXT", help="the notes; '' removes them")
    tag = _with_ids(add("tag", "Add tags to runs, or take them away."))
    _add_tags(tag, "--add", "added")
    _add_tags(tag, "--remove", "removed")
    star = _with_ids(add("star", "Mark runs with a star."))
    star.add_argument("--off", action="store_true", help="take the star away")
    archive = _with_ids(add("archive", "Take runs out of the table; links to them stay true."))
    archive.add_argument("--off", action="store_true", help="bring them back into the table")
    _with_ids(add("delete", "Move runs to the bin."))
    _with_ids(add("restore", "Take runs back from the bin."))
    add("empty-bin", "Remove the runs in the bin for good.")
    export = _with_ids(add("export", "Write runs into one zip file."))
    export.add_argument(
        "-o", "--output", type=file, required=True, metavar="FILE", help="the new zip file"
    )
    taking_in = add("import", "Take in the runs of a zip file; it may come from anywhere.")
    taking_in.add_argument("file", type=file, metavar="FILE", help="the zip file")


def _with_id(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("id", metavar="ID", help="the run's id, or how it begins")
    return command


def _with_ids(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("ids", nargs="+", metavar="ID", help="a run's id, or how it begins")
    return command


def _add_tags(command: argparse.ArgumentParser, flag: str, done: str) -> None:
    command.add_argument(
        flag, action="append", default=[], metavar="TAG", help=f"a tag to be {done}; repeatable"
    )
