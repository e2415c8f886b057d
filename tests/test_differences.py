"""What differs between the settings of runs, and when comparing them is unfair."""

from typing import Any

import pytest

from core.analysis.differences import config_differences, learning_rate_note, unfair_reasons
from core.config import RunConfig

BASE: dict[str, Any] = {
    "dataset": "mnist",
    "train_size": None,
    "validation_fraction": 0.1,
    "epochs": 25,
    "loss": "cross_entropy",
    "watch": "validation",
    "optimizer": "SGD",
    "learning_rate": 0.001,
    "seed": 0,
}


def pair(**changes: Any) -> dict[str, dict[str, Any]]:
    return {"SGD": BASE, "Adam": BASE | changes}


def cells(first: Any, second: Any) -> list[str]:
    table = config_differences({"one": {"field": first}, "two": {"field": second}})
    return [str(cell) for cell in table.loc["field"]]


def test_only_differing_fields_are_rows() -> None:
    table = config_differences(pair(optimizer="Adam", seed=1))
    assert list(table.index) == ["optimizer", "seed"]


def test_runs_are_columns_in_their_order() -> None:
    assert list(config_differences(pair(seed=1)).columns) == ["SGD", "Adam"]


def test_nothing_differs_between_equal_settings() -> None:
    assert config_differences(pair()).empty


def test_one_run_differs_from_nothing() -> None:
    assert config_differences({"SGD": BASE}).empty


def test_no_runs_give_an_empty_table() -> None:
    assert config_differences({}).empty


def test_a_field_differs_when_the_third_run_differs() -> None:
    assert list(config_differences(pair() | {"third": BASE | {"epochs": 3}}).index) == ["epochs"]


def test_nested_fields_have_dotted_names() -> None:
    table = config_differences({"a": {"model": {"width": 64}}, "b": {"model": {"width": 128}}})
    assert list(table.index) == ["model.width"]


def test_a_field_that_one_run_lacks_reads_as_a_dash() -> None:
    table = config_differences({"a": {"momentum": 0.9}, "b": {}})
    assert [*table.loc["momentum"]] == ["0.9", "–"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.001, "0.001"),
        (1e-05, "0.00001"),
        (1.0, "1"),
        (64, "64"),
        (None, "–"),
        (True, "yes"),
        (False, "no"),
        ([128, 256], "128, 256"),
        ((0.9, 0.999), "0.9, 0.999"),
        ([], "none"),
        ("Adam", "Adam"),
        ([{"kind": "dense", "width": 8}], "kind dense, width 8"),
    ],
)
def test_cell_reads(value: Any, text: str) -> None:
    assert cells(value, "something else")[0] == text


def test_a_setting_that_means_nothing_for_a_run_reads_as_a_dash() -> None:
    sgd = RunConfig(momentum=0.9, nesterov=True)
    configs = {"SGD": sgd.model_dump(), "Adam": sgd.switch(optimizer="adam").model_dump()}
    table = config_differences(configs)
    assert list(table.index) == ["optimizer", "momentum", "nesterov"]
    assert [*table["Adam"]] == ["adam", "–", "–"]


def test_a_setting_that_only_begins_to_mean_something_is_no_row() -> None:
    sgd = RunConfig()
    configs = {"SGD": sgd.model_dump(), "Adam": sgd.switch(optimizer="adam").model_dump()}
    assert list(config_differences(configs).index) == ["optimizer"]


def test_an_empty_setting_reads_as_what_it_means() -> None:
    table = config_differences({"a": {"train_size": None}, "b": {"train_size": 1000}})
    assert [*table.loc["train_size"]] == ["all", "1000"]


def test_a_list_and_a_tuple_of_the_same_numbers_do_not_differ() -> None:
    assert config_differences({"a": {"hidden": [128]}, "b": {"hidden": (128,)}}).empty


def test_close_numbers_still_differ() -> None:
    assert len(set(cells(0.1, 0.1 + 1e-12))) == 2


def test_like_with_like_gives_no_reason() -> None:
    assert unfair_reasons(pair(optimizer="Adam", learning_rate=0.01, seed=3)) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"dataset": "digits"},
            "The runs learn from different data (SGD: MNIST; Adam: embedded digits).",
        ),
        (
            {"train_size": 1000},
            "The runs learn from different numbers of images (SGD: all; Adam: 1000).",
        ),
        (
            {"validation_fraction": 0.2},
            "The runs hold back different shares for validation (SGD: 10 %; Adam: 20 %).",
        ),
        (
            {"epochs": 5},
            "The runs train for different numbers of epochs (SGD: 25; Adam: 5).",
        ),
        (
            {"label_noise": 0.2},
            "The runs learn from different shares of wrong labels (SGD: –; Adam: 20 %).",
        ),
        (
            {"max_seconds": 60},
            "The runs have different limits of seconds (SGD: no limit; Adam: 60).",
        ),
        (
            {"loss": "mse"},
            "Their losses are on different scales: compare accuracies "
            "(SGD: cross-entropy; Adam: mean squared error).",
        ),
    ],
)
def test_unequal_terms_are_named(changes: dict[str, Any], reason: str) -> None:
    assert unfair_reasons(pair(**changes)) == [reason]


def test_cross_entropy_in_one_step_or_two_is_one_scale() -> None:
    assert unfair_reasons(pair(loss="nll")) == []


def test_watching_the_test_images_is_named_with_who_does() -> None:
    (reason,) = unfair_reasons(pair(watch="test"))
    assert reason.startswith("Adam watches the test images during training")


def test_watching_the_test_images_is_named_even_when_all_do() -> None:
    (reason,) = unfair_reasons({"SGD": BASE | {"watch": "test"}, "Adam": BASE | {"watch": "test"}})
    assert reason.startswith("SGD and Adam watch the test images during training")


def test_several_reasons_are_several_sentences() -> None:
    assert len(unfair_reasons(pair(epochs=5, train_size=1000))) == 2


def test_different_optimizers_at_one_learning_rate_are_noted() -> None:
    note = learning_rate_note(pair(optimizer="Adam"))
    assert note is not None
    assert "the learning rate is 0.001 for all" in note


def test_different_optimizers_at_their_own_learning_rates_are_not_noted() -> None:
    assert learning_rate_note(pair(optimizer="Adam", learning_rate=0.01)) is None


def test_one_optimizer_is_not_noted() -> None:
    assert learning_rate_note(pair(epochs=5)) is None


def test_of_many_runs_unequal_terms_are_told_by_their_values() -> None:
    configs = {f"run {number}": BASE | {"epochs": 5 + number // 3} for number in range(6)}
    assert unfair_reasons(configs) == [
        "The runs train for different numbers of epochs "
        "(5: run 0, run 1 and run 2; 6: run 3, run 4 and run 5)."
    ]


def test_of_many_runs_that_watch_the_test_images_only_the_first_are_named() -> None:
    configs = {f"run {number}": BASE | {"watch": "test"} for number in range(9)}
    (reason,) = unfair_reasons(configs)
    assert reason.startswith("run 0, run 1, run 2 and 6 more watch the test images")
