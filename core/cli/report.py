"""`report`: one HTML file on finished runs, that opens anywhere without a network."""

from argparse import Namespace
from pathlib import Path

from core.cli.show import find_run
from core.cli.text import count, plain, say
from core.errors import ConfigError
from core.report.page import build_report
from core.runs.files import replacing
from core.runs.store import RunStore


def report(root: Path, asked: Namespace) -> int:
    """Write the report on the runs of `asked.ids` to `asked.output`, and say how large it is.

    Raises ConfigError for a file that is there already (unless `asked.force`) or cannot be made,
    and what `build_report` raises.
    """
    path: Path = asked.output
    _require_room(path, force=asked.force)
    store = RunStore(root)
    runs = {run.id: run for run in (find_run(store, text) for text in asked.ids)}
    content = build_report(store, list(runs)).encode("utf-8")
    # Again: somebody else may have written it while this was made.
    _require_room(path, force=asked.force)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    say(f"{plain(str(path))}: {count(len(runs), 'run')}, {len(content) / 1e6:.1f} MB.")
    return 0


def _require_room(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file, such as report.html.")
    if not path.parent.is_dir():
        raise ConfigError(f"There is no folder {path.parent} to write {path.name} to.")
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already: choose another name or add --force.")
