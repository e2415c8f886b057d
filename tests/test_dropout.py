"""Dropout: as likely, as large and as silent outside training as torch's own."""

import pytest
import torch

from core.learning.dropout import Dropout, _bits_for, dropout_mask

VALUES = torch.ones(1_000, 1_000)
# Masks from 1, 2, 2, 4 and 16 bits a value.
SHARES = [0.5, 0.25, 0.75, 0.3125, 0.3]


def dropped(p: float, seed: int = 0) -> torch.Tensor:
    """Return for a million values whether each is dropped, 1, or kept, 0."""
    torch.manual_seed(seed)
    return (dropout_mask(VALUES, p) == 0).double().flatten()


def chance_of(p: float, count: int = VALUES.numel()) -> float:
    """Return five standard deviations of the share of `count` draws."""
    return 5 * (p * (1 - p) / count) ** 0.5


@pytest.mark.parametrize(
    ("p", "bits"),
    [(0.5, 1), (0.25, 2), (0.75, 2), (0.3125, 4), (0.9375, 4), (0.3, None), (0.03125, None)],
)
def test_a_mask_takes_as_few_bits_as_express_its_share(p: float, bits: int | None) -> None:
    assert _bits_for(p) == bits


@pytest.mark.parametrize("p", [*SHARES, 0.05, 0.9, 0.95])
def test_as_many_are_dropped_as_asked_for(p: float) -> None:
    # The rounding of p to 16 bits comes on top.
    assert dropped(p).mean().item() == pytest.approx(p, abs=chance_of(p) + 2**-16)


@pytest.mark.parametrize("p", [*SHARES, 0.05, 0.9])
def test_the_kept_ones_make_up_for_the_dropped(p: float) -> None:
    assert dropout_mask(VALUES, p).unique().tolist() == pytest.approx([0.0, 1 / (1 - p)])


@pytest.mark.parametrize("p", SHARES)
def test_the_values_of_one_random_number_are_dropped_apart(p: float) -> None:
    # 64 bits are drawn at once: 64 values at most.
    groups = torch.corrcoef(dropped(p).view(-1, 64).T)
    # Six standard deviations: there are two thousand pairs.
    assert (groups - torch.eye(64)).abs().max() < 6 / (VALUES.numel() / 64) ** 0.5


@pytest.mark.parametrize("apart", [1, 2, 3, 4, 8, 16, 64, 1000])
@pytest.mark.parametrize("p", SHARES)
def test_neighbours_are_dropped_apart(p: float, apart: int) -> None:
    drawn = dropped(p)
    pairs = torch.corrcoef(torch.stack([drawn[:-apart], drawn[apart:]]))
    assert pairs[0, 1].abs() < 5 / VALUES.numel() ** 0.5


@pytest.mark.parametrize("p", SHARES)
def test_every_place_in_a_group_is_dropped_as_often(p: float) -> None:
    places = dropped(p).view(-1, 8).mean(dim=0)
    assert places.tolist() == pytest.approx([p] * 8, abs=chance_of(p, 125_000) + 2**-16)


@pytest.mark.parametrize("p", SHARES)
def test_two_masks_in_a_row_have_nothing_to_do_with_each_other(p: float) -> None:
    torch.manual_seed(0)
    first, second = ((dropout_mask(VALUES, p) == 0).double().flatten() for _ in range(2))
    assert torch.corrcoef(torch.stack([first, second]))[0, 1].abs() < 5 / VALUES.numel() ** 0.5


@pytest.mark.parametrize("p", SHARES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (5, 13), (2, 3, 5)])
def test_a_size_that_bytes_do_not_divide_is_covered(shape: tuple[int, ...], p: float) -> None:
    assert dropout_mask(torch.ones(shape), p).shape == shape


def test_outside_training_nothing_is_dropped() -> None:
    assert torch.equal(Dropout(0.5).eval()(VALUES), VALUES)


@pytest.mark.parametrize("p", SHARES)
def test_the_mean_of_the_values_stays(p: float) -> None:
    torch.manual_seed(0)
    mean = Dropout(p)(VALUES).mean().item()
    assert mean == pytest.approx(1, abs=(chance_of(p) + 2**-16) / (1 - p))


@pytest.mark.parametrize("p", SHARES)
def test_the_gradient_passes_where_values_do(p: float) -> None:
    values = torch.ones(100, 100, requires_grad=True)
    output = Dropout(p)(values)
    output.sum().backward()
    assert torch.equal(values.grad, output.detach())


@pytest.mark.parametrize("p", SHARES)
def test_the_same_seed_drops_the_same(p: float) -> None:
    assert torch.equal(dropped(p, seed=3), dropped(p, seed=3))


@pytest.mark.parametrize("p", SHARES)
def test_another_seed_drops_others(p: float) -> None:
    assert not torch.equal(dropped(p, seed=3), dropped(p, seed=4))
