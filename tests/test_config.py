"""core.config: defaults, what strings mean, what is refused and in which words."""

import json
import math
from typing import get_args

import pytest
from pydantic import ValidationError

from core.config import (
    CHOICES,
    MAX_PARAMETERS,
    RunConfig,
    choice_sentence,
    choice_word,
    field_help,
    field_source,
    field_title,
    in_words,
    problems,
    value_word,
)
from core.errors import ConfigError
from core.recipes import RECIPES


def complaint(**values: object) -> str:
    with pytest.raises(ConfigError) as caught:
        RunConfig.parse(values)
    return str(caught.value)


def test_defaults_are_article_1_with_sgd_and_no_dropout() -> None:
    assert RunConfig().model_dump() == {
        "dataset": "mnist",
        "train_size": None,
        "label_noise": 0.0,
        "validation_fraction": 1 / 6,
        "watch": "validation",
        "normalisation": "none",
        "augmentation": 0.0,
        "model": "mlp",
        "channels": (),
        "kernel_size": 5,
        "pooling": "max",
        "response_norm": False,
        "hidden_sizes": (128, 256),
        "batch_norm": False,
        "activation": "relu",
        "dropout": 0.0,
        "initialisation": "default",
        "loss": "cross_entropy",
        "label_smoothing": 0.0,
        "optimizer": "sgd",
        "learning_rate": 1e-3,
        "momentum": 0.0,
        "nesterov": False,
        "beta1": 0.9,
        "beta2": 0.999,
        "rms_decay": 0.99,
        "rate_decay": 0.0,
        "epsilon": None,
        "weight_decay": 0.0,
        "clip_norm": None,
        "schedule": "constant",
        "step_epochs": 10,
        "step_factor": 0.1,
        "warmup_epochs": 0.0,
        "batch_size": 64,
        "drop_last": False,
        "epochs": 25,
        "max_seconds": None,
        "patience": None,
        "keep_checkpoints": False,
        "seed": 0,
        "device": "auto",
    }


def test_a_config_cannot_be_changed() -> None:
    config = RunConfig()
    with pytest.raises(ValidationError, match="frozen"):
        config.epochs = 3  # type: ignore[misc]


def test_configs_of_equal_values_are_equal() -> None:
    assert RunConfig(hidden_sizes=(5, 6)) == RunConfig.parse({"hidden_sizes": [5, 6]})


def test_configs_of_equal_values_are_one_key() -> None:
    assert len({RunConfig(), RunConfig(), RunConfig(seed=1)}) == 2


OTHER_VALUES = {
    "dataset": "digits", "train_size": 20, "label_noise": 0.1, "validation_fraction": 0.2,
    "watch": "validation", "normalisation": "half", "augmentation": 1.0, "model": "mlp",
    "channels": (3,), "kernel_size": 3, "pooling": "average", "response_norm": True,
    "hidden_sizes": (), "batch_norm": True, "activation": "tanh", "dropout": 0.1,
    "initialisation": "he", "loss": "mse", "label_smoothing": 0.1, "optimizer": "rmsprop",
    "learning_rate": 0.5, "momentum": 0.1, "nesterov": True, "beta1": 0.8, "beta2": 0.9,
    "rms_decay": 0.9, "rate_decay": 0.1, "epsilon": 0.1, "weight_decay": 0.1, "clip_norm": 1.0,
    "schedule": "cosine", "step_epochs": 3, "step_factor": 0.5, "warmup_epochs": 1.0,
    "batch_size": 3, "drop_last": True, "epochs": 3, "max_seconds": 9.0, "patience": 2,
    "keep_checkpoints": True, "seed": 3, "device": "cpu",
}  # fmt: skip
# Beside what a setting means something, where that is not so beside SGD and a constant rate.
COMPANIONS: dict[str, dict[str, object]] = {
    "nesterov": {"momentum": 0.5},
    "beta1": {"optimizer": "adam"},
    "beta2": {"optimizer": "adam"},
    "rms_decay": {"optimizer": "rmsprop"},
    "rate_decay": {"optimizer": "adagrad"},
    "epsilon": {"optimizer": "adam"},
    "step_epochs": {"schedule": "step"},
    "step_factor": {"schedule": "step"},
    "patience": {"watch": "validation"},
}


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_any_field_makes_configs_differ(field: str) -> None:
    cnn = RunConfig(model="cnn", channels=(2,), validation_fraction=0.1, watch="test")
    beside = cnn.replace(**COMPANIONS.get(field, {}))
    assert beside.switch(**{field: OTHER_VALUES[field]}) != beside


