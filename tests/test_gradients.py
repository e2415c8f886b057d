"""Backpropagation by hand against autograd, and the limit on a gradient's length."""

import copy

import pytest
import torch
from torch import nn

from core.config import RunConfig
from core.learning.batches import Batch
from core.learning.data import LabelledData, split, to_input
from core.learning.gradients import AutogradGradients, LinearGradients, build_gradients
from core.learning.losses import Criterion
from core.learning.models import build_model
from core.learning.parameters import FlatParameters
from core.learning.training import Training
from tests.support.training import steps_of, training_of

CPU = torch.device("cpu")
SMALL = {"dataset": "digits", "hidden_sizes": (12, 9), "learning_rate": 0.1, "epochs": 1}
ACTIVATIONS = ["relu", "leaky_relu", "sigmoid", "tanh", "gelu"]
LOSSES = ["cross_entropy", "nll", "mse", "mae"]


def config(**values: object) -> RunConfig:
    return RunConfig.parse({**SMALL, **values})


def by_hand_and_by_autograd(
    data: LabelledData, settings: RunConfig
) -> tuple[tuple[torch.Tensor, ...], tuple[torch.Tensor, ...]]:
    """Return logits and all gradients of one batch, both ways."""
    torch.manual_seed(5)
    model = build_model(settings)
    batch = data.train.take(slice(0, 40))
    inputs = to_input(batch.pixels, settings.normalisation, CPU)
    results = []
    for kind in (LinearGradients, AutogradGradients):
        own = copy.deepcopy(model)
        flat = FlatParameters(own)
        criterion = Criterion(settings.loss, settings.label_smoothing)
        if kind is LinearGradients:
            gradients = LinearGradients(settings, own, criterion)
        else:
            gradients = AutogradGradients(own, flat, criterion)
        torch.manual_seed(6)  # the same dropout
        (logits,) = gradients([Batch(inputs, batch.labels)])
        results.append((logits, flat.gradients))
    return results[0], results[1]


def assert_the_same(data: LabelledData, settings: RunConfig) -> None:
    by_hand, by_autograd = by_hand_and_by_autograd(data, settings)
    assert by_autograd[1].any()
    for ours, theirs in zip(by_hand, by_autograd, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("dropout", [0.0, 0.5, 0.3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_by_hand_are_autograds(
    digits_data, activation: str, loss: str, dropout: float
) -> None:
    assert_the_same(digits_data, config(activation=activation, loss=loss, dropout=dropout))


@pytest.mark.parametrize("hidden_sizes", [(), (12,), (12, 9, 7)])
def test_gradients_by_hand_are_autograds_at_any_depth(digits_data, hidden_sizes) -> None:
    assert_the_same(digits_data, config(hidden_sizes=hidden_sizes))


@pytest.mark.parametrize("hidden_sizes", [(12,), (12, 9, 7)])
def test_gradients_by_hand_are_autograds_at_any_depth_with_dropout(
    digits_data, hidden_sizes
) -> None:
    assert_the_same(digits_data, config(hidden_sizes=hidden_sizes, dropout=0.25))


def test_gradients_of_softmax_regression_are_autograds(digits_data) -> None:
    assert_the_same(digits_data, config(model="softmax", hidden_sizes=()))


def test_gradients_under_label_smoothing_are_autograds(digits_data) -> None:
    assert_the_same(digits_data, config(label_smoothing=0.2))


@pytest.mark.parametrize("values", [{}, {"batch_norm": True}])
def test_gradients_of_the_last_batch_are_forgotten(digits_data, values) -> None:
    settings = config(**values)
    model = build_model(settings)
    flat = FlatParameters(model)
    gradients = build_gradients(settings, model, flat, Criterion("cross_entropy"))
    batch = digits_data.train.take(slice(0, 40))
    inputs = to_input(batch.pixels, "none", CPU)
    batches = [Batch(inputs, batch.labels)] * 2
    first, second = (flat.gradients.clone() for _ in gradients(batches))
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    "values", [{"model": "cnn", "channels": "2"}, {"batch_norm": True}], ids=["cnn", "batch norm"]
)
def test_what_is_not_linear_goes_by_autograd(values) -> None:
    settings = config(**values)
    model = build_model(settings)
    chosen = build_gradients(settings, model, FlatParameters(model), Criterion("mse"))
    assert isinstance(chosen, AutogradGradients)


# The limit on a gradient's length


def training(data: LabelledData, **values: object) -> Training:
    return training_of(config(watch="none", **values), data)


def plain_clipped(session: Training, data: LabelledData) -> tuple[nn.Module, list[float]]:
    """Train a copy of the untrained model of `session` for an epoch; return norms before limits."""
    settings = session.config
    model = copy.deepcopy(session.model)
    train = split(data, settings).train
    inputs = session.to_input(train)
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(settings.seed))
    optimizer = torch.optim.SGD(model.parameters(), settings.learning_rate)
    norms = []
    for batch in torch.split(order, settings.batch_size):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs[batch]), train.labels[batch]).backward()
        assert settings.clip_norm is not None
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm, foreach=False)
        optimizer.step()
        norms.append(norm.item())
    return model, norms


# 0.5 and 0.15 lie between the lengths that the MLP and the CNN have: some are cut, some are not.
@pytest.mark.parametrize("limit", [0.05, 0.15, 0.5, 100.0])
@pytest.mark.parametrize("values", [{}, {"model": "cnn", "channels": "2", "train_size": 300}])
def test_a_limited_training_is_a_plain_loop_with_torchs_clipping(
    digits_data, values, limit: float
) -> None:
    session = training(digits_data, clip_norm=limit, **values)
    expected, _ = plain_clipped(session, digits_data)
    steps_of(session)
    for ours, theirs in zip(session.model.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_steps_gradient_norm_is_that_before_the_limit(digits_data) -> None:
    session = training(digits_data, clip_norm=0.05)
    _, expected = plain_clipped(session, digits_data)
    found = [step.gradient_norm for step in steps_of(session)]
    assert min(expected) > 0.05
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_limit_far_above_changes_nothing_bit_for_bit(digits_data) -> None:
    free, limited = (training(digits_data, clip_norm=limit) for limit in (None, 1e6))
    assert [s.loss for s in steps_of(free)] == [s.loss for s in steps_of(limited)]


def test_a_limited_correction_is_as_long_as_the_limit_times_the_rate(digits_data) -> None:
    session = training(digits_data, clip_norm=0.05, batch_size=2000)
    before = torch.cat([p.detach().flatten() for p in session.model.parameters()])
    steps_of(session)
    after = torch.cat([p.detach().flatten() for p in session.model.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.05 * 0.1, rel=1e-4)
