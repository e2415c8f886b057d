"""core.config: which settings go together, and what switching one does to the others."""

import pytest

from core.config import (
    CHOICES,
    RunConfig,
    problems,
)
from core.errors import ConfigError
from core.recipes import RECIPES


def complaint(**values: object) -> str:
    with pytest.raises(ConfigError) as caught:
        RunConfig.parse(values)
    return str(caught.value)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "adagrad"])
def test_momentum_is_refused_for(optimizer: str) -> None:
    assert complaint(optimizer=optimizer, momentum=0.9) == (
        "momentum belongs to SGD and RMSprop: here it must stay 0, got 0.9."
    )


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_momentum_is_taken_for(optimizer: str) -> None:
    assert RunConfig.parse({"optimizer": optimizer, "momentum": 0.9}).momentum == 0.9


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        (
            {"nesterov": True},
            "nesterov",
            "Nesterov momentum belongs to SGD with a momentum above 0: "
            "here it must stay no, got yes.",
        ),
        (
            {"beta1": 0.8},
            "beta1",
            "Adam's memory of directions belongs to Adam and AdamW: "
            "here it must stay 0.9, got 0.8.",
        ),
        (
            {"epsilon": 0.1},
            "epsilon",
            "smallest divisor belongs to Adam, AdamW, RMSprop and Adagrad: "
            "here it must stay empty, got 0.1.",
        ),
        (
            {"step_epochs": 3},
            "step_epochs",
            "epochs between steps belongs to the schedule “step”: here it must stay 10, got 3.",
        ),
        (
            {"loss": "mse", "label_smoothing": 0.1},
            "label_smoothing",
            "label smoothing belongs to cross-entropy: here it must stay 0, got 0.1.",
        ),
        (
            {"channels": "16"},
            "channels",
            "convolution channels belong to a CNN: here it must stay empty, got 16.",
        ),
        (
            {"model": "softmax"},
            "hidden_sizes",
            "hidden layers belong to an MLP or a CNN: here it must stay empty, got 128, 256.",
        ),
        (
            {"model": "cnn"},
            "channels",
            "a CNN needs at least one convolution layer: set channels, such as 16, 32.",
        ),
        (
            {"model": "cnn", "channels": "16", "kernel_size": 4},
            "kernel_size",
            "window size must be an odd number, got 4.",
        ),
        (
            {"hidden": "", "batch_norm": True},
            "batch_norm",
            "batch norm needs a hidden layer to stand behind: add one, or leave it out.",
        ),
        (
            {"batch_norm": True, "batch": 1},
            "batch_size",
            "batch norm needs more than one image in a batch: raise the batch size.",
        ),
        (
            {"warmup_epochs": 3, "epochs": 2},
            "warmup_epochs",
            "warm-up must not be longer than the training: 3 epochs of warm-up in 2 epochs.",
        ),
        (
            {"schedule": "step", "epochs": 10},
            "step_epochs",
            "epochs between steps must be below the 10 of the training, or the learning rate "
            "never falls, got 10.",
        ),
        (
            {"hidden": "", "dropout": 0.5},
            "dropout",
            "dropout belongs to networks with hidden layers: here it must stay 0, got 0.5.",
        ),
        (
            {"train_size": 100, "batch": 128, "drop_last": True},
            "batch_size",
            "batch size must be at most the 100 training images where the last, smaller batch is "
            "dropped, got 128.",
        ),
        (
            {"dataset": "digits", "validation_fraction": 0.0001},
            "validation_fraction",
            "validation share must hold back at least one image, got 0.0001 of 1,437.",
        ),
        (
            {"max_seconds": 9, "schedule": "one_cycle"},
            "max_seconds",
            "the schedule one-cycle falls until the last epoch, which a limit of seconds may cut "
            "off: leave time limit empty, or choose constant or step.",
        ),
        (
            {"patience": 2, "watch": "test"},
            "patience",
            "patience (early stopping) looks at validation images: set watched images to "
            "validation, or leave patience empty.",
        ),
        (
            {"validation_fraction": 0},
            "validation_fraction",
            "watching validation images needs a validation share above 0; "
            "raise it, or set watch to none.",
        ),
        (
            {"train_size": 50_001},
            "train_size",
            "training images must be at most 50,000, as many as are left beside validation, "
            "got 50,001; empty means all.",
        ),
    ],
)
def test_a_contradiction_is_said_and_has_a_field(
    values: dict[str, object], field: str, sentence: str
) -> None:
    assert (complaint(**values), problems(values)) == (sentence, {field: sentence})


