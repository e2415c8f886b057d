"""A folder of runs whose names, notes and tags were written by hand, to do harm."""

import io
import json
import shutil
from pathlib import Path
from typing import Any, Final

from core.runs import files
from core.runs.importing import import_runs
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.zip_files import zipped

# Each fits into a name, which has 200 characters at most.
SCRIPT: Final = (
    "<img src=x onerror='window.hit=1' id=injected><script>window.hit=1</script> &lt;i&gt; <b>b</b>"
)
MARKDOWN: Final = (
    "- **star** _thin_ `code` $x^2$ :red[red] :material/delete: :smile: # head "
    "[l](javascript:window.hit=1) ![p](http://203.0.113.1/p.png) www.example.org ~~gone~~ a@b.org"
)
LETTERS: Final = (
    "=1+1 \u202egnp.exe \u2067turned\u2069 <br>two<sup>3</sup> %{x} {{7*7}} ${7*7} \x1b[31m\x07 "
    + "W" * 100
)
LONG: Final = "Long " + "0123456789" * 1_000
FOLDER: Final = "<img src=x onerror='window.hit=1' id=injected>"
TAGS: Final = (SCRIPT, MARKDOWN, LETTERS, LONG, *(f"tag {number}" for number in range(60)))
NOTES: Final = f"{SCRIPT}\n{MARKDOWN}\n{LETTERS}\n{'long ' * 2_000}{'x' * 10_000}"


def rewrite(path: Path, **values: Any) -> None:
    """Change what stands in a file of JSON, as somebody does by hand."""
    path.write_text(json.dumps(json.loads(path.read_text()) | values), encoding="utf-8")


def make_hostile_runs(root: Path) -> list[str]:
    """Make the runs; return the ids of those that finished, whose names do the most harm."""
    group = {"group": "harm", "tags": TAGS, "notes": NOTES, "recipe": SCRIPT, "example": False}
    for run_id, example, name in (
        ("hostile-a", "example-adam", SCRIPT),
        ("hostile-b", "example-sgd", MARKDOWN),
        ("hostile-c", "example-champion", LETTERS),
        ("hostile-d", "example-adam", LONG),
        (FOLDER, "example-adam", "in a hostile folder"),
    ):
        shutil.copytree(PROJECT_ROOT / "runs" / example, root / run_id)
        rewrite(root / run_id / files.CONFIG, name=name, continued_from=FOLDER, **group)
        rewrite(root / run_id / files.ENVIRONMENT, python=SCRIPT, device="cpu", platform=MARKDOWN)
    (root / f"{FOLDER} 2").mkdir()
    rewrite(root / "hostile-c" / files.SUMMARY, ended_by="patience", best_epoch=3)
    _fail(root)
    _group(root)
    _import(root)
    return ["hostile-a", "hostile-b", "hostile-c"]


def _fail(root: Path) -> None:
    shutil.copytree(PROJECT_ROOT / "runs" / "example-adam", root / "failed")
    (root / "failed" / files.SUMMARY).unlink()
    rewrite(root / "failed" / files.CONFIG, name=f"failed {SCRIPT}", example=False)
    rewrite(root / "failed" / files.STATUS, state="failed", reason=f"{SCRIPT} {MARKDOWN} {LONG}")


def _group(root: Path) -> None:
    (root / files.GROUPS).mkdir()
    group = {
        "kind": "sweep",
        "name": SCRIPT,
        "created": 1.0,
        "base": {"dataset": "mnist"},
        "stage": "running",
        "varied": {"optimizer": ["sgd", "adam"]},
        "note": f"{MARKDOWN} {LONG}",
    }
    path = root / files.GROUPS / "harm.json"
    path.write_text(json.dumps(group), encoding="utf-8")


def _import(root: Path) -> None:
    info = json.loads((PROJECT_ROOT / "runs" / "example-sgd" / files.CONFIG).read_text())
    info |= {"name": SCRIPT, "notes": NOTES, "tags": TAGS, "example": False}
    status = {"state": "cancelled", "heartbeat": 2.0, "reason": MARKDOWN}
    members = {
        "<b id=injected>/config.json": json.dumps(info),
        "<b id=injected>/status.json": json.dumps(status),
    }
    import_runs(RunStore(root), io.BytesIO(zipped(members).getvalue()))
