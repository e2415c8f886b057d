"""core.sweeps: several configs from one, and values as people type them."""

import pytest

from core.config import USUAL_RATES, RunConfig
from core.errors import ConfigError
from core.sweeps import (
    consecutive_seeds,
    judged_on_validation,
    rate_grid,
    read_values,
    vary,
)

BASE = RunConfig(dataset="digits", momentum=0.9)


def test_every_combination_is_made_the_first_setting_changing_slowest() -> None:
    configs = vary(BASE, {"learning_rate": (0.1, 0.01), "seed": (0, 1)})
    assert [(config.learning_rate, config.seed) for config in configs] == [
        (0.1, 0),
        (0.1, 1),
        (0.01, 0),
        (0.01, 1),
    ]


def test_what_no_longer_applies_falls_back() -> None:
    sgd, adam = vary(BASE, {"optimizer": ("sgd", "adam")})
    assert (sgd.momentum, adam.momentum) == (0.9, 0)


def test_what_is_not_varied_stays() -> None:
    assert vary(BASE, {"lr": (0.5,)}) == [BASE.replace(learning_rate=0.5)]


def test_more_runs_than_the_limit_are_refused_with_their_number() -> None:
    with pytest.raises(ConfigError, match=r"would be 720 runs; at most 500 .* --max-runs"):
        vary(BASE, {"seed": range(720)})


def test_the_limit_can_be_raised() -> None:
    assert len(vary(BASE, {"seed": range(720)}, limit=720)) == 720


def test_more_than_three_settings_are_refused() -> None:
    values = {"seed": (1,), "lr": (1,), "epochs": (1,), "batch": (1,)}
    with pytest.raises(ConfigError, match="At most 3 settings"):
        vary(BASE, values)


def test_a_contradictory_combination_is_named() -> None:
    with pytest.raises(ConfigError, match=r"optimizer=adam, momentum=0.9 .* belongs to SGD"):
        vary(BASE, {"optimizer": ("sgd", "adam"), "momentum": (0.9,)})


def test_a_combination_that_comes_twice_is_named() -> None:
    with pytest.raises(ConfigError, match="seed=1 and seed=1 are the same run"):
        vary(BASE, {"seed": (1, 1)})


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "at least one setting"),
        ({"seed": ()}, "at least one value for seed"),
        ({"lr": (1,), "learning_rate": (2,)}, "named twice"),
        ({"nonsense": (1,)}, "no setting called nonsense"),
    ],
)
def test_what_cannot_be_varied_is_refused(
    values: dict[str, tuple[object, ...]], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        vary(BASE, values)


@pytest.mark.parametrize(
    ("field", "text", "values"),
    [
        ("lr", "0.1, 0.01 1e-3", (0.1, 0.01, 0.001)),
        ("optimizer", "sgd,adam", ("sgd", "adam")),
        ("hidden", "128 256; 64", ((128, 256), (64,))),
        ("hidden_sizes", "128, 64; none", ((128, 64), ())),
        ("seed", "0-3", (0, 1, 2, 3)),
        ("seed", "7, 1-2", (7, 1, 2)),
        ("train_size", "100, all", (100, None)),
        ("batch_norm", "yes, no", (True, False)),
    ],
)
def test_values_are_read_as_typed(field: str, text: str, values: tuple[object, ...]) -> None:
    assert read_values(field, text) == values


@pytest.mark.parametrize(
    ("field", "text", "complaint"),
    [
        ("lr", "0.1, much", "Learning rate must be a number, got much"),
        ("lr", "0.1, 0", "Learning rate must be above 0"),
        ("lr", "0.1, 0.10", "names 0.1 twice"),
        ("lr", " , ", "at least one value"),
        ("optimizer", "sgd, adm", "Optimizer must be one of sgd, adam"),
        ("hidden", "128 wide", "must be a whole number, got wide"),
        ("seed", "5-1", "must go up"),
        ("lrr", "1", "no setting called lrr; perhaps lr"),
    ],
)
def test_bad_values_get_a_sentence(field: str, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_values(field, text)


def test_seeds_count_up_from_the_first() -> None:
    assert consecutive_seeds(7, 3) == (7, 8, 9)


def test_no_seed_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        consecutive_seeds(0, 0)


def test_the_usual_grid_steps_by_half_powers_of_ten_around_the_usual_rate() -> None:
    assert rate_grid("sgd") == (0.001, 0.0032, 0.01, 0.032, 0.1)


@pytest.mark.parametrize("optimizer", USUAL_RATES)
def test_every_grid_has_five_rates_that_are_allowed(optimizer: str) -> None:
    grid = rate_grid(optimizer)
    assert len(vary(BASE, {"optimizer": (optimizer,), "lr": grid})) == 5


def test_settings_without_validation_images_get_a_sixth_and_say_so() -> None:
    config, note = judged_on_validation(BASE.replace(validation_fraction=0, watch="test"))
    assert (config.validation_fraction, config.watch) == (1 / 6, "validation")
    assert "One sixth" in note


def test_settings_that_watch_validation_images_stay_as_they_are() -> None:
    assert judged_on_validation(BASE) == (BASE, "")
