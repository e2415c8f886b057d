"""`rename`, `note`, `tag`, `star`, `archive`, `delete`, `restore`, `export` and `import`."""

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from core.cli.show import find_run_id
from core.cli.text import count, note, plain, say
from core.errors import ConfigError, DigitLabError, RunNotFoundError
from core.runs.bin import bin_of, discard, empty_bin, restore
from core.runs.disk import disk_of
from core.runs.exporting import export_runs
from core.runs.importing import import_runs
from core.runs.labels import relabel, retag
from core.runs.store import RunStore
from core.settings import Settings

_Command = Callable[[RunStore, argparse.Namespace], int]


def manage(asked: argparse.Namespace, settings: Settings) -> int:
    """Carry out one of the commands of `managing_parser` on the runs of `settings`."""
    return _COMMANDS[asked.command](RunStore(settings.runs, disk=disk_of(settings)), asked)


def _rename(store: RunStore, asked: argparse.Namespace) -> int:
    run_id = find_run_id(store, asked.id)
    relabel(store, run_id, name=asked.name)
    note(f"{run_id} is called {store.read(run_id).name}.")
    return 0


def _note(store: RunStore, asked: argparse.Namespace) -> int:
    relabel(store, find_run_id(store, asked.id), notes=asked.text)
    return 0


def _tag(store: RunStore, asked: argparse.Namespace) -> int:
    if not asked.add and not asked.remove:
        raise ConfigError("Name the tags to add (--add TAG) or to take away (--remove TAG).")

    def change(run_id: str) -> str:
        retag(store, run_id, add=asked.add, remove=asked.remove)
        return f"{run_id} has the tags: {', '.join(store.read(run_id).info.tags) or 'none'}."

    return _each(store, asked.ids, change)


def _star(store: RunStore, asked: argparse.Namespace) -> int:
    return _each(store, asked.ids, lambda run_id: relabel(store, run_id, starred=not asked.off))


def _archive(store: RunStore, asked: argparse.Namespace) -> int:
    return _each(store, asked.ids, lambda run_id: relabel(store, run_id, archived=not asked.off))


def _delete(store: RunStore, asked: argparse.Namespace) -> int:
    def change(run_id: str) -> str:
        return f"{run_id} is in the bin: `python -m core restore {discard(store, run_id)}`."

    return _each(store, asked.ids, change)


def _restore(store: RunStore, asked: argparse.Namespace) -> int:
    def change(run_id: str) -> str:
        back = restore(store, run_id)
        return f"{run_id} is back{'' if back == run_id else f' as {back}'}."

    if not bin_of(store).list():
        raise RunNotFoundError("The bin is empty.")
    return _each(bin_of(store), asked.ids, change)


def _empty_bin(store: RunStore, _asked: argparse.Namespace) -> int:
    note(f"{count(empty_bin(store), 'run')} removed for good.")
    return 0


def _export(store: RunStore, asked: argparse.Namespace) -> int:
    ids = [find_run_id(store, text) for text in asked.ids]
    export_runs(store, ids, asked.output)
    note(f"{count(len(set(ids)), 'run')} written.")
    say(plain(str(asked.output)))
    return 0


def _import(store: RunStore, asked: argparse.Namespace) -> int:
    with asked.file.open("rb") as file:
        found = import_runs(store, file)
    for run in found:
        for remark in run.remarks:
            note(f"{run.name}: {remark}")
    for run in found:
        say(run.run_id)
    return 0


def _each(store: RunStore, texts: Sequence[str], change: Callable[[str], str | None]) -> int:
    """Change every run that can be, say what could not, and return the exit code."""
    # All found before the first is changed: a mistyped id shall change nothing.
    ids = dict.fromkeys(find_run_id(store, text) for text in texts)
    failed = 0
    for run_id in ids:
        try:
            said = change(run_id)
        except ConfigError:
            raise
        except DigitLabError as error:
            failed += 1
            said = str(error)
        if said:
            note(said)
    return 1 if failed else 0


_COMMANDS: Final[dict[str, _Command]] = {
    "rename": _rename,
    "note": _note,
    "tag": _tag,
    "star": _star,
    "archive": _archive,
    "delete": _delete,
    "restore": _restore,
    "empty-bin": _empty_bin,
    "export": _export,
    "import": _import,
}
