"""Dropout: as likely, as large and as silent outside training as torch's own."""

import pytest
import torch

from core.learning.dropout import Dropout, dropout_mask

VALUES = torch.ones(1_000, 1_000)


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9])
def test_as_many_are_dropped_as_asked_for(p: float) -> None:
    torch.manual_seed(0)
    dropped = (dropout_mask(VALUES, p) == 0).double().mean().item()
    # Five standard deviations of a million draws, and the rounding of p to 16 bits.
    assert dropped == pytest.approx(p, abs=5 * (p * (1 - p) / VALUES.numel()) ** 0.5 + 2**-16)


@pytest.mark.parametrize("p", [0.25, 0.5])
def test_the_kept_ones_make_up_for_the_dropped(p: float) -> None:
    assert dropout_mask(VALUES, p).unique().tolist() == pytest.approx([0.0, 1 / (1 - p)])


def test_the_four_values_of_one_random_number_are_dropped_apart() -> None:
    torch.manual_seed(0)
    quarters = (dropout_mask(VALUES, 0.5).view(-1, 4) == 0).double()
    pairs = torch.corrcoef(quarters.T)
    assert (pairs - torch.eye(4)).abs().max() < 0.01


def test_a_size_that_four_does_not_divide_is_covered() -> None:
    assert dropout_mask(torch.ones(3, 7), 0.5).shape == (3, 7)


def test_outside_training_nothing_is_dropped() -> None:
    assert torch.equal(Dropout(0.5).eval()(VALUES), VALUES)


def test_the_gradient_passes_where_values_do() -> None:
    values = torch.ones(100, 100, requires_grad=True)
    output = Dropout(0.5)(values)
    output.sum().backward()
    assert torch.equal(values.grad, output.detach())


def test_the_same_seed_drops_the_same() -> None:
    torch.manual_seed(3)
    first = dropout_mask(VALUES, 0.5)
    torch.manual_seed(3)
    assert torch.equal(dropout_mask(VALUES, 0.5), first)