def test_several_contradictions_are_all_said() -> None:
    assert complaint(momentum=0.9, optimizer="adam", warmup_epochs=9, epochs=2) == (
        "momentum belongs to SGD and RMSprop: here it must stay 0, got 0.9. "
        "warm-up must not be longer than the training: 9 epochs of warm-up in 2 epochs."
    )


def test_values_without_a_problem_have_none() -> None:
    assert problems(RunConfig().model_dump()) == {}


def test_problems_of_single_values_stand_at_their_fields() -> None:
    assert problems({"lr": -1, "hidden": "128 x"}) == {
        "learning_rate": "learning rate must be above 0, got -1.",
        "hidden_sizes": "hidden layers must be a whole number, got x.",
    }


def test_a_problem_of_the_whole_model_has_no_field() -> None:
    assert list(problems({"hidden": "6000 8000"})) == [""]


def test_replace_validates_again() -> None:
    with pytest.raises(ConfigError, match="momentum belongs to"):
        RunConfig(momentum=0.9).replace(optimizer="adam")


@pytest.mark.parametrize(
    ("before", "changes", "field", "value"),
    [
        (RunConfig(momentum=0.9), {"optimizer": "adam"}, "momentum", 0.0),
        (RunConfig(momentum=0.9), {"optimizer": "rmsprop"}, "momentum", 0.9),
        (RunConfig(momentum=0.9, nesterov=True), {"momentum": 0}, "nesterov", False),
        (RunConfig(), {"model": "cnn"}, "channels", (16, 32)),
        (RunConfig(), {"model": "cnn", "channels": "8"}, "channels", (8,)),
        (RunConfig(model="cnn", channels=(8,)), {"model": "mlp"}, "channels", ()),
        (RunConfig(), {"model": "softmax"}, "hidden_sizes", ()),
        (RunConfig(model="softmax", hidden_sizes=()), {"model": "mlp"}, "hidden_sizes", (128, 256)),
        (RunConfig(schedule="step", step_epochs=3), {"schedule": "cosine"}, "step_epochs", 10),
        (RunConfig(hidden_sizes=(7,)), {"lr": "0.5"}, "hidden_sizes", (7,)),
    ],
)
def test_switch_makes_the_other_settings_fit(
    before: RunConfig, changes: dict[str, object], field: str, value: object
) -> None:
    assert getattr(before.switch(**changes), field) == value


def test_switch_refuses_a_contradiction_that_was_named() -> None:
    with pytest.raises(ConfigError, match="momentum belongs to"):
        RunConfig().switch(optimizer="adam", momentum=0.9)


def test_switch_says_what_is_wrong_with_a_value() -> None:
    with pytest.raises(ConfigError, match="epochs must be at least 1, got 0"):
        RunConfig().switch(epochs=0)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("field", ["optimizer", "model", "loss", "schedule"])
def test_every_recipe_can_be_switched_to_every_choice(name: str, field: str) -> None:
    config = RECIPES[name].config
    for value in CHOICES[field]:
        assert getattr(config.switch(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("config", "field", "used"),
    [
        (RunConfig(), "momentum", True),
        (RunConfig(), "nesterov", False),
        (RunConfig(momentum=0.9), "nesterov", True),
        (RunConfig(optimizer="adam"), "momentum", False),
        (RunConfig(), "kernel_size", False),
        (RunConfig(), "learning_rate", True),
    ],
)
def test_a_setting_is_used_beside_its_owner(config: RunConfig, field: str, used: bool) -> None:
    assert config.uses(field) is used
