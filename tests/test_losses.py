"""The losses: hand formulas, torch's own, and gradients as autograd finds them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from core.learning.losses import Criterion

CHANCE = torch.Generator().manual_seed(0)
LOGITS = torch.randn(12, 10, generator=CHANCE) * 3
LABELS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6, 0, 7, 8, 3])
ONE_HOT = np.eye(10)[LABELS.numpy()]
SMOOTHINGS = [0.1, 0.5, 0.9]
CRITERIA = [
    ("cross_entropy", 0.0),
    ("nll", 0.0),
    ("mse", 0.0),
    ("mae", 0.0),
    *(("cross_entropy", smoothing) for smoothing in SMOOTHINGS),
]


def value(criterion: Criterion, logits: torch.Tensor = LOGITS) -> float:
    return criterion(logits, LABELS).item()


def gradient(criterion: Criterion, logits: torch.Tensor) -> torch.Tensor:
    return criterion.gradient(logits, criterion.targets(LABELS))


def gradient_by_autograd(criterion: Criterion, logits: torch.Tensor) -> torch.Tensor:
    leaf = logits.clone().requires_grad_()
    criterion(leaf, LABELS).backward()
    assert leaf.grad is not None
    return leaf.grad


def test_cross_entropy_is_the_mean_of_minus_the_logarithm_of_the_right_share() -> None:
    logits = LOGITS.double().numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log(shares[np.arange(12), LABELS.numpy()]).mean()
    assert value(Criterion("cross_entropy")) == pytest.approx(expected, rel=1e-6)


def test_nll_over_log_softmax_is_cross_entropy() -> None:
    assert value(Criterion("nll")) == pytest.approx(value(Criterion("cross_entropy")), rel=1e-6)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_label_smoothing_is_torchs(smoothing: float) -> None:
    expected = nn.CrossEntropyLoss(label_smoothing=smoothing)(LOGITS, LABELS).item()
    found = Criterion("cross_entropy", smoothing).of_each(LOGITS, LABELS)
    assert found.mean().item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_label_smoothing_spreads_its_share_over_all_ten_classes(smoothing: float) -> None:
    wanted = ONE_HOT * (1 - smoothing) + smoothing / 10
    logarithms = LOGITS.double().log_softmax(dim=1).numpy()
    expected = -(wanted * logarithms).sum(axis=1).mean()
    assert value(Criterion("cross_entropy", smoothing)) == pytest.approx(expected, rel=1e-6)


def test_squared_error_is_the_mean_over_images_and_classes() -> None:
    expected = ((LOGITS.double().numpy() - ONE_HOT) ** 2).sum() / (12 * 10)
    assert value(Criterion("mse")) == pytest.approx(expected, rel=1e-6)


def test_absolute_error_is_the_mean_over_images_and_classes() -> None:
    expected = np.abs(LOGITS.double().numpy() - ONE_HOT).sum() / (12 * 10)
    assert value(Criterion("mae")) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["mse", "mae"])
def test_the_answer_that_is_wanted_costs_nothing(name: str) -> None:
    assert Criterion(name)(functional.one_hot(LABELS, 10).float(), LABELS) == 0


@pytest.mark.parametrize(("name", "smoothing"), CRITERIA)
def test_the_mean_of_each_images_loss_is_the_loss(name: str, smoothing: float) -> None:
    criterion = Criterion(name, smoothing)
    found = criterion.of_each(LOGITS, LABELS)
    assert found.mean().item() == pytest.approx(value(criterion), rel=1e-6)


@pytest.mark.parametrize(("name", "smoothing"), CRITERIA)
def test_an_images_loss_does_not_depend_on_the_others(name: str, smoothing: float) -> None:
    criterion = Criterion(name, smoothing)
    alone = criterion.of_each(LOGITS[3:4], LABELS[3:4])
    torch.testing.assert_close(criterion.of_each(LOGITS, LABELS)[3:4], alone)


@pytest.mark.parametrize(("name", "smoothing"), CRITERIA)
def test_the_gradient_is_autograds(name: str, smoothing: float) -> None:
    criterion = Criterion(name, smoothing)
    found = gradient(criterion, LOGITS)
    expected = gradient_by_autograd(criterion, LOGITS)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["cross_entropy", "nll"])
def test_the_gradient_of_logits_that_are_far_apart_is_autograds(name: str) -> None:
    found = gradient(Criterion(name), LOGITS * 1000)
    expected = gradient_by_autograd(Criterion(name), LOGITS * 1000)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["mse", "mae"])
def test_the_gradient_of_the_answer_that_is_wanted_is_0(name: str) -> None:
    right = functional.one_hot(LABELS, 10).float()
    assert not gradient(Criterion(name), right).any()


@pytest.mark.parametrize("name", ["cross_entropy", "nll", "mse", "mae"])
def test_the_gradient_leaves_the_logits_as_they_are(name: str) -> None:
    logits = LOGITS.clone()
    gradient(Criterion(name), logits)
    assert torch.equal(logits, LOGITS)


@pytest.mark.parametrize("name", ["cross_entropy", "nll", "mse", "mae"])
def test_the_same_criterion_gives_the_same_again(name: str) -> None:
    criterion = Criterion(name)
    first, second = (gradient(criterion, LOGITS) for _ in range(2))
    assert torch.equal(first, second)
