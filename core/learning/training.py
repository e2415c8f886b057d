"""The training loop: everything in memory, batches by index, no work per image."""

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import torch

from core.config import IMAGE_SIDE, RunConfig
from core.errors import DivergedError, RunUnreadableError
from core.learning.augmentation import Augmentation
from core.learning.data import Images, Splits, normalised, to_input
from core.learning.diagnostics import OBSERVED_IMAGES, LayerFigures, LayerWatch
from core.learning.evaluation import infer, score
from core.learning.gradients import build_gradients
from core.learning.losses import Criterion
from core.learning.models import build_model
from core.learning.optimizers import build_optimizer
from core.learning.parameters import FlatParameters
from core.learning.schedules import learning_rate
from core.learning.state import Progress, TrainingState

# Losses are gathered as tensors and read out together: reading each would wait for the device.
_READ_EVERY: Final = 25
# torch.nn.utils.clip_grad_norm_ adds as much, lest it divide by 0.
_CLIP_MARGIN: Final = 1e-6
_UNFIT: Final = (
    "The checkpoint does not fit the model that the run's settings describe. "
    "Take checkpoint.safetensors out of the run's folder to let it begin anew."
)


Limit: TypeAlias = Literal["epochs", "seconds", "patience"]


@dataclass(frozen=True)
class Step:
    """One correction: `loss` is the mean over its batch before the correction."""

    step: int  # counted from 1 over the whole run
    epoch: int  # counted from 1
    images: int  # seen so far
    seconds: float  # of training so far, evaluation included
    loss: float
    learning_rate: float
    gradient_norm: float | None  # before any clipping; None where it is no finite number


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images.

    The training figures are gathered while learning (dropout on, weights still changing), as the
    articles do; `validation` or `test` is read afterwards with the weights of that moment, without
    dropout, augmentation or label smoothing.
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
    images_per_second: float | None = None  # while learning, evaluation apart
    weight_norm: float | None = None
    layers: tuple[LayerFigures, ...] = ()


