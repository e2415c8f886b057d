"""core.runs.groups: sweeps on disk, launched, broken off, completed, cancelled."""

from typing import Any

import pytest

from core.config import RunConfig
from core.errors import ConfigError, RunError
from core.runs import fair as fair_module
from core.runs import files
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_fair, plan_sweep
from core.runs.groups import Group, GroupStore, readable
from core.runs.store import RunStore
from tests.support.groups import RATES, TINY, look, now


def test_a_sweep_makes_a_run_of_each_combination(store: RunStore, groups: GroupStore) -> None:
    group = plan_sweep(TINY, {"optimizer": ("sgd", "adam"), "seed": (0, 1)}, name="", limit=500)
    ids = launch_group(store, groups, group)
    found = [store.read(run_id).config for run_id in ids]
    assert [(config.optimizer, config.seed) for config in found] == [
        ("sgd", 0), ("sgd", 1), ("adam", 0), ("adam", 1),
    ]  # fmt: skip


def test_a_run_of_a_sweep_is_called_by_what_it_has_of_its_own(
    store: RunStore, groups: GroupStore
) -> None:
    group = plan_sweep(TINY, {"batch": (32, 64), "hidden": ((16,), (8, 8))}, name="", limit=500)
    ids = launch_group(store, groups, group)
    assert store.read(ids[1]).name == "SGD 0.1, batch size 32, hidden layers 8, 8"


def test_a_sweep_is_called_by_what_it_varies() -> None:
    group = plan_sweep(TINY, {"lr": (1.0, 2.0), "seed": (0,)}, name=" ", limit=500)
    assert group.name == "Sweep over learning rate and seed"


def test_a_sweep_that_is_too_large_is_refused_before_anything_is_written(store: RunStore) -> None:
    with pytest.raises(ConfigError, match="would be 501 runs"):
        plan_sweep(TINY, {"seed": range(501)}, name="", limit=500)
    assert not store.root.exists()


def test_a_group_reads_back_as_it_was_written(groups: GroupStore) -> None:
    group = plan_sweep(TINY, {"lr": (0.1, 0.2), "optimizer": ("adam",)}, name="Mine", limit=500)
    groups.write(group)
    assert GroupStore(groups.folder.parent).list() == [group]


def test_a_launch_that_broke_off_is_completed_by_the_keeper(
    store: RunStore, groups: GroupStore
) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1, 2)}, name="", limit=500)
    groups.write(group)
    store.create(group.first_configs()[1], group=group.id)
    look(store, groups)
    assert sorted(run.config.seed for run in readable(store)) == [0, 1, 2]


def disk_full_after(monkeypatch: pytest.MonkeyPatch, runs: int) -> None:
    create, made = RunStore.create, []

    def create_or_not(store: RunStore, config: RunConfig, **more: Any) -> str:
        if len(made) == runs:
            raise RunError("No run can be created (No space left on device).")
        made.append(config)
        return create(store, config, **more)

    monkeypatch.setattr(RunStore, "create", create_or_not)


def test_a_launch_that_finds_the_disk_full_is_cancelled_and_says_why(
    store: RunStore, groups: GroupStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1, 2)}, name="", limit=500)
    disk_full_after(monkeypatch, 1)
    with pytest.raises(RunError, match="No space left"):
        launch_group(store, groups, group)
    assert groups.is_cancelled(group)


def test_a_launch_that_found_the_disk_full_is_never_completed(
    store: RunStore, groups: GroupStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1, 2)}, name="", limit=500)
    with monkeypatch.context() as patch:
        disk_full_after(patch, 1)
        with pytest.raises(RunError):
            launch_group(store, groups, group)
    for _ in range(3):
        look(store, groups)
    assert [run.status.state for run in readable(store)] == ["cancelled"]
    assert now(groups, group).stage == "cancelled"


def test_a_group_that_breaks_the_keeper_does_not_starve_the_others(
    store: RunStore, groups: GroupStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = plan_sweep(TINY, {"seed": (0, 1)}, name="good", limit=500)
    bad = plan_sweep(TINY, {"seed": (0, 1)}, name="bad", limit=500)
    make = fair_module.make_missing

    def make_or_break(store: RunStore, group: Group, *more: Any) -> None:
        if group.id == bad.id:
            raise ValueError("nobody thought of it")
        make(store, group, *more)

    monkeypatch.setattr(fair_module, "make_missing", make_or_break)
    groups.write(good)
    groups.write(bad)  # the newer one, so that it comes first
    look(store, groups)
    assert now(groups, good).stage == "running"


@pytest.mark.parametrize(
    "changes",
    [
        {"varied": {"model_fields": [1]}},
        {"varied": {"lr": [1]}},
        {"varied": {"seed": []}},
        {"varied": {}},
        {"limit": 10**9},
        {"kind": "fair", "rates": {"sgd": [0.1], "magic": [0.1]}},
        {"kind": "fair", "rates": {"sgd": [0.1], "adam": []}},
        {"kind": "fair", "rates": {"sgd": [0.1]}, "choices": {"adam": {"tried": 1, "usable": 0}}},
    ],
)
def test_a_group_file_that_names_what_no_run_has_is_passed_over(
    groups: GroupStore, changes: dict[str, object]
) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1)}, name="", limit=500)
    groups.write(group)
    path = groups.folder / f"{group.id}.json"
    files.write_json(path, files.read_json(path) | changes)
    assert groups.find(group.id) is None


@pytest.mark.parametrize("granted", [500, 1000])
def test_the_keeper_makes_no_more_runs_than_were_granted(
    store: RunStore, groups: GroupStore, granted: int
) -> None:
    group = plan_sweep(TINY, {"seed": range(2)}, name="", limit=granted)
    groups.write(group.model_copy(update={"varied": {"seed": tuple(range(granted + 1))}}))
    look(store, groups)
    assert (readable(store), now(groups, group).stage) == ([], "cancelled")
    assert f"would be {granted + 1:,} runs" in now(groups, group).note


def test_more_runs_than_usual_can_be_granted() -> None:
    group = plan_sweep(TINY, {"seed": range(501)}, name="", limit=600)
    assert len(group.first_configs()) == 501


def test_a_search_of_more_runs_than_were_granted_is_refused() -> None:
    group = plan_fair(TINY, RATES, 2, name="", limit=500)
    with pytest.raises(ConfigError, match="at most 3 are started"):
        group.model_copy(update={"limit": 3}).first_configs()


def test_the_keeper_leaves_a_launch_under_way_alone(store: RunStore, groups: GroupStore) -> None:
    groups.write(plan_sweep(TINY, {"seed": (0, 1, 2)}, name="", limit=500))
    with groups.lock():
        look(store, groups)
    assert store.list() == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"kind": "sweep"}', "\0\0"])
def test_a_damaged_group_file_costs_only_its_line(
    store: RunStore, groups: GroupStore, content: str
) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1)}, name="", limit=500)
    launch_group(store, groups, group)
    (groups.folder / f"{group.id}.json").write_text(content)
    look(store, groups)
    assert (groups.list(), len(readable(store))) == ([], 2)


@pytest.mark.parametrize("name", ["../queue", "", ".hidden", "a" * 300, "nul\0"])
def test_a_hostile_group_id_finds_nothing(groups: GroupStore, name: str) -> None:
    assert groups.find(name) is None


def test_a_cancelled_group_ends_with_all_its_runs(store: RunStore, groups: GroupStore) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1)}, name="", limit=500)
    launch_group(store, groups, group)
    groups.cancel(group)
    look(store, groups)
    assert {run.status.state for run in readable(store)} == {"cancelled"}
    assert now(groups, group).stage == "cancelled"
