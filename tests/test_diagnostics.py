"""What is recorded of the layers, against direct computation; recording changes nothing."""

import copy
import math

import pytest
import torch
from torch import nn

from core.config import RunConfig
from core.learning.data import LabelledData, split
from core.learning.losses import Criterion
from core.learning.training import Epoch, Training
from tests.support.training import steps_and_epochs, training_of

CPU = torch.device("cpu")
# A rate so small that no weight changes.
STANDSTILL = 1e-30
RATE = 0.1
# All images in one batch: the last step of an epoch is the only one.
ONE_STEP = {"batch_size": 2000, "epochs": 1}
CNN = {"model": "cnn", "channels": (4,), "kernel_size": 3, "train_size": 200}
HUGE = -1e6


def training(data: LabelledData, **values: object) -> Training:
    small = {
        "dataset": "digits",
        "hidden_sizes": (16, 8),
        "learning_rate": RATE,
        "epochs": 2,
        "watch": "none",
    }
    return training_of(RunConfig.parse({**small, **values}), data)


def last_epoch(session: Training) -> Epoch:
    return steps_and_epochs(session)[1][-1]


def weighted(model: nn.Sequential) -> list[nn.Linear | nn.Conv2d]:
    return [layer for layer in model if isinstance(layer, nn.Linear | nn.Conv2d)]


def with_gradients(session: Training, data: LabelledData) -> nn.Sequential:
    """Return a copy of the model with the gradients of all training images, by autograd."""
    model = copy.deepcopy(session.model)
    train = split(data, session.config).train
    model.zero_grad()
    Criterion("cross_entropy")(model(session.to_input(train)), train.labels).backward()
    return model


# Norms


@pytest.mark.parametrize("values", [{}, CNN, {"batch_norm": True}], ids=["mlp", "cnn", "norm"])
def test_the_weight_norm_is_that_of_all_weights_together(digits_data, values) -> None:
    session = training(digits_data, **values)
    found = last_epoch(session).weight_norm
    squares = sum(value.detach().double().square().sum() for value in session.model.parameters())
    assert found == pytest.approx(math.sqrt(squares), rel=1e-5)


@pytest.mark.parametrize("values", [{}, CNN], ids=["mlp", "cnn"])
def test_a_layers_weight_norm_is_that_of_its_weights_without_biases(digits_data, values) -> None:
    session = training(digits_data, **values)
    found = [layer.weight_norm for layer in last_epoch(session).layers]
    expected = [layer.weight.norm().item() for layer in weighted(session.model)]
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("values", [{}, CNN], ids=["mlp", "cnn"])
def test_a_layers_gradient_norm_is_that_of_its_weights_and_biases(digits_data, values) -> None:
    session = training(digits_data, **ONE_STEP, **values)
    expected = [
        math.hypot(layer.weight.grad.norm(), layer.bias.grad.norm())
        for layer in weighted(with_gradients(session, digits_data))
    ]
    found = [layer.gradient_norm for layer in last_epoch(session).layers]
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_steps_gradient_norm_is_that_of_all_layers_together(digits_data) -> None:
    steps, epochs = steps_and_epochs(training(digits_data, **ONE_STEP))
    together = math.hypot(*(layer.gradient_norm for layer in epochs[0].layers))
    assert steps[0].gradient_norm == pytest.approx(together, rel=1e-5)


@pytest.mark.parametrize("values", [{}, CNN], ids=["mlp", "cnn"])
def test_the_update_ratio_is_the_last_corrections_length_over_the_weights(
    digits_data, values
) -> None:
    session = training(digits_data, **ONE_STEP, **values)
    expected = [
        RATE * (layer.weight.grad.norm() / layer.weight.norm()).item()
        for layer in weighted(with_gradients(session, digits_data))
    ]
    found = [layer.update_ratio for layer in last_epoch(session).layers]
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_update_ratio_is_of_the_last_step_alone(digits_data) -> None:
    whole = training(digits_data, train_size=200, batch_size=50, epochs=1)
    # The weights before the last of four steps are those after a run that stops at three.
    stopped = training(digits_data, train_size=200, batch_size=50, epochs=1)
    asked = iter((False, False, True))
    for _ in stopped.run(stop=lambda: next(asked, True)):
        pass
    found = [layer.update_ratio for layer in last_epoch(whole).layers]
    pairs = zip(weighted(stopped.model), weighted(whole.model), strict=True)
    expected = [((b.weight - a.weight).norm() / a.weight.norm()).item() for a, b in pairs]
    assert found == pytest.approx(expected, rel=1e-3)


def test_layers_are_counted_from_1(digits_data) -> None:
    assert [layer.layer for layer in last_epoch(training(digits_data)).layers] == [1, 2, 3]


def test_a_step_that_moves_nothing_has_the_update_ratio_0(digits_data) -> None:
    layers = last_epoch(training(digits_data, learning_rate=STANDSTILL)).layers
    assert [layer.update_ratio for layer in layers] == [0, 0, 0]


def test_weights_that_were_all_0_have_no_update_ratio(digits_data) -> None:
    layers = last_epoch(training(digits_data, initialisation="zeros")).layers
    assert [layer.update_ratio for layer in layers] == [None, None, None]


def test_weights_that_are_all_0_have_the_norm_0(digits_data) -> None:
    session = training(digits_data, initialisation="zeros")
    assert [layer.weight_norm for layer in last_epoch(session).layers] == [0, 0, 0]