@dataclass
class _Gathered:
    """What the steps of one epoch left on the device, read out some at a time."""

    losses: list[torch.Tensor] = dataclasses.field(default_factory=list)
    squares: list[torch.Tensor] = dataclasses.field(default_factory=list)
    rates: list[float] = dataclasses.field(default_factory=list)
    read: int = 0


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
        if config.model == "cnn":
            self.model = self.model.to(memory_format=torch.channels_last)
        # Kept as bytes and turned into input batch by batch: a quarter of the memory to walk
        # through, which is quicker than floats that were made once.
        self._pixels = splits.train.pixels.to(device).flatten(1)
        self._labels = splits.train.labels.to(device)
        self._augment = Augmentation(config.augmentation, config.seed)
        self._parameters = FlatParameters(self.model)
        self._optimizer = build_optimizer(config, self._parameters)
        smoothed = Criterion(config.loss, config.label_smoothing)
        self._gradients = build_gradients(config, self.model, self._parameters, smoothed)
        # What is watched is judged by the sharp labels: runs with different smoothing compare.
        self.criterion = Criterion(config.loss)
        observed = splits.train.take(slice(0, OBSERVED_IMAGES))
        self._layers = LayerWatch(self.model, self._parameters, self.to_input(observed))
        self._watched = {"validation": splits.validation, "test": splits.test, "none": None}[
            config.watch
        ]
        self._watched_inputs = None if self._watched is None else self.to_input(self._watched)
        self.steps_per_epoch = _batches(len(splits.train), config)
        self.progress = Progress()
        self._best: dict[str, torch.Tensor] = {}

    def to_input(self, images: Images) -> torch.Tensor:
        """Return `images` as this training's model takes them."""
        return to_input(images.pixels, self.config.normalisation, self.device)

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[list[Step] | Epoch]:
        """Train, yielding lists of steps as they happen and an Epoch after each epoch.

        Goes on where `progress` stands. Ends early, without an Epoch for the epoch begun, once
        `stop` answers True (asked at every step), after the steps made until then. Raises
        DivergedError once a loss is not finite, after the steps before it were yielded.

        With early stopping the model has the weights of its best epoch when this ends by itself.
        """
        while not self.finished:
            yield from self._run_epoch(stop)
            if stop():
                return
        if self._best:
            self.model.load_state_dict(self._best)

    @property
    def finished(self) -> bool:
        """Whether the epochs, the seconds or the patience of the config are used up."""
        return self.progress.epoch > 0 and self._limit() is not None

    @property
    def ended_by(self) -> Limit:
        """Return which limit of the config ended the training."""
        return self._limit() or "epochs"

    def _limit(self) -> Limit | None:
        config, progress = self.config, self.progress
        if progress.epoch >= config.epochs:
            return "epochs"
        if config.max_seconds is not None and progress.seconds >= config.max_seconds:
            return "seconds"
        waited = progress.epoch - progress.best_epoch
        if config.patience is not None and waited >= config.patience:
            return "patience"
        return None

    def state(self) -> TrainingState:
        """Return a copy of everything that `restore` needs; only between two epochs."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        buffers = self._optimizer.buffers
        tensors |= {f"optimizer.{name}": value for name, value in buffers.items()}
        tensors |= {f"best.{name}": value for name, value in self._best.items()}
        tensors |= {
            "chance.order": self._order.get_state(),
            "chance.augmentation": self._augment.generator.get_state(),
            "chance.cpu": torch.get_rng_state(),
        }
        if self.device.type == "cuda":
            tensors["chance.cuda"] = torch.cuda.get_rng_state(self.device)
        if self.device.type == "mps":
            tensors["chance.mps"] = torch.mps.get_rng_state()
        copies = {name: value.detach().cpu().clone() for name, value in tensors.items()}
        return TrainingState(dataclasses.replace(self.progress), copies)

    def restore(self, state: TrainingState) -> None:
        """Stand where `state` was taken. Raises RunUnreadableError if it is of another model."""
        buffers, best = state.part("optimizer"), state.part("best")
        same_optimizer = buffers.keys() == self._optimizer.buffers.keys()
        if not same_optimizer or (best and best.keys() != self.model.state_dict().keys()):
            raise RunUnreadableError(_UNFIT)
        try:
            self.model.load_state_dict(state.part("model"))
            for name, buffer in self._optimizer.buffers.items():
                buffer.copy_(buffers[name])
            chance = state.part("chance")
            self._order.set_state(chance["order"])
            self._augment.generator.set_state(chance["augmentation"])
            torch.set_rng_state(chance["cpu"])
            if self.device.type == "cuda" and "cuda" in chance:
                torch.cuda.set_rng_state(chance["cuda"], self.device)
            if self.device.type == "mps" and "mps" in chance:
                torch.mps.set_rng_state(chance["mps"])
        except (KeyError, RuntimeError, TypeError) as error:
            raise RunUnreadableError(_UNFIT) from error
        self._best = {name: value.to(self.device) for name, value in best.items()}
        self.progress = dataclasses.replace(state.progress)

    def _run_epoch(self, stop: Callable[[], bool]) -> Iterator[list[Step] | Epoch]:
        started = time.perf_counter() - self.progress.seconds
        begun = time.perf_counter()
        epoch = self.progress.epoch + 1
        gathered = _Gathered()
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        for loss, batch_right in self._corrections(gathered):
            gathered.losses.append(loss)
            right += batch_right
            if len(gathered.losses) % _READ_EVERY == 0:
                yield from self._read(gathered, epoch, started)
            if stop():
                break
        yield from self._read(gathered, epoch, started)
        if len(gathered.losses) < self.steps_per_epoch:
            return
        learning = time.perf_counter() - begun
        watched = self._watch(stop)
        if stop():
            return
        train_loss = float(torch.stack(gathered.losses).mean())
        step = epoch * self.steps_per_epoch
        if not all(map(math.isfinite, (train_loss, *watched.values()))):
            raise diverged(self.config, step, epoch)
        layers, weight_norm = self._layers.read()
        images = self._images_after(self.steps_per_epoch)
        self._note(epoch, step, time.perf_counter() - started, watched)
        yield Epoch(
            epoch=epoch,
            step=step,
            images=self.progress.images,
            seconds=self.progress.seconds,
            train_loss=train_loss,
            train_accuracy=int(right) / images,
            **watched,
            images_per_second=images / max(learning, 1e-9),
            weight_norm=weight_norm,
            layers=layers,
        )

    def _corrections(self, gathered: _Gathered) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        done = self.progress.step
        order = torch.randperm(len(self._labels), generator=self._order).to(self.device)
        batches = torch.split(order, self.config.batch_size)[: self.steps_per_epoch]
        for number, batch in enumerate(batches):
            labels = self._labels.index_select(0, batch)
            loss, logits = self._gradients(self._inputs(batch), labels)
            square = torch.dot(self._parameters.gradients, self._parameters.gradients)
            if self.config.clip_norm is not None:
                length = square.sqrt() + _CLIP_MARGIN
                self._parameters.gradients.mul_((self.config.clip_norm / length).clamp_max_(1))
            if number == len(batches) - 1:
                self._layers.before_last_step()
            rate = learning_rate(self.config, done + number, self.steps_per_epoch)
            self._optimizer.step(rate)
            gathered.squares.append(square)
            gathered.rates.append(rate)
            yield loss, (logits.argmax(dim=1) == labels).sum()

    def _inputs(self, batch: torch.Tensor) -> torch.Tensor:
        pixels = self._pixels.index_select(0, batch).view(-1, IMAGE_SIDE, IMAGE_SIDE)
        if not self.config.augmentation:
            return to_input(pixels, self.config.normalisation, self.device)
        images = self._augment(to_input(pixels, "none", self.device))
        return normalised(images, self.config.normalisation)

    def _read(self, gathered: _Gathered, epoch: int, started: float) -> Iterator[list[Step]]:
        """Read out in one go what was gathered since the last reading."""
        first, count = gathered.read + 1, len(gathered.losses) - gathered.read
        if not count:
            return
        pairs = torch.stack([*gathered.losses[-count:], *gathered.squares[-count:]]).tolist()
        gathered.read += count
        seconds = time.perf_counter() - started
        finite = list(itertools.takewhile(math.isfinite, pairs[:count]))
        progress = self.progress
        rows = [
            Step(
                step=progress.step + batch,
                epoch=epoch,
                images=progress.images + self._images_after(batch),
                seconds=seconds,
                loss=loss,
                learning_rate=gathered.rates[batch - 1],
                gradient_norm=math.sqrt(square) if math.isfinite(square) else None,
            )
            for batch, (loss, square) in enumerate(
                zip(finite, pairs[count:], strict=False), start=first
            )
        ]
        if rows:
            yield rows
        if len(finite) < count:
            raise diverged(self.config, progress.step + first + len(finite), epoch)

    def _watch(self, stop: Callable[[], bool]) -> dict[str, float]:
        if self._watched is None or self._watched_inputs is None:
            return {}
        logits = infer(self.model, self._watched_inputs, stop)
        if len(logits) < len(self._watched):
            return {}
        result = score(logits, self._watched.labels.to(self.device), self.criterion)
        return {
            f"{self.config.watch}_loss": result.loss,
            f"{self.config.watch}_accuracy": result.accuracy,
        }

    def _note(self, epoch: int, step: int, seconds: float, watched: dict[str, float]) -> None:
        images = self.progress.images + self._images_after(self.steps_per_epoch)
        progress = dataclasses.replace(
            self.progress, epoch=epoch, step=step, images=images, seconds=seconds
        )
        accuracy = watched.get("validation_accuracy")
        if accuracy is not None and (not progress.best_epoch or accuracy > progress.best_accuracy):
            progress.best_epoch, progress.best_accuracy = epoch, accuracy
            if self.config.patience is not None:
                self._best = {
                    name: value.clone() for name, value in self.model.state_dict().items()
                }
        self.progress = progress

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
    # Batch norm has no spread to divide by in a batch of one image.
    drop = config.drop_last or (config.batch_norm and rest == 1)
    return whole if drop or not rest else whole + 1
