"""The learning rate from step to step, against torch's schedulers."""

import warnings
from collections.abc import Callable
from itertools import chain, pairwise

import pytest
import torch
from torch.optim import lr_scheduler

from core.config import RunConfig
from core.learning.data import split
from core.learning.schedules import learning_rate
from core.learning.training import Epoch, Training

STEPS_AN_EPOCH = 7
Build = Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]


def config(**values: object) -> RunConfig:
    return RunConfig.parse({"dataset": "digits", "learning_rate": 0.5, "epochs": 6, **values})


def rates(settings: RunConfig, steps_an_epoch: int = STEPS_AN_EPOCH) -> list[float]:
    total = settings.epochs * steps_an_epoch
    return [learning_rate(settings, step, steps_an_epoch) for step in range(total)]


def torchs(build: Build, total: int, steps_a_change: int = 1) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = build(optimizer)
    found = []
    for step in range(1, total + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step % steps_a_change == 0 and step < total:
            scheduler.step()
    return found


def test_the_constant_rate_is_constant() -> None:
    assert rates(config()) == [0.5] * 42


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_falling_in_steps_is_torchs(epochs: int) -> None:
    expected = torchs(lambda o: lr_scheduler.StepLR(o, epochs, gamma=0.3), 42, STEPS_AN_EPOCH)
    found = rates(config(schedule="step", step_epochs=epochs, step_factor=0.3))
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_cosine_is_torchs() -> None:
    expected = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=42), 42)
    # torch goes from rate to rate and gathers rounding on its way down to 0.
    assert rates(config(schedule="cosine")) == pytest.approx(expected, rel=1e-6, abs=1e-12)


# With fewer than four steps there is no way up.
@pytest.mark.parametrize("total", [1, 2, 3, 4, 7, 10, 42, 100])
def test_one_cycle_is_torchs(total: int) -> None:
    def build(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.5, total_steps=total, cycle_momentum=False
        )

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = torchs(build, total)
    found = rates(config(schedule="one_cycle", epochs=total), steps_an_epoch=1)
    assert found == pytest.approx(expected, rel=1e-9)


# Warm-up


def test_warm_up_rises_linearly() -> None:
    rising = rates(config(warmup_epochs=2))[:14]
    assert rising == pytest.approx([0.5 * step / 14 for step in range(1, 15)])


def test_warm_up_ends_at_the_full_rate() -> None:
    assert rates(config(warmup_epochs=2))[13:] == [0.5] * 29


def test_a_part_of_an_epoch_can_be_warmed_up_in() -> None:
    assert rates(config(warmup_epochs=3 / 7))[:4] == pytest.approx([0.5 / 3, 1 / 3, 0.5, 0.5])


def test_the_cosine_begins_after_the_warm_up() -> None:
    expected = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=28), 28)
    found = rates(config(schedule="cosine", warmup_epochs=2))[14:]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_steps_down_count_from_the_first_epoch_whatever_the_warm_up() -> None:
    plain, warmed = (
        rates(config(schedule="step", step_epochs=2, warmup_epochs=epochs)) for epochs in (0, 1)
    )
    assert warmed[7:] == plain[7:]


def scheduled(schedule: str) -> dict[str, object]:
    """Return the settings of a schedule that fits into few epochs."""
    return {"schedule": schedule} | ({"step_epochs": 2} if schedule == "step" else {})


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine"])
def test_a_warm_up_as_long_as_the_training_only_rises(schedule: str) -> None:
    found = rates(config(**scheduled(schedule), warmup_epochs=6))
    assert all(before < after for before, after in pairwise(found))


# In a training

TRAINED = {"watch": "none", "hidden_sizes": (8,), "epochs": 3}


def trained(data, **values: object) -> Training:
    settings = config(**{**TRAINED, **values})
    return Training(settings, split(data, settings), torch.device("cpu"))


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "one_cycle"])
def test_steps_carry_the_rate_of_the_schedule(digits_data, schedule: str) -> None:
    session = trained(digits_data, **scheduled(schedule))
    batches = (event for event in session.run() if not isinstance(event, Epoch))
    found = [step.learning_rate for step in chain.from_iterable(batches)]
    assert found == rates(session.config, session.steps_per_epoch)


def flat(session: Training) -> torch.Tensor:
    return torch.cat([value.detach().flatten() for value in session.model.parameters()])


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "one_cycle"])
def test_weights_move_by_the_rate_that_the_step_carries(digits_data, schedule: str) -> None:
    # One batch an epoch: between two epochs lies one plain step along the gradient.
    session = trained(digits_data, **scheduled(schedule), batch_size=2000, epochs=6)
    weights, said = [flat(session)], []
    for event in session.run():
        if isinstance(event, Epoch):
            weights.append(flat(session))
        else:
            said += [step.learning_rate * step.gradient_norm for step in event]
    moved = [(after - before).norm().item() for before, after in pairwise(weights)]
    assert moved == pytest.approx(said, rel=1e-3, abs=1e-7)