@pytest.mark.parametrize("name", RECIPES)
def test_json_gives_the_same_config_back(name: str) -> None:
    config = RECIPES[name].config
    assert RunConfig.parse(json.loads(json.dumps(config.model_dump(mode="json")))) == config


@pytest.mark.parametrize(
    ("alias", "text", "field", "value"),
    [
        ("lr", "0.1", "learning_rate", 0.1),
        ("hidden", "50", "hidden_sizes", (50,)),
        ("batch", "32", "batch_size", 32),
    ],
)
def test_a_short_name_means_the_field(alias: str, text: str, field: str, value: object) -> None:
    assert getattr(RunConfig.parse({alias: text}), field) == value


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("128, 256", (128, 256)),
        ("128 256", (128, 256)),
        ("128,256,", (128, 256)),
        ("7", (7,)),
        ("", ()),
        (7, (7,)),
        ([1, 2, 3], (1, 2, 3)),
    ],
)
def test_hidden_sizes_are_read_from(text: object, sizes: tuple[int, ...]) -> None:
    assert RunConfig.parse({"hidden_sizes": text}).hidden_sizes == sizes


@pytest.mark.parametrize("text", ["", "all", "All", " all ", "none", None])
def test_all_training_images_are_asked_for_by(text: str | None) -> None:
    assert RunConfig.parse({"train_size": text}).train_size is None


def test_a_number_of_training_images_is_read_from_text() -> None:
    assert RunConfig.parse({"train_size": "500"}).train_size == 500


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("false", False), ("1", True)])
def test_yes_and_no_are_read_from_text(text: str, value: bool) -> None:
    assert RunConfig.parse({"drop_last": text}).drop_last is value


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("learning_rate", -1, "learning rate must be above 0, got -1."),
        ("learning_rate", -1.0, "learning rate must be above 0, got -1."),
        ("learning_rate", 0, "learning rate must be above 0, got 0."),
        ("learning_rate", 101, "learning rate must be at most 100, got 101."),
        ("learning_rate", "fast", "learning rate must be a number, got fast."),
        ("learning_rate", math.nan, "learning rate must be a number, got nan."),
        ("learning_rate", "inf", "learning rate must be a number, got inf."),
        ("lr", "-2", "learning rate must be above 0, got -2."),
        ("epochs", 0, "epochs must be at least 1, got 0."),
        ("epochs", 10_001, "epochs must be at most 10,000, got 10001."),
        ("epochs", "2.5", "epochs must be a whole number, got 2.5."),
        ("batch_size", "many", "batch size must be a whole number, got many."),
        ("batch_size", 60_001, "batch size must be at most 60,000, got 60001."),
        ("seed", -1, "seed must be at least 0, got -1."),
        ("seed", 2**31, "seed must be at most 2,147,483,647, got 2147483648."),
        ("train_size", 9, "training images must be at least 10, got 9."),
        ("validation_fraction", 0.6, "validation share must be at most 0.5, got 0.6."),
        ("validation_fraction", -0.1, "validation share must be at least 0, got -0.1."),
        ("dropout", 1, "dropout must be at most 0.95, got 1."),
        ("momentum", 1, "momentum must be below 1, got 1."),
        ("momentum", "-inf", "momentum must be a number, got -inf."),
        ("weight_decay", 1.5, "weight decay must be at most 1, got 1.5."),
        ("weight_decay", math.nan, "weight decay must be a number, got nan."),
        ("kernel_size", 28, "window size must be at most 27, got 28."),
        ("hidden_sizes", "128 x", "hidden layers must be a whole number, got x."),
        ("hidden_sizes", [0], "hidden layers must each be between 1 and 10,000, got 0."),
        ("hidden_sizes", [10_001], "hidden layers must each be between 1 and 10,000, got 10001."),
        ("hidden_sizes", [1] * 9, "hidden layers may have at most 8 entries."),
        ("channels", [1] * 5, "convolution channels may have at most 4 entries."),
        ("drop_last", "perhaps", "drop last batch must be yes or no, got perhaps."),
        ("dataset", "cifar", "data must be one of mnist or digits, got cifar."),
        ("model", "vit", "model must be one of softmax, mlp or cnn, got vit."),
        ("watch", "train", "watched images must be one of validation, test or none, got train."),
        ("normalisation", "x", "normalisation must be one of none, mnist or half, got x."),
        (
            "loss",
            "hinge",
            "loss must be one of cross_entropy, nll, mse or mae, got hinge.",
        ),
        ("device", "gpu", "device must be one of auto, cpu, cuda or mps, got gpu."),
        (
            "optimizer",
            "lion",
            "optimizer must be one of sgd, adam, adamw, rmsprop or adagrad, got lion.",
        ),
        (
            "learning_rat",
            1,
            "there is no setting called learning_rat; perhaps learning_rate is meant.",
        ),
        ("hiden", 1, "there is no setting called hiden; perhaps hidden is meant."),
        (
            "colour",
            1,
            "there is no setting called colour; `python -m core train --help` names all there are.",
        ),
    ],
)
def test_a_beginner_is_told(field: str, value: object, sentence: str) -> None:
    assert complaint(**{field: value}) == sentence


