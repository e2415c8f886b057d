"""The articles' training loops as a reader writes them: the yardstick of `training_speed.py`.

Articles 0, 2 and 3 read MNIST through torchvision, which turns every image into numbers anew each
time, and read out the loss at every step. Article 1 puts all images into a TensorDataset first.
Nothing here is tuned, and nothing of the training engine is used.
"""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset
from torchvision import datasets, transforms

from core.config import CLASSES, IMAGE_SIDE, RunConfig
from core.learning.data import MEAN_AND_SPREAD

# The settings that the articles use; what lies beyond is not written out here.
_USED = (
    *("dataset", "validation_fraction", "watch", "normalisation", "model", "channels"),
    *("kernel_size", "hidden_sizes", "dropout", "loss", "optimizer", "learning_rate"),
    *("momentum", "weight_decay", "batch_size", "drop_last", "epochs", "seed", "device"),
)


class PlainTraining:
    """One training of `config` by a plain loop; `run_epoch` trains and evaluates once."""

    def __init__(
        self,
        config: RunConfig,
        data_root: Path,
        device: torch.device,
        images: int | None = None,
    ) -> None:
        """Read MNIST under `data_root`.

        With `images` only so many are trained on, and as many watched, to warm up or try out.
        """
        _refuse_more_than_articles(config)
        torch.manual_seed(config.seed)
        self._config = config
        self._device = device
        self._train, self._watched = _loaders(config, data_root, images)
        self._model = build_plain_model(config).to(device)
        self._optimizer = _build_optimizer(config, self._model)
        self._loss = nn.MSELoss() if config.loss == "mse" else nn.CrossEntropyLoss()

    def run_epoch(self) -> float:
        """Train one epoch and evaluate; return the accuracy (0 to 1) on the watched images."""
        if self._config.watch == "validation":
            self._train_silently()
            return self._read_accuracy()
        self._train_with_figures()
        return self._read_loss_and_accuracy()[1]

    def _train_silently(self) -> None:
        """Article 1's loop: no figures while training."""
        self._model.train()
        for inputs, labels in self._train:
            inputs, labels = inputs.to(self._device), labels.to(self._device)
            self._optimizer.zero_grad()
            loss = self._loss(self._model(inputs), self._targets(labels))
            loss.backward()
            self._optimizer.step()

    def _train_with_figures(self) -> tuple[float, float]:
        """The loop of articles 0, 2 and 3: loss and accuracy are added up at every step."""
        self._model.train()
        total_loss, right, seen = 0.0, 0, 0
        for inputs, labels in self._train:
            inputs, labels = inputs.to(self._device), labels.to(self._device)
            self._optimizer.zero_grad()
            logits = self._model(inputs)
            loss = self._loss(logits, self._targets(labels))
            loss.backward()
            self._optimizer.step()
            total_loss += loss.item()
            right += (logits.argmax(1) == labels).sum().item()
            seen += len(labels)
        return total_loss / len(self._train), right / seen

    def _read_accuracy(self) -> float:
        self._model.eval()
        right, seen = 0, 0
        with torch.no_grad():
            for inputs, labels in self._watched:
                inputs, labels = inputs.to(self._device), labels.to(self._device)
                right += (self._model(inputs).argmax(1) == labels).sum().item()
                seen += len(labels)
        return right / seen

    def _read_loss_and_accuracy(self) -> tuple[float, float]:
        self._model.eval()
        total_loss, right, seen = 0.0, 0, 0
        with torch.no_grad():
            for inputs, labels in self._watched:
                inputs, labels = inputs.to(self._device), labels.to(self._device)
                logits = self._model(inputs)
                total_loss += self._loss(logits, self._targets(labels)).item()
                right += (logits.argmax(1) == labels).sum().item()
                seen += len(labels)
        return total_loss / len(self._watched), right / seen

    def _targets(self, labels: torch.Tensor) -> torch.Tensor:
        if self._config.loss == "mse":
            return functional.one_hot(labels, CLASSES).float()
        return labels


def build_plain_model(config: RunConfig) -> nn.Sequential:
    """Return the network of `config` in the articles' order: pooling behind the activation."""
    layers: list[nn.Module] = []
    into, side = 1, IMAGE_SIDE
    for out in config.channels:
        size = config.kernel_size
        layers += [nn.Conv2d(into, out, size, padding=size // 2), nn.ReLU(), nn.MaxPool2d(2)]
        into, side = out, side // 2
    layers.append(nn.Flatten())
    units = into * side**2
    for out in config.hidden_sizes:
        layers += [nn.Linear(units, out), nn.ReLU()]
        if config.dropout:
            layers.append(nn.Dropout(config.dropout))
        units = out
    layers.append(nn.Linear(units, CLASSES))
    return nn.Sequential(*layers)


def _build_optimizer(config: RunConfig, model: nn.Module) -> torch.optim.Optimizer:
    options: dict[str, Any] = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    if config.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), **options)
    return torch.optim.SGD(model.parameters(), **options, momentum=config.momentum)


def _loaders(
    config: RunConfig, data_root: Path, images: int | None
) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Return the loaders of the training images and of those watched after each epoch."""
    read = _tensor_datasets if config.watch == "validation" else _torchvision_datasets
    train, watched = read(config, data_root)
    if images is not None:
        train, watched = (Subset(each, range(min(images, len(each)))) for each in (train, watched))
    size = config.batch_size
    return (
        DataLoader(train, batch_size=size, shuffle=True, drop_last=config.drop_last),
        DataLoader(watched, batch_size=size),
    )


def _torchvision_datasets(config: RunConfig, data_root: Path) -> tuple[Dataset[Any], Dataset[Any]]:
    mean, spread = MEAN_AND_SPREAD[config.normalisation]
    steps: list[Any] = [transforms.ToTensor()]
    if config.normalisation != "none":
        steps.append(transforms.Normalize((mean,), (spread,)))
    transform = transforms.Compose(steps)
    return (
        datasets.MNIST(data_root, train=True, transform=transform),
        datasets.MNIST(data_root, train=False, transform=transform),
    )


def _tensor_datasets(config: RunConfig, data_root: Path) -> tuple[Dataset[Any], Dataset[Any]]:
    mean, spread = MEAN_AND_SPREAD[config.normalisation]
    images = datasets.MNIST(data_root, train=True)
    inputs = ((images.data.float() / 255 - mean) / spread).unsqueeze(1)
    labels = images.targets
    rest = len(labels) - round(len(labels) * config.validation_fraction)
    return TensorDataset(inputs[:rest], labels[:rest]), TensorDataset(inputs[rest:], labels[rest:])


def _refuse_more_than_articles(config: RunConfig) -> None:
    defaults = RunConfig().model_dump()
    beyond = [
        name
        for name, value in config.model_dump().items()
        if name not in _USED and value != defaults[name]
    ]
    known = config.optimizer in ("sgd", "adam") and config.loss in ("cross_entropy", "mse")
    if beyond or not known or config.dataset != "mnist" or config.watch == "none":
        raise ValueError(
            "The plain loops train only what the four articles do, not this: "
            f"{', '.join(beyond) or 'another optimizer, loss, data set or watch'}."
        )
