"""The training loop: everything in memory, batches by index, no work per image."""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import torch

from core.config import IMAGE_SIDE, RunConfig
from core.errors import DivergedError
from core.learning.data import Images, Splits, to_input
from core.learning.evaluation import infer, score
from core.learning.losses import loss_function
from core.learning.models import build_model
from core.learning.optimizers import build_optimizer

# Losses are gathered as tensors and read out together: reading each would wait for the device.
_READ_EVERY: Final = 25


@dataclass(frozen=True)
class Step:
    """One correction: `loss` is the mean over its batch before the correction."""

    step: int  # counted from 1 over the whole run
    epoch: int  # counted from 1
    images: int  # seen so far
    seconds: float  # of training so far, evaluation included
    loss: float


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images.

    The training figures are gathered while learning (dropout on, weights still changing), as the
    articles do; `validation` or `test` is read afterwards with the weights of that moment.
    """

    epoch: int
    step: int
    images: int
    seconds: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None


class Training:
    """One training from first weights to last epoch; iterate over `run()` to make it happen."""

    def __init__(self, config: RunConfig, splits: Splits, device: torch.device) -> None:
        """Put images and model on `device`; the seed decides first weights, order and dropout."""
        torch.manual_seed(config.seed)
        # An own generator: the order depends on the seed alone, whatever else draws by chance,
        # so that two runs to be compared see the same images in the same order.
        self._order = torch.Generator().manual_seed(config.seed)
        self.config = config
        self.device = device
        self.model = build_model(config).to(device)
        # Kept as bytes and turned into input batch by batch: a quarter of the memory to walk
        # through, which is quicker than floats that were made once.
        self._pixels = splits.train.pixels.to(device).flatten(1)
        if config.model == "cnn":
            self.model = self.model.to(memory_format=torch.channels_last)
        self._labels = splits.train.labels.to(device)
        self._optimizer = build_optimizer(config, self.model)
        self._loss = loss_function(config.loss)
        self._watched = {"validation": splits.validation, "test": splits.test, "none": None}[
            config.watch
        ]
        self._watched_inputs = None if self._watched is None else self.to_input(self._watched)
        self.steps_per_epoch = _batches(len(splits.train), config)

    def to_input(self, images: Images) -> torch.Tensor:
        """Return `images` as this training's model takes them."""
        return to_input(images.pixels, self.config.normalisation, self.device)

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[list[Step] | Epoch]:
        """Train, yielding lists of steps as they happen and an Epoch after each epoch.

        Ends early, without an Epoch for the epoch begun, once `stop` answers True (asked at
        every step), after the steps made until then. Raises DivergedError once a loss is not
        finite, after the steps before it were yielded.
        """
        started = time.perf_counter()
        for epoch in range(1, self.config.epochs + 1):
            losses: list[torch.Tensor] = []
            right = torch.zeros((), dtype=torch.int64, device=self.device)
            for loss, batch_right in self._corrections():
                losses.append(loss)
                right += batch_right
                if len(losses) % _READ_EVERY == 0:
                    yield from self._read(losses, _READ_EVERY, epoch, started)
                if stop():
                    break
            yield from self._read(losses, len(losses) % _READ_EVERY, epoch, started)
            if len(losses) < self.steps_per_epoch:
                return
            watched = self._watch(stop)
            if stop():
                return
            images = self._images_after(len(losses))
            train_loss = float(torch.stack(losses).mean())
            if not all(map(math.isfinite, (train_loss, *watched.values()))):
                raise diverged(self.config, epoch * self.steps_per_epoch, epoch)
            yield Epoch(
                epoch=epoch,
                step=epoch * self.steps_per_epoch,
                images=(epoch - 1) * self._images_after(self.steps_per_epoch) + images,
                seconds=time.perf_counter() - started,
                train_loss=train_loss,
                train_accuracy=int(right) / images,
                **watched,
            )

    def _corrections(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        order = torch.randperm(len(self._labels), generator=self._order).to(self.device)
        for batch in torch.split(order, self.config.batch_size)[: self.steps_per_epoch]:
            pixels = self._pixels.index_select(0, batch).view(-1, IMAGE_SIDE, IMAGE_SIDE)
            inputs = to_input(pixels, self.config.normalisation, self.device)
            labels = self._labels.index_select(0, batch)
            logits = self.model(inputs)
            loss = self._loss(logits, labels)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            yield loss.detach(), (logits.detach().argmax(dim=1) == labels).sum()

    def _read(
        self, losses: list[torch.Tensor], count: int, epoch: int, started: float
    ) -> Iterator[list[Step]]:
        """Read out the last `count` losses of the epoch in one go."""
        values = torch.stack(losses[-count:]).tolist() if count else []
        seconds = time.perf_counter() - started
        finite = list(itertools.takewhile(math.isfinite, values))
        first = len(losses) - count + 1
        before = (epoch - 1) * self.steps_per_epoch
        epoch_images = (epoch - 1) * self._images_after(self.steps_per_epoch)
        rows = [
            Step(before + batch, epoch, epoch_images + self._images_after(batch), seconds, value)
            for batch, value in enumerate(finite, start=first)
        ]
        if rows:
            yield rows
        if len(finite) < len(values):
            raise diverged(self.config, before + first + len(finite), epoch)

    def _watch(self, stop: Callable[[], bool]) -> dict[str, float]:
        if self._watched is None or self._watched_inputs is None:
            return {}
        logits = infer(self.model, self._watched_inputs, stop)
        if len(logits) < len(self._watched):
            return {}
        result = score(logits, self._watched.labels.to(self.device), self.config.loss)
        return {
            f"{self.config.watch}_loss": result.loss,
            f"{self.config.watch}_accuracy": result.accuracy,
        }

    def _images_after(self, batches: int) -> int:
        """Return how many images `batches` batches of one epoch hold."""
        return min(batches * self.config.batch_size, len(self._labels))


def diverged(config: RunConfig, step: int, epoch: int) -> DivergedError:
    """Return the error for a loss, of whatever images, that is no number after `step`."""
    return DivergedError(
        f"The loss stopped being a number at step {step:,} (epoch {epoch}): the training ran "
        "away (diverged). A smaller learning rate usually helps; this run used "
        f"{config.learning_rate:g}."
    )


def _batches(images: int, config: RunConfig) -> int:
    whole, rest = divmod(images, config.batch_size)
    return whole if config.drop_last or not rest else whole + 1
