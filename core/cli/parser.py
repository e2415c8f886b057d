"""What may be typed after `python -m core`."""

import argparse
import textwrap
from pathlib import Path
from typing import Final, NoReturn, get_args

from core.cli.text import note
from core.config import ALIASES, RunConfig, field_help

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
    folders.add_argument("--runs", type=_folder, metavar="DIR", help="where the runs lie")
    folders.add_argument("--data", type=_folder, metavar="DIR", help="where the images lie")
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
    add("runs", "List all runs, newest first.", as_json=True)
    show = add("show", "Show one run: settings, figures, last epochs.", as_json=True)
    show.add_argument("id", metavar="ID", help="the run's id, or how it begins")
    compare = add("compare", "Say which of two runs reads better, and how sure.", as_json=True)
    compare.add_argument("ids", nargs=2, metavar="ID", help="a run's id, or how it begins")
    fetch = add("fetch", "Fetch MNIST into the data folder.")
    fetch.add_argument("--mirror", type=_address, metavar="URL", help="where to fetch from")
    return parser


def _add_train(train: argparse.ArgumentParser) -> None:
    train.add_argument("recipe", metavar="RECIPE", help="a name from `python -m core recipes`")
    train.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        type=_change,
        metavar="FIELD=VALUE",
        help="change one setting; may be given several times",
    )
    train.add_argument("--name", default="", help="what to call the run")
    train.add_argument(
        "--threads",
        type=_threads,
        metavar="N",
        help="processor threads, unless the dashboard trains it; they change figures a little",
    )
    # For whoever prepares the examples that come with Digit Lab.
    train.add_argument("--example", action="store_true", help=argparse.SUPPRESS)
    train.formatter_class = argparse.RawDescriptionHelpFormatter
    train.epilog = "settings:\n" + "\n".join(map(_described, RunConfig.model_fields))


def _described(field: str) -> str:
    short = "".join(f" (or {alias})" for alias, name in ALIASES.items() if name == field)
    choices = get_args(RunConfig.model_fields[field].annotation)
    text = field_help(field)
    if all(isinstance(choice, str) for choice in choices) and choices:
        text = f"{text} One of {', '.join(choices)}."
    indent = " " * 6
    text = textwrap.fill(text, _HELP_WIDTH, initial_indent=indent, subsequent_indent=indent)
    return f"  {field}{short}\n{text}"


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder is needed")
    return Path(text).expanduser().resolve()


def _change(text: str) -> tuple[str, str]:
    field, equals, value = (part.strip() for part in text.partition("="))
    if not field or not equals:
        raise argparse.ArgumentTypeError(f"FIELD=VALUE is needed, such as lr=0.1, got {text!r}")
    # By its full name, so that of two changes to one setting the last one holds.
    return ALIASES.get(field, field), value


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 1,024, got {text!r}")
    return int(text)


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"must begin with https:// or http://, got {text!r}")
    return text
