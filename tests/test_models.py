"""core.learning.models: every control of the network does what it says."""

import math

import pytest
import torch
from torch import nn

from core.learning.data import LabelledData, to_input
from core.learning.evaluation import infer
from core.learning.models import build_model
from tests.support.training import (
    ADAM,
    CPU,
    accuracy_on_test,
    epochs_of,
    small_config,
    small_training,
    trained,
)

CNN = {"model": "cnn", "channels": (4,), "kernel_size": 3, "hidden_sizes": ()}


def model_of(seed: int = 0, **values: object) -> nn.Sequential:
    torch.manual_seed(seed)
    return build_model(small_config(**values))


def some_inputs(data: LabelledData, count: int = 50) -> torch.Tensor:
    return to_input(data.train.pixels[:count], "none", CPU)


def test_softmax_regression_has_7850_parameters() -> None:
    model = model_of(model="softmax", hidden_sizes=())
    assert sum(value.numel() for value in model.parameters()) == 7850


# A CNN needs fewer epochs, and these take longer.
ADAM_CNN = {**ADAM, **CNN, "learning_rate": 0.01, "epochs": 3}
LEARNERS = {
    "softmax regression": {**ADAM, "model": "softmax", "hidden_sizes": ()},
    "no hidden layer": {**ADAM, "hidden_sizes": ()},
    "two hidden layers": {**ADAM, "hidden_sizes": (64, 64)},
    "max pooling": {**ADAM_CNN, "pooling": "max"},
    "average pooling": {**ADAM_CNN, "pooling": "average"},
    "no pooling": {**ADAM_CNN, "pooling": "none"},
    "a cnn with hidden layers": {
        **ADAM_CNN,
        "channels": (4, 8),
        "hidden_sizes": (32,),
        "epochs": 6,
    },
    "local response normalisation": {**ADAM_CNN, "response_norm": True},
    "batch norm": {**ADAM, "batch_norm": True},
    "batch norm in a cnn": {**ADAM_CNN, "batch_norm": True},
    "dropout": {**ADAM, "dropout": 0.3},
    "relu": {**ADAM, "activation": "relu"},
    "leaky relu": {**ADAM, "activation": "leaky_relu"},
    "sigmoid": {**ADAM, "activation": "sigmoid", "learning_rate": 0.01},
    "tanh": {**ADAM, "activation": "tanh"},
    "gelu": {**ADAM, "activation": "gelu"},
    "he": {**ADAM, "initialisation": "he"},
    "xavier": {**ADAM, "initialisation": "xavier"},
    "nll": {**ADAM, "loss": "nll"},
    "mse": {**ADAM, "loss": "mse"},
    "label smoothing": {**ADAM, "label_smoothing": 0.2},
    "nesterov": {"momentum": 0.9, "nesterov": True, "epochs": 4},
    "a gradient limit": {**ADAM, "clip_norm": 0.1},
    "augmentation": {**ADAM, "augmentation": 1.0},
    "step": {**ADAM, "schedule": "step", "step_epochs": 4},
    "cosine with a warm-up": {**ADAM, "schedule": "cosine", "warmup_epochs": 0.5},
    "one-cycle": {**ADAM, "schedule": "one_cycle"},
    "normalisation by MNIST": {**ADAM, "normalisation": "mnist"},
    "normalisation to -1 to 1": {**ADAM, "normalisation": "half"},
}


@pytest.mark.parametrize("name", LEARNERS)
def test_it_learns_to_read_digits(digits_data, name: str) -> None:
    assert accuracy_on_test(digits_data, **LEARNERS[name]) > 0.8


def test_absolute_error_learns_to_read_most_digits(digits_data) -> None:
    values = {**ADAM, "loss": "mae", "activation": "tanh", "epochs": 10}
    assert accuracy_on_test(digits_data, **values) > 0.5


BY_POOLING = {
    "max": lambda blocks: blocks.amax(dim=(3, 5)),
    "average": lambda blocks: blocks.mean(dim=(3, 5)),
}


@pytest.mark.parametrize("pooling", BY_POOLING)
def test_pooling_makes_one_of_each_block(digits_data, pooling: str) -> None:
    model = model_of(**CNN, pooling=pooling)
    convolved = model[0](some_inputs(digits_data))
    expected = BY_POOLING[pooling](convolved.reshape(50, 4, 14, 2, 14, 2))
    torch.testing.assert_close(model[1](convolved), expected)


def test_without_pooling_the_last_layer_sees_every_place(digits_data) -> None:
    assert model_of(**CNN, pooling="none")[-1].in_features == 4 * 28 * 28