def test_each_problem_gets_its_sentence() -> None:
    assert complaint(epochs=0, lr=-1) == (
        "learning rate must be above 0, got -1. epochs must be at least 1, got 0."
    )


def test_a_long_wrong_value_is_cut_short() -> None:
    assert len(complaint(learning_rate="9" * 1000)) < 120


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


def test_a_model_of_more_than_50_million_parameters_is_refused() -> None:
    assert complaint(hidden="6000 8000") == (
        "the model would have 52,798,010 parameters; at most 50,000,000 are allowed, "
        "so make its layers smaller."
    )


def test_a_large_model_below_the_limit_is_taken() -> None:
    assert 44_000_000 < RunConfig(hidden_sizes=(5000, 8000)).parameter_count < MAX_PARAMETERS


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


def test_replace_leaves_the_original() -> None:
    config = RunConfig()
    assert (config.replace(epochs=3).epochs, config.epochs) == (3, 25)


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_plain_name(field: str) -> None:
    assert RunConfig.model_fields[field].title == field_title(field) != ""


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_sentence_of_help(field: str) -> None:
    assert field_help(field).endswith(".")


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_source(field: str) -> None:
    assert field_source(field)


CHOSEN = [
    (field, value)
    for field, info in RunConfig.model_fields.items()
    for value in get_args(info.annotation)
    if isinstance(value, str)
]


@pytest.mark.parametrize(("field", "value"), CHOSEN)
def test_every_choice_has_a_word_and_a_sentence(field: str, value: str) -> None:
    assert choice_word(field, value)
    assert choice_sentence(field, value).endswith(".")


def test_no_choice_is_described_that_there_is_not() -> None:
    described = [(field, value) for field, values in CHOICES.items() for value in values]
    assert sorted(described) == sorted(CHOSEN)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("loss", "mse", "mean squared error"),
        ("weight_decay", 1e-5, "0.00001"),
        ("validation_fraction", 1 / 6, "0.166667"),
        ("train_size", None, "all"),
        ("clip_norm", None, "no limit"),
        ("hidden_sizes", (), "none"),
        ("hidden_sizes", (128, 256), "128, 256"),
        ("batch_norm", True, "yes"),
        ("epochs", 25, "25"),
    ],
)
def test_a_value_reads(field: str, value: object, text: str) -> None:
    assert value_word(field, value) == text


def test_only_settings_that_apply_are_put_in_words() -> None:
    words = in_words(RunConfig(optimizer="adam"))
    assert "momentum" not in words
    assert words["beta1"] == "0.9"
