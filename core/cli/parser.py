"""What may be typed after `python -m core`."""

import argparse
import textwrap
from pathlib import Path
from typing import Final, NoReturn

from core.cli.managing_parser import add_managing
from core.cli.paths import file, folder
from core.cli.sharing_parser import add_sharing
from core.cli.text import note
from core.config import (
    ALIASES,
    CHOICES,
    RunConfig,
    choice_sentence,
    field_help,
    field_source,
)
from core.sweeps import MAX_RUNS

_HELP_WIDTH: Final = 88


class Parser(argparse.ArgumentParser):
    """A parser that complains in one sentence and ends with 2."""

    def error(self, message: str) -> NoReturn:
        """Complain of `message`, without the usage lines that would hide it."""
        note(f"{message[:1].upper()}{message[1:]}; see `{self.prog} --help`.")
        raise SystemExit(2)


def build_parser() -> Parser:
    """Return the parser; its answer names the `command` and, where typed, `runs` and `data`."""
    # No default, or the part after the command would undo what was typed before it.
    folders = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    folders.add_argument("--runs", type=folder, metavar="DIR", help="where the runs lie")
    folders.add_argument("--data", type=folder, metavar="DIR", help="where the images lie")
    parser = Parser(
        prog="python -m core",
        description="Train small networks on handwritten digits and compare them.",
        epilog="Exit codes: 0 done, 1 failed, 2 called wrongly.",
        parents=[folders],
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, sentence: str, *, as_json: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=sentence, description=sentence, parents=[folders], allow_abbrev=False
        )
        if as_json:
            command.add_argument("--json", action="store_true", help="write JSON, raw numbers")
        return command

    add("recipes", "List what can be trained as it stands.", as_json=True)
    _add_train(add("train", "Train a recipe; the run's id is the last line of the output."))
    _add_sweep(
        add(
            "sweep", "Train every combination of several settings, or compare fairly.", as_json=True
        )
    )
    _add_resume(add("resume", "Let a run that stopped go on from its last checkpoint."))
    _add_extend(add("extend", "Go on with a finished run, as a new one with more epochs."))
    _add_runs(add("runs", "List all runs, newest first.", as_json=True))
    show = add(
        "show",
        "Show one run (settings, figures, last epochs) or recipe (settings, layers).",
        as_json=True,
    )
    show.add_argument("id", metavar="ID", help="a run's id, or how it begins, or a recipe's name")
    compare = add("compare", "Say which of several runs reads best, and how sure.", as_json=True)
    compare.add_argument(
        "ids",
        nargs="+",
        metavar="ID",
        help="a run's id, or how it begins, or the id or name of a group of runs (a sweep or fair "
        "comparison): its finished ones, of a fair comparison the final ones; up to 100 runs",
    )
    _add_field_test(
        add(
            "field-test", "Count the drawings of the field test that runs read right.", as_json=True
        )
    )
    _add_export_drawings(add("export-drawings", "Write the drawings as a data set (zip)."))
    add_managing(add)
    _add_report(add("report", "Write one HTML file on finished runs, to keep or to send."))
    add_sharing(add)
    fetch = add("fetch", "Fetch MNIST into the data folder.")
    fetch.add_argument("--mirror", type=_address, metavar="URL", help="where to fetch from")
    return parser


def _add_train(train: argparse.ArgumentParser) -> None:
    _add_recipe(train)
    train.add_argument("--name", default="", help="what to call the run")
    _add_threads(train)
    # For whoever prepares the examples that come with Digit Lab.
    train.add_argument("--example", action="store_true", help=argparse.SUPPRESS)
    train.formatter_class = argparse.RawDescriptionHelpFormatter
    train.epilog = "settings:\n" + "\n".join(map(_described, RunConfig.model_fields))


def _add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("recipe", metavar="RECIPE", help="a name from `python -m core recipes`")
    command.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        type=_change,
        metavar="FIELD=VALUE",
        help="change one setting; may be given several times",
    )


def _add_runs(runs: argparse.ArgumentParser) -> None:
    which = runs.add_mutually_exclusive_group()
    which.add_argument("--archived", action="store_true", help="the archived runs too")
    which.add_argument("--bin", action="store_true", help="the deleted runs instead")


