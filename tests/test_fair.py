"""core.runs.fair: search, choice by validation images, final runs with other seeds."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.analysis.outcomes import choice_sentences
from core.errors import ConfigError
from core.runs import files
from core.runs.engines.local import LocalEngine
from core.runs.fair import advance
from core.runs.group_launch import launch_group
from core.runs.group_plans import plan_fair
from core.runs.groups import Choice, Group, GroupStore, is_open, readable, runs_of
from core.runs.queue import RunQueue, cancel
from core.runs.records import State, new_status
from core.runs.store import RunStore
from tests.support.groups import RATES, TINY, end, end_all, fair, finals, look, now, searched
from tests.support.workers import wait_until

PATIENCE_SECONDS = 120


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
