"""From what was typed to an exit code: 0 done, 1 failed, 2 called wrongly."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from core.cli.managing_parser import MANAGING
from core.cli.parser import build_parser
from core.cli.sharing_parser import SHARING
from core.cli.text import note
from core.errors import ConfigError, DigitLabError
from core.settings import Settings, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out `arguments` (those of the process by default) and return the exit code.

    What a user can cause ends in one sentence on stderr; a traceback means a bug.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that has no ± or – shall get an escape in its place, not an error.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _carry_out(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_quietly()
    except KeyboardInterrupt:
        return _failed("Cancelled.")
    except ConfigError as error:
        return _failed(str(error), 2)
    except DigitLabError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename or 'A file'} cannot be used ({error.strerror}).")
    return code


def _carry_out(arguments: Sequence[str] | None) -> int:
    try:
        asked = build_parser().parse_args(arguments)
    except SystemExit as end:  # after --help or a complaint
        return int(end.code or 0)
    settings = read_settings()
    folders = {name: getattr(asked, name) for name in ("runs", "data") if name in asked}
    if "drawings" in asked:
        folders["chosen_drawings"] = asked.drawings
    return _call(asked, replace(settings, **folders))


def _call(asked: argparse.Namespace, settings: Settings) -> int:
    # Each imported as it is asked for: pandas and scipy take seconds that `recipes` need not wait.
    if asked.command == "recipes":
        from core.cli.recipes import list_recipes

        return list_recipes(as_json=asked.json)
    if asked.command == "fetch":
        from core.cli.fetch import fetch

        return fetch(settings.data, asked.mirror)
    if asked.command == "train":
        from core.cli.settle import settle

        config = settle(asked.recipe, dict(asked.changes), settings.data)
        from core.cli.train import train

        return train(asked, settings, config)
    if asked.command == "sweep":
        from core.cli.settle import settle

        config = settle(asked.recipe, dict(asked.changes), settings.data)
        from core.cli.sweep import sweep

        return sweep(asked, settings, config)
    if asked.command in ("resume", "extend"):
        from core.cli import resume

        going_on = resume.resume if asked.command == "resume" else resume.extend
        return going_on(asked, settings)
    if asked.command == "compare":
        from core.cli.compare import compare

        return compare(settings.runs, asked.ids, as_json=asked.json)
    if asked.command in ("field-test", "export-drawings"):
        from core.cli.field_test import export_drawings, field_test

        if asked.command == "export-drawings":
            return export_drawings(settings.drawings, asked)
        return field_test(settings.runs, settings.drawings, asked.ids, as_json=asked.json)
    if asked.command == "report":
        from core.cli.report import report

        return report(settings.runs, asked)
    if asked.command == "show":
        from core.cli.show import show_run

        return show_run(settings.runs, asked.id, as_json=asked.json)
    if asked.command in SHARING:
        from core.cli import passphrase, share

        if asked.command == "share":
            return share.share(asked, settings)
        return passphrase.set_passphrase(settings)
    if asked.command in MANAGING:
        from core.cli import managing

        return managing.manage(asked, settings)
    from core.cli.listing import list_runs

    return list_runs(settings.runs, as_json=asked.json, archived=asked.archived, binned=asked.bin)


def _failed(sentence: str, code: int = 1) -> int:
    note(sentence)
    return code


def _leave_quietly() -> int:
    # Python flushes both once more at its end, and would complain of the closed pipe.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    return 1