def _add_resume(resume: argparse.ArgumentParser) -> None:
    resume.add_argument("id", metavar="ID", help="the run's id, or how it begins")
    _add_threads(resume)


def _add_extend(extend: argparse.ArgumentParser) -> None:
    extend.add_argument("id", metavar="ID", help="the finished run's id, or how it begins")
    extend.add_argument(
        "--epochs", type=_count, required=True, metavar="N", help="how many epochs in all"
    )
    extend.add_argument("--name", default="", help="what to call the new run")
    _add_threads(extend)


def _add_report(report: argparse.ArgumentParser) -> None:
    report.add_argument("ids", nargs="+", metavar="ID", help="a run's id, or how it begins")
    report.add_argument(
        "-o",
        "--output",
        type=file,
        default=Path("report.html"),
        metavar="FILE",
        help="where to write it (report.html by default)",
    )
    report.add_argument("--force", action="store_true", help="replace a file that is there")


def _add_field_test(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "ids",
        nargs="+",
        metavar="RUN",
        help="a finished run's id, or how it begins, or the id or name of a group of runs",
    )
    _add_drawings(command)


def _add_export_drawings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-o", "--output", type=file, required=True, metavar="FILE", help="the new zip file"
    )
    command.add_argument(
        "--mistakes", action="store_true", help="those marked as a mistake of their maker too"
    )
    _add_drawings(command)


def _add_drawings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--drawings",
        type=folder,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where the drawings lie (beside the folder of runs by default)",
    )


def _add_threads(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--threads",
        type=_threads,
        metavar="N",
        help="processor threads, unless the dashboard trains it; they change figures a little",
    )


def _add_sweep(sweep: argparse.ArgumentParser) -> None:
    _add_recipe(sweep)
    sweep.add_argument(
        "--vary",
        action="append",
        default=[],
        type=_change,
        metavar="FIELD=VALUES",
        help="values of one setting, such as lr=0.1,0.01; up to three times. Between lists of "
        "sizes stands a semicolon: hidden='128 256; 64'",
    )
    sweep.add_argument(
        "--seeds",
        type=_count,
        metavar="K",
        help="train each combination with K seeds; with --fair the final runs (3 by default)",
    )
    sweep.add_argument(
        "--fair",
        action="store_true",
        help="first equally many learning rates for each optimizer, judged on validation images, "
        "then the best of each over the seeds (--vary optimizer=sgd,adam by default)",
    )
    sweep.add_argument(
        "--rates",
        action="append",
        default=[],
        metavar="RATES",
        help="with --fair the learning rates to try, such as 0.1,0.01 or sgd=0.1,0.01",
    )
    sweep.add_argument(
        "--max-runs",
        type=_count,
        default=MAX_RUNS,
        metavar="N",
        help=f"how many runs may be started at once ({MAX_RUNS} by default)",
    )
    sweep.add_argument("--name", default="", help="what to call the group of runs")
    sweep.add_argument(
        "--dry-run", action="store_true", help="say what would be trained, and train nothing"
    )


def _described(field: str) -> str:
    short = "".join(f" (or {alias})" for alias, name in ALIASES.items() if name == field)
    lines = [f"  {field}{short}", _wrapped(field_help(field), 6, 6)]
    for value in CHOICES.get(field, ()):
        lines.append(_wrapped(f"{value}: {choice_sentence(field, value)}", 8, 10))
    lines.append(_wrapped(f"Source: {field_source(field)}.", 6, 6))
    return "\n".join(lines)


def _wrapped(text: str, first: int, further: int) -> str:
    return textwrap.fill(
        text, _HELP_WIDTH, initial_indent=" " * first, subsequent_indent=" " * further
    )


def _change(text: str) -> tuple[str, str]:
    field, equals, value = (part.strip() for part in text.partition("="))
    if not field or not equals:
        raise argparse.ArgumentTypeError(f"FIELD=VALUE is needed, such as lr=0.1, got {text!r}")
    # By its full name, so that of two changes to one setting the last one holds.
    return ALIASES.get(field, field), value


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 1,024, got {text!r}")
    return int(text)


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"must begin with https:// or http://, got {text!r}")
    return text
