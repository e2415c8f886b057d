"""core.recipes: each recipe is what its article trains."""

from typing import Any

import pytest
from torch import nn

from core.config import RunConfig
from core.errors import ConfigError
from core.learning.models import build_model
from core.recipes import COMPARED_PAIR, RECIPES, find_recipe

ARTICLE_1 = {
    "layer_inputs": (784, 128, 256, 10), "dropout": 0.5, "loss": "cross_entropy",
    "learning_rate": 1e-3, "momentum": 0.0, "weight_decay": 0.0, "batch_size": 64,
    "drop_last": False, "normalisation": "none", "watch": "validation", "epochs": 25,
    "training_images": 50_000,
}  # fmt: skip
ARTICLE_3 = {
    "model": "cnn", "channels": (16, 32), "kernel_size": 5, "layer_inputs": (1568, 256, 10),
    "dropout": 0.0, "loss": "cross_entropy", "weight_decay": 0.0, "batch_size": 128,
    "drop_last": False, "normalisation": "half", "epochs": 10, "training_images": 60_000,
}  # fmt: skip
# What the articles' own code says, row by row.
ARTICLES: dict[str, dict[str, Any]] = {
    "article0-adam": {
        "model": "mlp", "layer_inputs": (784, 250, 200, 10), "dropout": 0.0,
        "loss": "cross_entropy", "optimizer": "adam", "learning_rate": 1e-2, "momentum": 0.0,
        "weight_decay": 1e-5, "batch_size": 64, "drop_last": True, "normalisation": "none",
        "watch": "test", "epochs": 50, "training_images": 60_000,
    },
    "article1-sgd": ARTICLE_1 | {"optimizer": "sgd"},
    "article1-adam": ARTICLE_1 | {"optimizer": "adam"},
    "article2-mse": {
        "model": "mlp", "layer_inputs": (784, 256, 64, 10), "dropout": 0.0, "loss": "mse",
        "optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9, "weight_decay": 0.0,
        "batch_size": 512, "drop_last": False, "normalisation": "mnist", "epochs": 3,
        "training_images": 60_000,
    },
    "article3-sgd": ARTICLE_3 | {"optimizer": "sgd", "learning_rate": 1e-3, "momentum": 0.9},
    "article3-adam": ARTICLE_3 | {"optimizer": "adam", "learning_rate": 1e-2, "momentum": 0.0},
}  # fmt: skip
FACTS = [(name, field) for name, row in ARTICLES.items() for field in row]

MLP_LAYERS = {
    "article0-adam": "Flatten Linear:784-250 ReLU Linear:250-200 ReLU Linear:200-10",
    "article1-sgd": "Flatten Linear:784-128 ReLU Dropout:0.5 Linear:128-256 ReLU Dropout:0.5 "
    "Linear:256-10",
    "article2-mse": "Flatten Linear:784-256 ReLU Linear:256-64 ReLU Linear:64-10",
}
CNN_LAYERS = (
    "Conv2d:1-16@5x5/2 MaxPool2d:2 ReLU Conv2d:16-32@5x5/2 MaxPool2d:2 ReLU "
    "Flatten Linear:1568-256 ReLU Linear:256-10"
)
LAYERS = MLP_LAYERS | {
    "article1-adam": MLP_LAYERS["article1-sgd"],
    "article3-sgd": CNN_LAYERS,
    "article3-adam": CNN_LAYERS,
}


def fact(config: RunConfig, field: str) -> Any:
    if field == "training_images":
        return 60_000 - round(60_000 * config.validation_fraction)
    return getattr(config, field)


def described(layer: nn.Module) -> str:
    name = type(layer).__name__
    match layer:
        case nn.Linear():
            return f"{name}:{layer.in_features}-{layer.out_features}"
        case nn.Conv2d():
            height, width = layer.kernel_size
            planes = f"{layer.in_channels}-{layer.out_channels}"
            assert layer.padding == (layer.padding[0],) * 2
            assert layer.stride == (1, 1)
            return f"{name}:{planes}@{height}x{width}/{layer.padding[0]}"
        case nn.MaxPool2d():
            return f"{name}:{layer.kernel_size}"
        case nn.Dropout():
            return f"{name}:{layer.p}"
    return name


def test_there_is_a_recipe_for_each_row_and_a_champion() -> None:
    assert set(RECIPES) == {*ARTICLES, "champion"}


@pytest.mark.parametrize(("name", "field"), FACTS)
def test_recipe_says_what_its_article_says(name: str, field: str) -> None:
    assert fact(RECIPES[name].config, field) == ARTICLES[name][field]


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_takes_all_of_mnist(name: str) -> None:
    assert (RECIPES[name].config.dataset, RECIPES[name].config.train_size) == ("mnist", None)


@pytest.mark.parametrize("name", LAYERS)
def test_model_has_the_articles_layers(name: str) -> None:
    model = build_model(RECIPES[name].config)
    assert " ".join(map(described, model)) == LAYERS[name]


@pytest.mark.parametrize("name", ARTICLES)
def test_optimizer_has_the_articles_settings(name: str) -> None:
    config = RECIPES[name].config
    fields = ("optimizer", "learning_rate", "weight_decay", "momentum")
    assert [getattr(config, f) for f in fields] == [ARTICLES[name][f] for f in fields]


def test_no_two_recipes_are_the_same() -> None:
    assert len({recipe.config for recipe in RECIPES.values()}) == len(RECIPES)


def test_the_compared_pair_differs_in_the_optimizer_alone() -> None:
    sgd, adam = (RECIPES[name].config for name in COMPARED_PAIR)
    assert sgd.replace(optimizer="adam") == adam


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_recipe_teaches_is_one_sentence(name: str) -> None:
    teaches = RECIPES[name].teaches
    assert teaches.endswith(".")
    assert ". " not in teaches


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_found_by_its_name(name: str) -> None:
    assert find_recipe(name).name == name


def test_a_mistyped_recipe_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match=r"'article1-adm'\. Did you mean article1-adam\?"):
        find_recipe("article1-adm")


def test_an_unknown_recipe_gets_the_list() -> None:
    with pytest.raises(ConfigError, match="There are: article1-sgd, article1-adam"):
        find_recipe("zzz")
