"""Who may do what: every function that changes something asks one place, and refuses visitors."""

import ast
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import access
from core.access import GUARDED, NOBODY, OWNER, VISITORS_OWN, Action, Actor, acting_as
from core.config import RunConfig
from core.errors import AccessError
from core.field_test.exporting import write_dataset
from core.field_test.records import Original
from core.field_test.store import DrawingStore
from core.learning.download import Download
from core.runs.bin import delete_for_good, discard, empty_bin, restore
from core.runs.exporting import export_runs, write_zip
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_sweep
from core.runs.groups import GroupStore
from core.runs.importing import import_runs
from core.runs.labels import relabel, retag
from core.runs.queue import cancel
from core.runs.resuming import extend, resume
from core.runs.store import RunStore
from core.runs.visitor_rules import VisitorRules, write_rules
from core.settings import PROJECT_ROOT

VISITOR = Actor("visitor", VISITORS_OWN, "a1b2c3")
SWEEP = plan_sweep(RunConfig(epochs=1), {"seed": (0, 1)}, name="two", limit=10)
PICTURE = Original(b"\x89PNG", ())
EXAMPLE = "example-adam"


def calls(root: Path) -> dict[str, Callable[[], Any]]:
    """Each guarded function, called in earnest on what lies under `root`."""
    store, drawings = RunStore(root / "runs"), DrawingStore(root / "drawings")
    groups = GroupStore(store.root)
    digit = np.zeros((28, 28), np.uint8)
    return {
        "core.runs.store.RunStore.create": lambda: store.create(RunConfig(epochs=1)),
        "core.runs.store.RunStore.delete": lambda: store.delete(EXAMPLE),
        "core.runs.labels.relabel": lambda: relabel(store, EXAMPLE, name="mine"),
        "core.runs.labels.retag": lambda: retag(store, EXAMPLE, add=["mine"]),
        "core.runs.bin.discard": lambda: discard(store, EXAMPLE),
        "core.runs.bin.restore": lambda: restore(store, EXAMPLE),
        "core.runs.bin.delete_for_good": lambda: delete_for_good(store, EXAMPLE),
        "core.runs.bin.empty_bin": lambda: empty_bin(store),
        "core.runs.queue.cancel": lambda: cancel(store, EXAMPLE),
        "core.runs.resuming.resume": lambda: resume(store, EXAMPLE),
        "core.runs.resuming.extend": lambda: extend(store, EXAMPLE, 50),
        "core.runs.group_launch.launch_group": lambda: launch_group(store, groups, SWEEP),
        "core.runs.groups.GroupStore.write": lambda: groups.write(SWEEP),
        "core.runs.groups.GroupStore.cancel": lambda: groups.cancel(SWEEP),
        "core.runs.exporting.export_runs": lambda: export_runs(store, [EXAMPLE], root / "x.zip"),
        "core.runs.exporting.write_zip": lambda: write_zip(store, [EXAMPLE], io.BytesIO()),
        "core.runs.importing.import_runs": lambda: import_runs(store, io.BytesIO(b"PK")),
        "core.runs.visitor_rules.write_rules": lambda: write_rules(
            store.root, VisitorRules(start_runs=True)
        ),
        "core.learning.download.Download.retry": lambda: Download(root / "data").retry(),
        "core.field_test.store.DrawingStore.add": lambda: drawings.add(7, digit, PICTURE),
        "core.field_test.store.DrawingStore.mark": lambda: drawings.mark("0" * 11, hidden=True),
        "core.field_test.store.DrawingStore.discard": lambda: drawings.discard(["0" * 11]),
        "core.field_test.store.DrawingStore.restore": lambda: drawings.restore(["0" * 11]),
        "core.field_test.store.DrawingStore.empty_bin": drawings.empty_bin,
        "core.field_test.exporting.write_dataset": lambda: write_dataset(drawings, io.BytesIO()),
    }


@pytest.fixture
def root(examples: RunStore, tmp_path: Path) -> Path:
    examples.root.rename(tmp_path / "runs")
    return tmp_path


