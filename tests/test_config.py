"""core.config: defaults, what strings mean, what is refused and in which words."""

import json
import math

import pytest
from pydantic import ValidationError

from core.config import MAX_PARAMETERS, RunConfig, field_help, field_title
from core.errors import ConfigError
from core.learning.models import build_model
from core.recipes import RECIPES


def complaint(**values: object) -> str:
    with pytest.raises(ConfigError) as caught:
        RunConfig.parse(values)
    return str(caught.value)


def test_defaults_are_article_1_with_sgd_and_no_dropout() -> None:
    assert RunConfig().model_dump() == {
        "dataset": "mnist",
        "train_size": None,
        "validation_fraction": 1 / 6,
        "watch": "validation",
        "normalisation": "none",
        "model": "mlp",
        "channels": (),
        "kernel_size": 5,
        "hidden_sizes": (128, 256),
        "dropout": 0.0,
        "loss": "cross_entropy",
        "optimizer": "sgd",
        "learning_rate": 1e-3,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "batch_size": 64,
        "drop_last": False,
        "epochs": 25,
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


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_any_field_makes_configs_differ(field: str) -> None:
    cnn = RunConfig(model="cnn", channels=(2,), validation_fraction=0.1, watch="test")
    other = {
        "dataset": "digits", "train_size": 20, "validation_fraction": 0.2, "watch": "validation",
        "normalisation": "half", "model": "mlp", "channels": (3,), "kernel_size": 3,
        "hidden_sizes": (), "dropout": 0.1, "loss": "mse", "optimizer": "rmsprop",
        "learning_rate": 0.5, "momentum": 0.1, "weight_decay": 0.1, "batch_size": 3,
        "drop_last": True, "epochs": 3, "seed": 3, "device": "cpu",
    }  # fmt: skip
    changes = {field: other[field]} | ({"channels": ()} if field == "model" else {})
    assert cnn.replace(**changes) != cnn


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
        ("model", "vit", "model must be one of mlp or cnn, got vit."),
        ("watch", "train", "watched images must be one of validation, test or none, got train."),
        ("normalisation", "x", "normalisation must be one of none, mnist or half, got x."),
        ("loss", "hinge", "loss must be one of cross_entropy or mse, got hinge."),
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
            "there is no setting called colour; `--set` takes the names in the README.",
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
        f"momentum belongs to SGD and RMSprop; {optimizer} must have momentum 0, got 0.9."
    )


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_momentum_is_taken_for(optimizer: str) -> None:
    assert RunConfig.parse({"optimizer": optimizer, "momentum": 0.9}).momentum == 0.9


def test_a_cnn_without_convolutions_is_refused() -> None:
    assert complaint(model="cnn") == (
        "a CNN needs at least one convolution layer: set channels, such as 16, 32."
    )


def test_convolutions_in_an_mlp_are_refused() -> None:
    assert complaint(channels="16") == (
        "convolution channels belong to a CNN: set model to cnn, or leave them out."
    )


def test_an_even_window_of_a_cnn_is_refused() -> None:
    assert complaint(model="cnn", channels="16", kernel_size=4) == (
        "window size must be an odd number, got 4."
    )


def test_watching_no_validation_images_is_refused() -> None:
    assert complaint(validation_fraction=0) == (
        "watching validation images needs a validation share above 0; "
        "raise it, or set watch to none."
    )


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


def test_replace_leaves_the_original() -> None:
    config = RunConfig()
    assert (config.replace(epochs=3).epochs, config.epochs) == (3, 25)


@pytest.mark.parametrize("name", RECIPES)
def test_parameter_count_is_torchs(name: str) -> None:
    config = RECIPES[name].config
    assert config.parameter_count == sum(p.numel() for p in build_model(config).parameters())


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(hidden_sizes=()),
        RunConfig(model="cnn", channels=(3, 5, 7, 9), kernel_size=3, hidden_sizes=()),
        RunConfig(model="cnn", channels=(4,), kernel_size=27, hidden_sizes=(6,)),
    ],
)
def test_parameter_count_of_unusual_shapes_is_torchs(config: RunConfig) -> None:
    assert config.parameter_count == sum(p.numel() for p in build_model(config).parameters())


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_plain_name(field: str) -> None:
    assert RunConfig.model_fields[field].title == field_title(field) != ""


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_sentence_of_help(field: str) -> None:
    assert field_help(field).endswith(".")
