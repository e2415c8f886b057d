"""core.learning.training: the same numbers as the loop that the articles write by hand."""

import itertools
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.nn import functional

from core.config import RunConfig
from core.learning.augmentation import Augmentation
from core.learning.data import Splits, split, to_input
from core.learning.dropout import dropout_mask
from core.learning.models import build_model
from core.learning.training import Epoch, Training
from core.recipes import RECIPES

CPU = torch.device("cpu")


class PlainModel(nn.Module):
    """What the articles write by hand: ReLU before pooling, one layer after the other."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__()
        planes, units = (1, *config.channels), config.layer_inputs
        size = config.kernel_size
        self.convolutions = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.Conv2d(into, out, size, padding=size // 2, bias=not config.batch_norm),
                    nn.BatchNorm2d(out) if config.batch_norm else nn.Identity(),
                ]
            )
            for into, out in itertools.pairwise(planes)
        )
        self.hidden = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.Linear(into, out, bias=not config.batch_norm),
                    nn.BatchNorm1d(out) if config.batch_norm else nn.Identity(),
                ]
            )
            for into, out in itertools.pairwise(units[:-1])
        )
        self.last = nn.Linear(*units[-2:])
        self.dropout = config.dropout
        self.batch_norm = config.batch_norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for convolution, norm in self.convolutions:
            if self.batch_norm:
                x = functional.relu(norm(functional.max_pool2d(convolution(x), 2)))
            else:
                x = functional.max_pool2d(functional.relu(convolution(x)), 2)
        x = x.flatten(1)
        for layer, norm in self.hidden:
            x = functional.relu(norm(layer(x)))
            if self.dropout:
                x = x * dropout_mask(x, self.dropout)  # both draw the same masks
        return self.last(x)

    def copy_weights(self, model: nn.Module) -> None:
        with torch.no_grad():
            for own, other in zip(self.parameters(), model.parameters(), strict=True):
                own.copy_(other)


def plain_inputs(images: torch.Tensor, normalisation: str) -> torch.Tensor:
    mean, spread = {"none": (0, 1), "mnist": (0.1307, 0.3081), "half": (0.5, 0.5)}[normalisation]
    return (images - mean) / spread


def plain_loss(config: RunConfig, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    if config.loss == "mse":
        return ((logits - torch.eye(10)[labels]) ** 2).mean()
    smooth = config.label_smoothing
    wanted = torch.eye(10)[labels] * (1 - smooth) + smooth / 10
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


def plain_losses(config: RunConfig, splits: Splits) -> Iterator[float]:
    torch.manual_seed(config.seed)
    initial = build_model(config)  # draws the same numbers as the real one, dropout then as well
    model = PlainModel(config)
    model.copy_weights(initial)
    torch.manual_seed(config.seed)
    build_model(config)
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    optimizer = kinds[config.optimizer](
        model.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        foreach=False,
        **({"momentum": config.momentum} if config.optimizer == "sgd" else {}),
    )
    images = splits.train.pixels.reshape(-1, 1, 28, 28).float() / 255
    batches = len(images) // config.batch_size
    if config.schedule == "one_cycle":
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, config.learning_rate, config.epochs * batches, cycle_momentum=False
        )
    augment = Augmentation(config.augmentation, config.seed)  # both draw the same changes
    order = torch.Generator().manual_seed(config.seed)
    while True:
        places = torch.randperm(len(images), generator=order)
        for start in range(0, len(places), config.batch_size):
            batch = places[start : start + config.batch_size]
            if config.drop_last and len(batch) < config.batch_size:
                continue
            inputs = augment(images[batch]) if config.augmentation else images[batch]
            inputs = plain_inputs(inputs, config.normalisation).to(torch.get_default_dtype())
            optimizer.zero_grad()
            logits = model(inputs)
            loss = plain_loss(config, logits, splits.train.labels[batch])
            loss.backward()
            optimizer.step()
            if config.schedule == "one_cycle":
                schedule.step()
            yield loss.item()


def first_losses(session: Training, count: int) -> list[float]:
    steps = itertools.chain.from_iterable(
        event for event in session.run() if not isinstance(event, Epoch)
    )
    return [step.loss for step in itertools.islice(steps, count)]


def as_plain_loop_tests(name: str) -> RunConfig:
    return RECIPES[name].config.replace(dataset="digits", watch="none", epochs=10)


@pytest.mark.parametrize("name", RECIPES)
def test_the_first_losses_are_a_plain_loops(digits_data, name: str) -> None:
    recipe = as_plain_loop_tests(name)
    splits = split(digits_data, recipe)
    # Adam makes full steps of gradients however small; behind batch norm many are nothing but
    # rounding, so that the champion's losses drift apart after some steps in float32. That is
    # why the next test follows it in float64.
    count = 5 if recipe.batch_norm else 21
    expected = list(itertools.islice(plain_losses(recipe, splits), count))
    found = first_losses(Training(recipe, splits, CPU), count)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.fixture
def in_float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_in_float64_the_champions_first_losses_are_a_plain_loops(digits_data, in_float64) -> None:
    recipe = as_plain_loop_tests("champion").replace(batch_size=32)  # float64 is slow
    splits = split(digits_data, recipe)
    expected = list(itertools.islice(plain_losses(recipe, splits), 21))
    session = Training(recipe, splits, CPU)
    take = session._batches._take
    session._batches._take = lambda places: take(places).double()
    session._layers._inputs = session._layers._inputs.double()
    assert first_losses(session, 21) == pytest.approx(expected, rel=1e-9)


def test_pooling_before_relu_gives_the_articles_numbers(digits_data) -> None:
    settings = RECIPES["article3-sgd"].config
    model, plain = build_model(settings), PlainModel(settings)
    plain.copy_weights(model)
    inputs = to_input(digits_data.train.pixels[:20], "half", CPU)
    assert torch.equal(model(inputs), plain(inputs))


def test_pooling_before_relu_gives_the_articles_gradients(digits_data) -> None:
    settings = RECIPES["article3-sgd"].config
    model, plain = build_model(settings), PlainModel(settings)
    plain.copy_weights(model)
    inputs = to_input(digits_data.train.pixels[:20], "half", CPU)
    for one in (model, plain):
        one(inputs).square().sum().backward()
    for ours, theirs in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)