def contents(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def test_the_list_of_guarded_functions_is_the_one_that_is_tried_here(tmp_path: Path) -> None:
    assert set(GUARDED) == set(calls(tmp_path))


@pytest.mark.parametrize(
    "name", [name for name, action in GUARDED.items() if action not in VISITORS_OWN]
)
def test_a_visitor_is_refused_and_nothing_changes(root: Path, name: str) -> None:
    before = contents(root)
    with acting_as(VISITOR), pytest.raises(AccessError, match="Only the owner"):
        calls(root)[name]()
    assert contents(root) == before


def test_nobody_may_not_even_draw(root: Path) -> None:
    with acting_as(NOBODY), pytest.raises(AccessError):
        calls(root)["core.field_test.store.DrawingStore.add"]()


def test_the_owner_may_what_visitors_may_not(root: Path) -> None:
    with acting_as(OWNER):
        calls(root)["core.runs.labels.relabel"]()
    assert RunStore(root / "runs").read(EXAMPLE).name == "mine"


def test_a_process_that_is_no_dashboard_is_its_owners() -> None:
    assert access.actor() is OWNER


def test_a_visitor_may_cancel_an_own_run(store: RunStore) -> None:
    write_rules(store.root, VisitorRules(start_runs=True))
    with acting_as(Actor("visitor", frozenset({Action.START_RUNS}), "a1b2c3")):
        run_id = store.create(RunConfig(epochs=1))
        cancel(store, run_id)
    assert store.read(run_id).status.state == "cancelled"


def test_a_visitor_may_not_cancel_anothers_run(store: RunStore) -> None:
    with acting_as(Actor("visitor", frozenset({Action.START_RUNS}), "another")):
        run_id = store.create(RunConfig(epochs=1))
    with acting_as(VISITOR), pytest.raises(AccessError):
        cancel(store, run_id)


def test_visitors_without_a_cookie_may_not_cancel_each_others_runs(store: RunStore) -> None:
    with acting_as(Actor("visitor", frozenset({Action.START_RUNS}))):
        run_id = store.create(RunConfig(epochs=1))
        with pytest.raises(AccessError):
            cancel(store, run_id)


# No function that changes something on the disk may be called by a page without being guarded.

ROOMS = ("core.runs", "core.field_test", "core.learning")
CHANGES = {
    "write_json", "replacing", "unlink", "rmtree", "rename", "mkdir", "touch", "write_text",
    "write_bytes", "copyfile", "copytree", "utime", "Popen",
}  # fmt: skip
# What pages may call all the same, and why.
HARMLESS = {
    "core.runs.queue.RunQueue.start": "the server's start, not a page's",
    "core.runs.queue.RunQueue.stop": "the server's end, not a page's",
    "core.learning.download.Download.start": "the server's start, not a page's",
    "core.learning.download.Download.stop": "the server's end, not a page's",
    "core.field_test.taking.keep_drawing": "asks through DrawingStore.add",
}


def modules(*places: str) -> Iterator[tuple[str, ast.Module]]:
    for place in places:
        for path in sorted((PROJECT_ROOT / place.replace(".", "/")).rglob("*.py")):
            name = ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts)
            yield name, ast.parse(path.read_text())


def imported(module: ast.Module) -> dict[str, str]:
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def called(node: ast.AST, names: dict[str, str], methods: dict[str, set[str]]) -> set[str]:
    """What is called within: functions by where they are from, methods by all that bear the name.

    Of a method that no class of the rooms has, the bare name.
    """
    found: set[str] = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            found.add(names.get(call.func.id, call.func.id))
        elif isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            found |= methods.get(call.func.attr, set()) | {call.func.attr}
    return found


def test_what_pages_call_and_changes_something_is_guarded() -> None:
    defined: dict[str, tuple[ast.FunctionDef, dict[str, str]]] = {}
    methods: dict[str, set[str]] = {}
    for name, module in modules(*ROOMS):
        names = imported(module)
        names |= {n.name: f"{name}.{n.name}" for n in module.body if isinstance(n, ast.FunctionDef)}
        for node in module.body:
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            owner = f"{name}.{node.name}" if isinstance(node, ast.ClassDef) else name
            for part in inside:
                if isinstance(part, ast.FunctionDef):
                    defined[f"{owner}.{part.name}"] = (part, names)
                    if isinstance(node, ast.ClassDef) and "Store" in node.name:
                        methods.setdefault(part.name, set()).add(f"{owner}.{part.name}")
    uses = {full: called(node, names, methods) for full, (node, names) in defined.items()}
    changing = {full for full, made in uses.items() if made & CHANGES}
    while more := {f for f, made in uses.items() if made & (changing - set(GUARDED))} - changing:
        changing |= more
    by_pages: set[str] = set()
    for _, module in modules("core.ui", "pages"):
        by_pages |= called(module, imported(module), methods)
    assert "core.runs.labels.relabel" in changing & by_pages  # or this would find nothing
    assert (changing & by_pages) - set(GUARDED) - set(HARMLESS) == set()
