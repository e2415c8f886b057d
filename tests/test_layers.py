"""The layers that a config describes: their order, shapes and sizes, and that torch agrees."""

import math

import pytest
import torch

from core.config import RunConfig, plan_layers
from core.learning.models import build_model
from core.recipes import RECIPES

SOFTMAX = RunConfig(model="softmax", hidden_sizes=())
CNN = RunConfig(model="cnn", channels=(16, 32), hidden_sizes=(256,))
NETWORKS = {
    **{name: recipe.config for name, recipe in RECIPES.items()},
    "softmax": SOFTMAX,
    "no hidden layer": RunConfig(hidden_sizes=()),
    "batch norm": RunConfig(batch_norm=True, dropout=0.5),
    "four convolutions": CNN.replace(channels=(3, 5, 7, 9), kernel_size=3, hidden_sizes=()),
    "largest window": CNN.replace(channels=(4,), kernel_size=27, hidden_sizes=(6,)),
    "average pooling": CNN.replace(pooling="average"),
    "no pooling": CNN.replace(pooling="none", channels=(2, 3)),
    "all of it": CNN.replace(batch_norm=True, response_norm=True, dropout=0.2),
}


def kinds(config: RunConfig) -> list[str]:
    return [layer.kind for layer in plan_layers(config)]


def test_softmax_regression_is_one_layer() -> None:
    assert kinds(SOFTMAX) == ["flatten", "linear"]


def test_softmax_regression_has_a_weight_for_each_pixel_and_digit() -> None:
    assert SOFTMAX.parameter_count == 784 * 10 + 10


def test_an_mlp_alternates_units_and_activations() -> None:
    assert kinds(RunConfig(hidden_sizes=(5, 6))) == [
        "flatten", "linear", "activation", "linear", "activation", "linear",
    ]  # fmt: skip


def test_dropout_stands_behind_each_hidden_activation() -> None:
    assert kinds(RunConfig(hidden_sizes=(5,), dropout=0.5))[2:4] == ["activation", "dropout"]


def test_shapes_of_a_cnn() -> None:
    shapes = [layer.shape for layer in plan_layers(CNN)]
    assert shapes == [
        (16, 28, 28), (16, 14, 14), (16, 14, 14), (32, 14, 14), (32, 7, 7), (32, 7, 7),
        (1568,), (256,), (256,), (10,),
    ]  # fmt: skip


def test_a_cnn_without_pooling_keeps_every_pixel() -> None:
    assert plan_layers(NETWORKS["no pooling"])[-4].shape == (3 * 28 * 28,)


def test_products_of_a_convolution() -> None:
    # Each of 16 patterns multiplies 25 pixels at each of 28 x 28 places.
    assert plan_layers(CNN)[0].products == 16 * 25 * 28 * 28


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_count_is_torchs(name: str) -> None:
    config = NETWORKS[name]
    assert config.parameter_count == sum(p.numel() for p in build_model(config).parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_each_layer_has_torchs_parameters_and_shape(name: str) -> None:
    config = NETWORKS[name]
    images = torch.zeros(2, 1, 28, 28)
    for layer, module in zip(plan_layers(config), build_model(config), strict=True):
        images = module(images)
        assert images.shape[1:] == layer.shape
        assert sum(math.prod(p.shape) for p in module.parameters()) == layer.parameters