def test_figures_that_are_no_numbers_are_left_out(digits_data) -> None:
    session = training(digits_data)
    session._layers.before_last_step()
    session._parameters.values.fill_(math.nan)
    session._parameters.gradients.fill_(math.inf)
    layers, weight_norm = session._layers.read()
    figures = [(one.gradient_norm, one.weight_norm, one.update_ratio) for one in layers]
    assert (weight_norm, figures) == (None, [(None, None, None)] * 3)


# Dead units


def kill(session: Training, layer: int, units: slice) -> None:
    with torch.no_grad():
        weighted(session.model)[layer].bias[units] = HUGE


def standing(data: LabelledData, **values: object) -> Training:
    return training(data, learning_rate=STANDSTILL, epochs=1, **values)


def dead_shares(session: Training) -> list[float | None]:
    return [layer.dead_share for layer in last_epoch(session).layers]


def test_a_layer_far_below_0_is_dead(digits_data) -> None:
    session = standing(digits_data)
    kill(session, 0, slice(None))
    assert dead_shares(session)[0] == 1


def test_half_a_dead_layer_is_half_dead(digits_data) -> None:
    session = standing(digits_data, initialisation="he")
    with torch.no_grad():
        weighted(session.model)[0].bias.fill_(10)
    kill(session, 0, slice(0, 8))
    assert dead_shares(session)[0] == 0.5


def test_a_fresh_layer_is_alive(digits_data) -> None:
    assert dead_shares(standing(digits_data, hidden_sizes=(64,)))[0] < 0.1


def test_a_channel_far_below_0_is_dead(digits_data) -> None:
    session = standing(digits_data, **CNN)
    with torch.no_grad():
        weighted(session.model)[0].bias.fill_(10)
    kill(session, 0, slice(0, 1))
    assert dead_shares(session)[0] == 0.25


def test_a_unit_that_answers_to_a_single_image_is_not_dead(digits_data) -> None:
    session = standing(digits_data, hidden_sizes=(1,), initialisation="zeros")
    layer = weighted(session.model)[0]
    pixels = session.to_input(split(digits_data, session.config).train.take(slice(0, 500)))
    ink = pixels.flatten(1).sum(dim=1).sort().values
    with torch.no_grad():
        layer.weight.fill_(1)
        layer.bias.fill_(-(ink[-2] + ink[-1]) / 2)  # only the image with most ink passes
    assert dead_shares(session)[0] == 0


@pytest.mark.parametrize("values", [{"batch_norm": True}, {"dropout": 0.5}])
def test_dead_units_are_counted_as_outside_training(digits_data, values) -> None:
    session = standing(digits_data, hidden_sizes=(64,), **values)
    found = dead_shares(session)[0]
    train = split(digits_data, session.config).train.take(slice(0, 500))
    to_relu = session.model.eval()[: [type(layer) for layer in session.model].index(nn.ReLU) + 1]
    with torch.no_grad():
        highest = to_relu(session.to_input(train)).amax(dim=0)
    assert found == pytest.approx((highest == 0).float().mean().item())


def test_the_ten_outputs_have_no_dead_share(digits_data) -> None:
    assert dead_shares(standing(digits_data))[-1] is None


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "leaky_relu", "gelu"])
def test_only_relu_has_dead_units(digits_data, activation: str) -> None:
    assert dead_shares(standing(digits_data, activation=activation)) == [None, None, None]


def test_softmax_regression_has_no_dead_units(digits_data) -> None:
    assert dead_shares(standing(digits_data, model="softmax", hidden_sizes=())) == [None]


# Looking on

TRAININGS = {
    "mlp": {"dropout": 0.3, "optimizer": "adam"},
    "batch norm": {"dropout": 0.3, "batch_norm": True},
    "cnn": {**CNN, "dropout": 0.5, "batch_norm": True, "augmentation": 1.0},
}


def seen_and_unseen(data: LabelledData, name: str, monkeypatch) -> tuple[Training, Training]:
    rate = {"learning_rate": 0.01}
    seen, unseen = (training(data, **TRAININGS[name], **rate) for _ in range(2))
    monkeypatch.setattr(unseen._layers, "read", lambda: ((), None))
    return seen, unseen


def losses_from_the_same_chance(session: Training) -> list[float]:
    torch.manual_seed(9)  # both were built before either trains
    return [step.loss for step in steps_and_epochs(session)[0]]


@pytest.mark.parametrize("name", TRAININGS)
def test_looking_on_does_not_change_the_losses(digits_data, monkeypatch, name: str) -> None:
    seen, unseen = map(losses_from_the_same_chance, seen_and_unseen(digits_data, name, monkeypatch))
    assert seen == unseen


@pytest.mark.parametrize("name", TRAININGS)
def test_looking_on_does_not_change_weights_and_running_means(
    digits_data, monkeypatch, name: str
) -> None:
    states = []
    for session in seen_and_unseen(digits_data, name, monkeypatch):
        losses_from_the_same_chance(session)
        states.append(session.model.state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize("name", TRAININGS)
def test_looking_on_draws_nothing_by_chance(digits_data, name: str) -> None:
    session = training(digits_data, **TRAININGS[name])
    session._layers.before_last_step()
    before = torch.get_rng_state()
    session._layers.read()
    assert torch.equal(torch.get_rng_state(), before)


def test_looking_on_leaves_the_model_ready_to_train(digits_data) -> None:
    session = training(digits_data, dropout=0.5)
    session._layers.before_last_step()
    session._layers.read()
    assert all(module.training for module in session.model.modules())
