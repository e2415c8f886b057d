"""Whether the sides of a comparison had equally many tries at their learning rate."""

import itertools
from typing import Any

from core.analysis.named_sides import named_sides
from core.analysis.tuning import tuning_reasons
from core.config import RunConfig
from core.runs.groups import Choice, Group
from core.runs.records import Run, RunInfo, State, new_status
from core.words import distinct_names
from tests.support.summaries import summary_of

_numbers = itertools.count()
BASE = RunConfig(dataset="digits", epochs=2)


def run(
    optimizer: str,
    rate: float,
    accuracy: float | None,
    *,
    state: State = "finished",
    watched: bool = True,
    role: Any = None,
    **settings: Any,
) -> Run:
    """Return a run that read so many validation images right; None gave no result."""
    config = BASE.switch(optimizer=optimizer, learning_rate=rate, **settings)
    summary = None
    if accuracy is not None:
        summary = summary_of(accuracy, final_validation_accuracy=accuracy if watched else None)
    return Run(
        id=f"run{next(_numbers):08d}",
        info=RunInfo(
            config=config, name=f"{optimizer} {rate}", created=0.0, role=role, group="fair"
        ),
        status=new_status(state),
        summary=summary,
    )


def reasons(chosen: list[Run], others: list[Run], group: Group | None = None) -> list[str]:
    sides = named_sides(chosen, distinct_names(chosen))
    return tuning_reasons(sides, [*chosen, *others], lambda _: group)


def test_one_try_each_is_fair() -> None:
    assert reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], []) == []


def test_the_best_of_several_rates_against_an_untuned_run_is_named() -> None:
    others = [run("adam", 0.1, 0.2), run("adam", 0.001, 0.7)]
    (reason,) = reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others)
    assert reason.startswith("Only adam 0.01 was tuned")
    assert "(sgd 0.1: 1; adam 0.01: 3)" in reason


def test_equally_many_tries_are_fair() -> None:
    others = [run("adam", 0.1, 0.2), run("sgd", 0.01, 0.3)]
    assert reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others) == []


def test_unequal_numbers_of_tries_are_named() -> None:
    others = [run("adam", 0.1, 0.2), run("adam", 0.001, 0.2), run("sgd", 0.01, 0.3)]
    (reason,) = reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others)
    assert reason.startswith("The runs were not tuned alike")


def test_a_run_that_is_not_the_best_of_its_tries_was_not_chosen_for_that() -> None:
    others = [run("adam", 0.1, 0.95), run("adam", 0.001, 0.7)]
    assert reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others) == []


def test_a_try_that_ran_away_counts() -> None:
    others = [run("adam", 1.0, None, state="diverged")]
    assert len(reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others)) == 1


def test_a_try_that_still_trains_does_not_count() -> None:
    others = [run("adam", 1.0, None, state="running")]
    assert reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others) == []


def test_other_seeds_are_no_further_tries() -> None:
    others = [run("adam", 0.01, 0.9, seed=seed) for seed in (1, 2, 3)]
    assert reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others) == []


def test_runs_with_other_settings_are_no_tries() -> None:
    others = [run("adam", 0.1, 0.2, hidden_sizes=(9,)), run("adam", 0.1, 0.2, epochs=3)]
    assert reasons([run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9)], others) == []


def test_rates_compared_with_each_other_are_each_others_tries() -> None:
    assert reasons([run("adam", 0.1, 0.2), run("adam", 0.01, 0.9)], []) == []


def test_without_validation_images_the_best_is_seen_by_the_test_images() -> None:
    others = [run("adam", 0.1, 0.2, watched=False)]
    chosen = [run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9, watched=False)]
    assert len(reasons(chosen, others)) == 1


def test_the_final_runs_of_a_fair_comparison_had_equally_many_tries() -> None:
    group = fair_group()
    chosen = [run("sgd", 0.1, 0.8, role="final"), run("adam", 0.01, 0.9, role="final")]
    assert reasons(chosen, [], group) == []


def test_a_final_run_against_an_untuned_one_is_named_though_its_search_was_deleted() -> None:
    chosen = [run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9, role="final")]
    (reason,) = reasons(chosen, [], fair_group())
    assert "(sgd 0.1: 1; adam 0.01: 5)" in reason


def test_a_final_run_whose_group_is_gone_is_judged_by_the_runs_that_are_there() -> None:
    chosen = [run("sgd", 0.1, 0.8), run("adam", 0.01, 0.9, role="final")]
    assert reasons(chosen, [], None) == []
    assert len(reasons(chosen, [run("adam", 0.1, 0.1, role="search")], None)) == 1


def test_sides_on_other_data_are_not_held_against_each_other() -> None:
    others = [run("adam", 0.1, 0.2)]
    assert reasons([run("sgd", 0.1, 0.8, dataset="mnist"), run("adam", 0.01, 0.9)], others) == []


def test_one_side_alone_is_fair() -> None:
    assert reasons([run("adam", 0.01, 0.9)], [run("adam", 0.1, 0.2)]) == []


def fair_group() -> Group:
    return Group(
        id="fair",
        kind="fair",
        name="Fair comparison of SGD and Adam",
        created=0.0,
        base=BASE,
        stage="final",
        rates={"sgd": (0.1,) * 5, "adam": (0.01,) * 5},
        seeds=(1, 2),
        choices={
            "sgd": Choice(rate=0.1, validation_accuracy=0.8, tried=5, usable=5),
            "adam": Choice(rate=0.01, validation_accuracy=0.9, tried=5, usable=5),
        },
    )