@pytest.mark.parametrize("values", [{}, CNN], ids=["mlp", "cnn"])
def test_behind_batch_norm_values_have_mean_0_and_spread_1(digits_data, values) -> None:
    model = model_of(**values, batch_norm=True)
    norm = next(
        at for at, layer in enumerate(model) if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
    )
    before = model[:norm](some_inputs(digits_data)).transpose(0, 1).flatten(1)
    after = model[: norm + 1](some_inputs(digits_data)).transpose(0, 1).flatten(1)
    alive = before.std(dim=1) > 0.05  # the tiny number that keeps it from dividing by 0 is felt
    assert alive.any()
    torch.testing.assert_close(
        torch.stack([after.mean(dim=1), after.std(dim=1, correction=0)])[:, alive],
        torch.tensor([[0.0], [1.0]]).expand(2, int(alive.sum())),
        rtol=0,
        atol=0.02,
    )


def test_local_response_normalisation_is_krizhevskys_formula(digits_data) -> None:
    model = model_of(**{**CNN, "channels": (7,)}, response_norm=True)
    norm = next(at for at, layer in enumerate(model) if isinstance(layer, nn.LocalResponseNorm))
    a = model[:norm](some_inputs(digits_data)) * 30  # large enough for neighbours to be felt
    squares = a**2
    sums = torch.stack([squares[:, max(0, i - 2) : i + 3].sum(dim=1) for i in range(7)], dim=1)
    expected = a / (2 + 1e-4 * sums) ** 0.75
    torch.testing.assert_close(model[norm](a), expected)


def test_local_response_normalisation_changes_the_answers(digits_data) -> None:
    without, with_it = (model_of(**CNN, response_norm=on) for on in (False, True))
    inputs = some_inputs(digits_data)
    assert not torch.allclose(without(inputs), with_it(inputs), rtol=0.1)


@pytest.mark.parametrize("kernel_size", [1, 3, 27])
def test_the_window_has_the_size_asked_for(kernel_size: int) -> None:
    window = model_of(**{**CNN, "kernel_size": kernel_size})[0].weight
    assert window.shape == (4, 1, kernel_size, kernel_size)


def test_dropout_makes_the_training_harder(digits_data) -> None:
    without, with_it = (
        epochs_of(small_training(digits_data, dropout=p))[-1].train_loss for p in (0.0, 0.5)
    )
    assert with_it > without * 1.2


# First weights


def first_linear(**values: object) -> nn.Linear:
    layer = model_of(hidden_sizes=(300,), **values)[1]
    assert isinstance(layer, nn.Linear)
    return layer


def test_hes_first_weights_have_his_spread() -> None:
    spread = first_linear(initialisation="he").weight.std().item()
    assert spread == pytest.approx(math.sqrt(2 / 784), rel=0.01)


def test_xaviers_first_weights_have_his_spread() -> None:
    spread = first_linear(initialisation="xavier").weight.std().item()
    assert spread == pytest.approx(math.sqrt(2 / (784 + 300)), rel=0.01)


def test_xaviers_first_weights_lie_within_his_bounds() -> None:
    largest = first_linear(initialisation="xavier").weight.abs().max().item()
    assert largest == pytest.approx(math.sqrt(6 / (784 + 300)), rel=0.001)


def test_pytorchs_first_weights_have_its_spread() -> None:
    spread = first_linear().weight.std().item()
    assert spread == pytest.approx(1 / math.sqrt(3 * 784), rel=0.01)


def test_hes_first_weights_of_a_convolution_have_his_spread() -> None:
    settings = {**CNN, "channels": (64, 64)}
    second = [
        layer for layer in model_of(**settings, initialisation="he") if isinstance(layer, nn.Conv2d)
    ][1]
    assert second.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)


@pytest.mark.parametrize("way", ["he", "xavier", "zeros"])
def test_first_biases_are_0(way: str) -> None:
    assert not first_linear(initialisation=way).bias.any()


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_units_that_start_at_0_stay_equal(digits_data, activation: str) -> None:
    session = trained(digits_data, initialisation="zeros", activation=activation, epochs=4)
    hidden = session.model[1].weight
    torch.testing.assert_close(hidden, hidden[:1].expand_as(hidden))


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_network_that_starts_at_0_answers_one_digit_to_everything(
    digits_data, activation: str
) -> None:
    session = trained(digits_data, initialisation="zeros", activation=activation, epochs=4)
    answers = infer(session.model, session.to_input(digits_data.test)).argmax(dim=1)
    assert len(answers.unique()) == 1


def test_without_a_hidden_layer_starting_at_0_does_no_harm(digits_data) -> None:
    values = {"model": "softmax", "hidden_sizes": (), "initialisation": "zeros", "epochs": 4}
    assert accuracy_on_test(digits_data, **values) > 0.8
