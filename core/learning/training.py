"""The training loop: step by step, epoch by epoch, until a limit is reached."""

import dataclasses
import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import torch

from core.config import RunConfig
from core.errors import DivergedError, RunUnreadableError
from core.learning.batches import Batches
from core.learning.data import Images, Splits, to_input
from core.learning.diagnostics import OBSERVED_IMAGES, LayerFigures, LayerWatch
from core.learning.evaluation import infer, score
from core.learning.gradients import build_gradients
from core.learning.losses import Criterion
from core.learning.models import build_model, in_quickest_layout
from core.learning.optimizers import build_optimizer
from core.learning.parameters import FlatParameters
from core.learning.schedules import learning_rate
from core.learning.state import Progress, TrainingState
from core.learning.steps import READ_EVERY, GatheredSteps, Step

# torch.nn.utils.clip_grad_norm_ adds as much, lest it divide by 0.
_CLIP_MARGIN: Final = 1e-6
_UNFIT: Final = (
    "The checkpoint does not fit the model that the run's settings describe. "
    "Take checkpoint.safetensors out of the run's folder to let it begin anew."
)


Limit: TypeAlias = Literal["epochs", "seconds", "patience"]


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


class Training:
    """One training from first weights to last epoch; iterate over `run()` to make it happen."""

    def __init__(self, config: RunConfig, splits: Splits, device: torch.device) -> None:
        """Put images and model on `device`; the seed decides first weights, order and dropout."""
        torch.manual_seed(config.seed)
        self.config = config
        self.device = device
        self.model = in_quickest_layout(build_model(config).to(device))
        self._batches = Batches(splits.train, config, device)
        self._parameters = FlatParameters(self.model)
        self._optimizer = build_optimizer(config, self._parameters)
        self._smoothed = Criterion(config.loss, config.label_smoothing)
        self._gradients = build_gradients(config, self.model, self._parameters, self._smoothed)
        # What is watched is judged by the sharp labels: runs with different smoothing compare.
        self.criterion = Criterion(config.loss)
        observed = splits.train.take(slice(0, OBSERVED_IMAGES))
        self._layers = LayerWatch(self.model, self._parameters, self.to_input(observed))
        self._watched = {"validation": splits.validation, "test": splits.test, "none": None}[
            config.watch
        ]
        self._watched_inputs = None if self._watched is None else self.to_input(self._watched)
        self.steps_per_epoch = len(self._batches)
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
            "chance.order": self._batches.order.get_state(),
            "chance.augmentation": self._batches.augmentation.generator.get_state(),
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
            self._batches.order.set_state(chance["order"])
            self._batches.augmentation.generator.set_state(chance["augmentation"])
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
        gathered = GatheredSteps(self._smoothed)
        for _ in self._corrections(gathered):
            if gathered.unread == READ_EVERY:
                yield from self._read(gathered, epoch, started)
            if stop():
                break
        yield from self._read(gathered, epoch, started)
        if len(gathered) < self.steps_per_epoch:
            return
        learning = time.perf_counter() - begun
        watched = self._watch(stop)
        if stop():
            return
        train_loss = statistics.fmean(gathered.losses)
        step = epoch * self.steps_per_epoch
        if not all(map(math.isfinite, (train_loss, *watched.values()))):
            raise diverged(self.config, step, epoch)
        layers, weight_norm = self._layers.read()
        images = self._batches.images_in(self.steps_per_epoch)
        self._note(epoch, step, time.perf_counter() - started, watched)
        yield Epoch(
            epoch=epoch,
            step=step,
            images=self.progress.images,
            seconds=self.progress.seconds,
            train_loss=train_loss,
            train_accuracy=gathered.right / images,
            **watched,
            images_per_second=images / max(learning, 1e-9),
            weight_norm=weight_norm,
            layers=layers,
        )

    def _corrections(self, gathered: GatheredSteps) -> Iterator[None]:
        """Make all steps of an epoch and gather them, yielding after each."""
        for ready in self._batches.epoch():
            for batch, logits in zip(ready, self._gradients(ready), strict=True):
                self._correct(batch.labels, logits, gathered)
                yield

    def _correct(self, labels: torch.Tensor, logits: torch.Tensor, gathered: GatheredSteps) -> None:
        """Correct the weights once by the gradients that lie there."""
        number, flat = len(gathered), self._parameters.gradients
        square = torch.dot(flat, flat)
        if self.config.clip_norm is not None:
            length = square.sqrt() + _CLIP_MARGIN
            flat.mul_((self.config.clip_norm / length).clamp_max_(1))
        if number == self.steps_per_epoch - 1:
            self._layers.before_last_step()
        rate = learning_rate(self.config, self.progress.step + number, self.steps_per_epoch)
        self._optimizer.step(rate)
        gathered.add(logits, labels, square, rate)

    def _read(self, gathered: GatheredSteps, epoch: int, started: float) -> Iterator[list[Step]]:
        """Read out in one go what was gathered since the last reading."""
        first = len(gathered) - gathered.unread + 1
        figures = gathered.read()
        seconds = time.perf_counter() - started
        finite = list(itertools.takewhile(lambda row: math.isfinite(row.loss), figures))
        progress = self.progress
        rows = [
            Step(
                step=progress.step + batch,
                epoch=epoch,
                images=progress.images + self._batches.images_in(batch),
                seconds=seconds,
                loss=row.loss,
                learning_rate=row.learning_rate,
                gradient_norm=row.gradient_norm,
            )
            for batch, row in enumerate(finite, start=first)
        ]
        if rows:
            yield rows
        if len(finite) < len(figures):
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
        images = self.progress.images + self._batches.images_in(self.steps_per_epoch)
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


def diverged(config: RunConfig, step: int, epoch: int) -> DivergedError:
    """Return the error for a loss, of whatever images, that is no number after `step`."""
    return DivergedError(
        f"The loss stopped being a number at step {step:,} (epoch {epoch}): the training ran "
        "away (diverged). A smaller learning rate usually helps; this run used "
        f"{config.learning_rate:g}."
    )
