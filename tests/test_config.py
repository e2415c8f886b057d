"""core.config: defaults, what strings mean, what is refused and in which words."""

import json
import math

import pytest
from pydantic import ValidationError

from core.config import (
    MAX_PARAMETERS,
    RunConfig,
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


def test_a_model_of_more_than_50_million_parameters_is_refused() -> None:
    assert complaint(hidden="6000 8000") == (
        "the model would have 52,798,010 parameters; at most 50,000,000 are allowed, "
        "so make its layers smaller."
    )


def test_a_large_model_below_the_limit_is_taken() -> None:
    assert 44_000_000 < RunConfig(hidden_sizes=(5000, 8000)).parameter_count < MAX_PARAMETERS


def test_replace_leaves_the_original() -> None:
    config = RunConfig()
    assert (config.replace(epochs=3).epochs, config.epochs) == (3, 25)
