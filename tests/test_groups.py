"""core.runs.groups and fair: groups on disk, and a fair comparison from its search to its end.

Most facts are told of runs whose end is written by hand, into the files a worker writes. One
fair comparison is trained by real workers.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.analysis.outcomes import Outcome, choice_sentences, half_interval, outcomes
from core.config import RunConfig
from core.errors import ConfigError, RunError
from core.runs import fair as fair_module
from core.runs import files
from core.runs.engines.local import LocalEngine
from core.runs.fair import advance
from core.runs.groups import (
    Choice,
    Group,
    GroupStore,
    is_open,
    launch_group,
    plan_fair,
    plan_sweep,
    readable,
    runs_of,
)
from core.runs.queue import RunQueue, cancel
from core.runs.records import Run, State, new_status
from core.runs.store import RunStore
from core.ui.groups_view import foremost, to_compare

PATIENCE_SECONDS = 120
TINY = RunConfig(dataset="digits", train_size=100, hidden_sizes=(16,), epochs=1, learning_rate=0.1)
RATES = {"sgd": (0.1, 0.01), "adam": (0.01, 0.001)}


@pytest.fixture
def groups(store: RunStore) -> GroupStore:
    return GroupStore(store.root)


def fair(store: RunStore, groups: GroupStore, seeds: int = 2) -> Group:
    """Launch a fair comparison of two optimizers with two rates each."""
    group = plan_fair(TINY, RATES, seeds, name="", limit=500)
    launch_group(store, groups, group)
    return now(groups, group)


def now(groups: GroupStore, group: Group) -> Group:
    found = groups.find(group.id)
    assert found is not None
    return found


def look(store: RunStore, groups: GroupStore) -> None:
    """Do what the keeper of the queue does for groups at a look."""
    advance(store, groups, readable(store), cancel)


def searched(store: RunStore, group: Group, optimizer: str, rate: float) -> Run:
    (found,) = (
        run
        for run in runs_of(group, readable(store), "search")
        if (run.config.optimizer, run.config.learning_rate) == (optimizer, rate)
    )
    return found


def finals(store: RunStore, group: Group) -> list[tuple[str, float, int]]:
    return sorted(
        (run.config.optimizer, run.config.learning_rate, run.config.seed)
        for run in runs_of(group, readable(store), "final")
    )


def end(store: RunStore, run: Run, validation: float | None = 0.5, loss: float = 1.0) -> None:
    """Write what a worker leaves of a run that finished with this validation accuracy."""
    folder = store.folder(run.id)
    epoch = {"epoch": 1, "step": 2, "images": 100, "seconds": 1.0, "train_loss": loss}
    epoch |= {"validation_loss": loss, "validation_accuracy": validation}
    (folder / f"{files.EPOCHS}.jsonl").write_text(json.dumps(epoch) + "\n")
    files.write_json(
        folder / files.SUMMARY,
        {
            "epochs": 1, "steps": 2, "seconds": 1.0, "train_images": 100, "validation_images": 240,
            "test_images": 360, "test_loss": 1.0, "test_accuracy": 0.5,
            "best_validation_accuracy": validation, "final_validation_accuracy": validation,
        },
    )  # fmt: skip
    store.write_status(run.id, new_status("finished"))


def end_all(store: RunStore, group: Group, state: State = "finished") -> None:
    for run in runs_of(group, readable(store)):
        if run.active and state == "finished":
            end(store, run)
        elif run.active:
            store.write_status(run.id, new_status(state, reason="Ended by the test."))


# A sweep


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


def test_an_outcome_sums_up_the_seeds(store: RunStore, groups: GroupStore) -> None:
    group = plan_sweep(TINY, {"lr": (0.1, 0.2), "seed": (0, 1)}, name="", limit=500)
    ids = launch_group(store, groups, group)
    for run_id, accuracy in zip(ids, (0.5, 0.7, 0.9, 0.9), strict=True):
        end(store, store.read(run_id), accuracy)
    first, second = outcomes(group, readable(store))
    assert (first.label, first.finished) == ("0.1", 2)
    assert first.validation_accuracy == pytest.approx(0.6)
    assert second.validation_accuracy == pytest.approx(0.9)


def test_an_outcome_outlives_a_deleted_run(store: RunStore, groups: GroupStore) -> None:
    group = plan_sweep(TINY, {"seed": (0, 1)}, name="", limit=500)
    ids = launch_group(store, groups, group)
    end_all(store, group)
    store.delete(ids[0])
    (row,) = outcomes(group, readable(store))
    assert row.run_ids == (ids[1],)


def test_the_interval_is_students() -> None:
    from scipy import stats

    values = [0.91, 0.93, 0.96]
    low, high = stats.t.interval(0.95, 2, loc=sum(values) / 3, scale=stats.sem(values))
    assert half_interval(values) == pytest.approx((high - low) / 2)


def test_one_value_has_no_interval() -> None:
    assert half_interval([0.9]) is None


@pytest.mark.parametrize(
    ("half", "said"),
    [(None, ""), (0.0, "under 0.1"), (0.0004, "under 0.1"), (0.0006, "0.1"), (0.6, "over 50")],
)
def test_an_interval_is_never_told_as_nothing(half: float | None, said: str) -> None:
    assert outcome(half=half).spoken_half == said


def outcome(validation: float | None = None, half: float | None = None) -> Outcome:
    return Outcome("0.1", TINY, ("a",), 1, validation, 0.5, half)


def test_of_too_many_rows_those_best_on_validation_images_are_shown() -> None:
    shown, said = foremost([outcome(place / 100) for place in range(25)])
    assert [row.validation_accuracy for row in shown[:2]] == [0.24, 0.23]
    assert said == "The 20 of 25 that read the validation images best."


def test_of_too_many_rows_without_validation_images_the_first_are_shown() -> None:
    rows = [outcome() for _ in range(25)]
    shown, said = foremost(rows)
    assert all(one is other for one, other in zip(shown, rows[:20], strict=True))
    assert said == "The first 20 of 25."


@pytest.mark.parametrize(
    ("validation", "label"), [(0.5, "Compare the best 20"), (None, "Compare the first 20")]
)
def test_the_button_calls_best_only_what_was_seen_to_be(
    store: RunStore, groups: GroupStore, validation: float | None, label: str
) -> None:
    group = plan_sweep(TINY, {"seed": range(21)}, name="", limit=500)
    ids = launch_group(store, groups, group)
    for run_id in ids:
        end(store, store.read(run_id), validation)
    assert to_compare(group, readable(store)) == (ids[:20], label)


# A fair comparison


def test_the_search_has_a_run_for_each_rate_on_the_same_seed(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    made = [(run.config.optimizer, run.config.learning_rate, run.config.seed, run.info.role)
            for run in runs_of(group, readable(store))]  # fmt: skip
    assert sorted(made) == [
        ("adam", 0.001, 0, "search"), ("adam", 0.01, 0, "search"),
        ("sgd", 0.01, 0, "search"), ("sgd", 0.1, 0, "search"),
    ]  # fmt: skip


def test_no_final_run_is_made_while_a_search_run_is_left(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    for run in runs_of(group, readable(store))[1:]:
        end(store, run)
    look(store, groups)
    look(store, groups)
    assert (finals(store, group), now(groups, group).stage) == ([], "search")


def test_a_listing_from_before_the_launch_chooses_nothing(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    advance(store, groups, [], cancel)
    assert (now(groups, group).stage, now(groups, group).choices) == ("search", {})


def test_a_listing_with_only_some_of_the_search_chooses_nothing(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    end(store, searched(store, group, "sgd", 0.1))
    advance(store, groups, [searched(store, group, "sgd", 0.1)], cancel)
    assert now(groups, group).stage == "search"


def test_the_best_rate_of_each_goes_on_with_seeds_the_search_did_not_see(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    end(store, searched(store, group, "sgd", 0.1), 0.6)
    end(store, searched(store, group, "sgd", 0.01), 0.4)
    end(store, searched(store, group, "adam", 0.01), 0.7)
    end(store, searched(store, group, "adam", 0.001), 0.8)
    look(store, groups)
    look(store, groups)
    assert finals(store, group) == [
        ("adam", 0.001, 1), ("adam", 0.001, 2), ("sgd", 0.1, 1), ("sgd", 0.1, 2),
    ]  # fmt: skip


def test_of_equal_accuracies_the_lower_loss_wins(store: RunStore, groups: GroupStore) -> None:
    group = fair(store, groups)
    end(store, searched(store, group, "sgd", 0.1), loss=0.9)
    end(store, searched(store, group, "sgd", 0.01), loss=1.1)
    end_all(store, group)
    look(store, groups)
    assert now(groups, group).choices["sgd"].rate == 0.1


def test_of_equal_accuracies_the_loss_of_the_epoch_that_is_kept_counts(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    for rate, losses in ((0.1, (0.2, 0.9)), (0.01, (0.5, 0.6))):
        run = searched(store, group, "sgd", rate)
        end(store, run)
        folder = store.folder(run.id)
        files.write_json(
            folder / files.SUMMARY,
            files.read_json(folder / files.SUMMARY) | {"epochs": 2, "best_epoch": 1},
        )
        (folder / f"{files.EPOCHS}.jsonl").write_text(
            "".join(
                json.dumps({"epoch": epoch, "step": 2, "images": 100, "seconds": 1.0,
                            "train_loss": 1.0, "validation_loss": loss}) + "\n"
                for epoch, loss in enumerate(losses, start=1)
            )
        )  # fmt: skip
    end_all(store, group)
    look(store, groups)
    assert now(groups, group).choices["sgd"].rate == 0.1


def test_of_equal_losses_too_the_smaller_rate_wins(store: RunStore, groups: GroupStore) -> None:
    group = fair(store, groups)
    end_all(store, group)
    look(store, groups)
    assert [choice.rate for choice in now(groups, group).choices.values()] == [0.01, 0.001]


@pytest.mark.parametrize("state", ["diverged", "failed", "cancelled", "crashed"])
def test_a_run_that_did_not_finish_never_wins_and_counts_as_tried(
    store: RunStore, groups: GroupStore, state: State
) -> None:
    group = fair(store, groups)
    end(store, searched(store, group, "sgd", 0.1), 0.1)
    store.write_status(searched(store, group, "sgd", 0.01).id, new_status(state))
    end_all(store, group)
    look(store, groups)
    choice = now(groups, group).choices["sgd"]
    assert (choice.rate, choice.tried, choice.usable) == (0.1, 2, 1)


def test_an_optimizer_without_a_usable_run_has_no_finals_and_a_sentence(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    for rate in RATES["sgd"]:
        store.write_status(searched(store, group, "sgd", rate).id, new_status("diverged"))
    end_all(store, group)
    for _ in range(3):
        look(store, groups)
    assert {optimizer for optimizer, *_ in finals(store, group)} == {"adam"}
    assert "SGD: none of its 2 tries could be used" in choice_sentences(now(groups, group))[0]


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ((0.1, 0.01), "the highest one tried"),
        ((0.1, 0.5), "the lowest one tried"),
        ((0.1,), "read the validation images best (90.0 %)."),
    ],
)
def test_a_rate_at_the_edge_of_its_grid_is_pointed_out(rates: tuple[float, ...], said: str) -> None:
    group = plan_fair(TINY, {"sgd": rates, "adam": rates}, 1, name="", limit=500)
    best = Choice(rate=0.1, validation_accuracy=0.9, tried=len(rates), usable=len(rates))
    (sentence,) = choice_sentences(group.model_copy(update={"choices": {"sgd": best}}))
    assert said in sentence
    assert sentence.count("one tried") == (len(rates) > 1)


def test_a_crash_after_some_final_runs_doubles_none(store: RunStore, groups: GroupStore) -> None:
    group = fair(store, groups)
    end_all(store, group)
    look(store, groups)
    chosen = now(groups, group)
    look(store, groups)
    # As it stands when the keeper ends between two final runs.
    store.write_status(runs_of(group, readable(store), "final")[0].id, new_status("cancelled"))
    store.delete(runs_of(group, readable(store), "final")[0].id)
    groups.write(chosen)
    before = len(finals(store, group))
    look(store, groups)
    assert (before, len(finals(store, group)), len(set(finals(store, group)))) == (3, 4, 4)


def test_a_search_run_deleted_after_the_choice_changes_nothing(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    end(store, searched(store, group, "sgd", 0.1), 0.9)
    end_all(store, group)
    look(store, groups)
    store.delete(searched(store, group, "sgd", 0.1).id)
    look(store, groups)
    assert ("sgd", 0.1, 1) in finals(store, group)


def test_looking_again_at_a_comparison_that_has_ended_makes_nothing(
    store: RunStore, groups: GroupStore
) -> None:
    group = fair(store, groups)
    for _ in range(4):
        end_all(store, group)
        look(store, groups)
    assert (len(finals(store, group)), now(groups, group).stage) == (4, "final")


def test_a_cancelled_search_has_no_final_runs(store: RunStore, groups: GroupStore) -> None:
    group = fair(store, groups)
    end(store, searched(store, group, "sgd", 0.1))
    end(store, searched(store, group, "adam", 0.01))
    groups.cancel(group)
    for _ in range(3):
        look(store, groups)
    assert (finals(store, group), now(groups, group).stage) == ([], "cancelled")


def test_settings_without_validation_images_are_given_some() -> None:
    blind = TINY.replace(validation_fraction=0, watch="test")
    group = plan_fair(blind, RATES, 2, name="", limit=500)
    assert {config.watch for config in group.foreseen_configs()} == {"validation"}
    assert "held back" in group.note


@pytest.mark.parametrize(
    ("rates", "complaint"),
    [
        ({"sgd": (0.1,)}, "at least two optimizers"),
        ({"sgd": (0.1, 0.2), "adam": (0.1,)}, "equally many .* SGD 2, Adam 1"),
        ({"sgd": (), "adam": ()}, "Name learning rates for SGD"),
        ({"sgd": range(1, 100), "adam": range(1, 100)}, "would be 202 runs; at most 200"),
    ],
)
def test_an_unfair_or_too_large_comparison_is_refused(
    rates: dict[str, tuple[float, ...]], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        plan_fair(TINY, rates, 2, name="", limit=200)


# With real workers


def wait_until(happened: Callable[[], bool]) -> None:
    start = time.monotonic()
    while not happened():
        assert time.monotonic() - start < PATIENCE_SECONDS, "waited in vain"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunStore, Group]]:
    store = RunStore(tmp_path_factory.mktemp("fair") / "runs")
    groups = GroupStore(store.root)
    group = plan_fair(TINY, {"sgd": (0.1,), "adam": (0.01,)}, 1, name="", limit=500)
    launch_group(store, groups, group)
    queue = RunQueue(store, LocalEngine(Path("nowhere"), threads=1), slots=2)
    queue.start()
    try:
        wait_until(lambda: not is_open(now(groups, group), readable(store)))
        yield store, now(groups, group)
    finally:
        groups.cancel(group)
        queue.stop()


def test_the_queue_takes_a_comparison_to_its_end(trained: tuple[RunStore, Group]) -> None:
    store, group = trained
    assert finals(store, group) == [("adam", 0.01, 1), ("sgd", 0.1, 1)]
    assert all(run.summary is not None for run in runs_of(group, readable(store)))


def test_the_choice_is_by_what_the_workers_measured(trained: tuple[RunStore, Group]) -> None:
    store, group = trained
    summary = searched(store, group, "adam", 0.01).summary
    assert summary is not None
    assert group.choices["adam"].validation_accuracy == summary.final_validation_accuracy
