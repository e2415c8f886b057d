"""Images and labels: MNIST from the data folder, else the embedded digits."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from core.config import CLASSES, IMAGE_SIDE, Dataset, Normalisation, RunConfig
from core.errors import DataError
from core.learning.centering import center_digit
from core.learning.idx import MNIST_FILES, has_mnist, mnist_folder, read_idx

# Of the 1,797 embedded digits the last fifth is held out, as in scikit-learn's own order.
EMBEDDED_TEST_SIZE: Final = 360
# Mean and standard deviation of MNIST's training pixels on the scale 0 to 1, as article 2 uses
# them; "half" is article 3's, which maps 0..1 to -1..1.
MEAN_AND_SPREAD: Final[dict[Normalisation, tuple[float, float]]] = {
    "none": (0.0, 1.0),
    "mnist": (0.1307, 0.3081),
    "half": (0.5, 0.5),
}
# Above every seed of a config, within the 32 bits that torch's CPU generator reads.
_LABEL_CHANCE: Final = 2**31


@dataclass(frozen=True)
class Images:
    """Pictures `(N, 28, 28)` uint8, white on black, with their labels `(N,)` int64."""

    pixels: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: torch.Tensor | slice) -> "Images":
        """Return the pictures at `indices`."""
        return Images(self.pixels[indices], self.labels[indices])


@dataclass(frozen=True)
class LabelledData:
    """A data set's two parts as published: `train` to learn from and `test` to judge by."""

    name: Dataset
    train: Images
    test: Images


@dataclass(frozen=True)
class Splits:
    """The three roles: learn from `train`, choose by `validation`, judge once by `test`."""

    train: Images
    validation: Images
    test: Images


def load(name: Dataset, data_root: Path) -> LabelledData:
    """Return the data set called `name`, from memory if it was read before.

    Raises DataError if MNIST is not under `data_root` or one of its files is damaged.
    """
    return _load_embedded() if name == "digits" else _load_mnist(data_root.resolve())


def split(data: LabelledData, config: RunConfig) -> Splits:
    """Divide the training images as `config` says; the test images stay as they are.

    Validation images are the last `validation_fraction` of the training images (article 1: the
    last 10,000 of 60,000); `train_size` then takes, in order, equally many of each digit from
    the rest. Of these a share of `label_noise` gets wrong labels; validation and test images
    never do. Raises DataError if there are fewer images than asked for.
    """
    held_back = round(len(data.train) * config.validation_fraction)
    rest = len(data.train) - held_back
    if config.watch == "validation" and not held_back:
        raise DataError(
            f"A validation share of {config.validation_fraction:g} holds back none of the "
            f"{len(data.train):,} training images. Raise it, or set watch to none."
        )
    train = data.train.take(slice(0, rest))
    if config.train_size is not None:
        train = train.take(_balanced(train.labels, config.train_size))
    if config.label_noise:
        train = Images(train.pixels, _with_wrong(train.labels, config.label_noise, config.seed))
    if config.batch_size > len(train) and config.drop_last:
        raise DataError(
            f"A batch of {config.batch_size:,} is larger than the {len(train):,} training images, "
            "and the last batch is dropped: nothing is left. Choose a smaller batch size."
        )
    return Splits(train, data.train.take(slice(rest, None)), data.test)


def to_input(
    pixels: torch.Tensor, normalisation: Normalisation, device: torch.device
) -> torch.Tensor:
    """Turn `(N, 28, 28)` uint8 into the `(N, 1, 28, 28)` float32 that models take."""
    # In place after the first copy: all of MNIST is 188 MB as float32.
    return normalised(pixels.to(device).float().div_(255), normalisation).unsqueeze(1)


def normalised(values: torch.Tensor, normalisation: Normalisation) -> torch.Tensor:
    """Shift and scale `values`, 0 for paper to 1 for ink, in place, and return them."""
    mean, spread = MEAN_AND_SPREAD[normalisation]
    return values if (mean, spread) == (0.0, 1.0) else values.sub_(mean).div_(spread)


def _balanced(labels: torch.Tensor, size: int) -> torch.Tensor:
    if size > len(labels):
        raise DataError(
            f"{size:,} training images were asked for, but there are only {len(labels):,}. "
            "Choose fewer, or leave the number empty for all."
        )
    rank = torch.empty_like(labels)
    for digit in range(CLASSES):
        of_digit = labels == digit
        rank[of_digit] = torch.arange(int(of_digit.sum()))
    # By rank within its digit, then by place: the first of each digit, the second of each, …
    order = torch.argsort(rank, stable=True)[:size]
    return order.sort().values


def _with_wrong(labels: torch.Tensor, share: float, seed: int) -> torch.Tensor:
    """Return `labels` with `share` of them replaced, each by one of the nine other digits."""
    # Not the seed itself: the order of the first epoch is drawn from that, and all wrong labels
    # would stand at its beginning.
    chance = torch.Generator().manual_seed(seed + _LABEL_CHANCE)
    chosen = torch.randperm(len(labels), generator=chance)[: round(share * len(labels))]
    further = torch.randint(1, CLASSES, (len(chosen),), generator=chance)
    wrong = labels.clone()
    wrong[chosen] = (wrong[chosen] + further) % CLASSES
    return wrong


@functools.lru_cache(maxsize=2)
def _load_mnist(data_root: Path) -> LabelledData:
    if not has_mnist(data_root):
        raise DataError(
            f"MNIST is not in {mnist_folder(data_root)}. Fetch it with `python -m core fetch`, "
            "copy its four files there, or train on the embedded digits (dataset=digits)."
        )
    folder = mnist_folder(data_root)
    parts = {
        name: torch.from_numpy(read_idx(folder / name, shape))
        for name, shape in MNIST_FILES.items()
    }
    train_images, train_labels, test_images, test_labels = (parts[name] for name in MNIST_FILES)
    return LabelledData(
        "mnist",
        Images(train_images, train_labels.long()),
        Images(test_images, test_labels.long()),
    )


@functools.lru_cache(maxsize=1)
def _load_embedded() -> LabelledData:
    # Imported here: scikit-learn takes a second that an MNIST run need not wait for.
    from sklearn.datasets import load_digits

    small = load_digits()
    pixels = np.stack([center_digit(image) for image in small.images])
    images = Images(torch.from_numpy(pixels), torch.from_numpy(small.target.astype(np.int64)))
    assert images.pixels.shape[1:] == (IMAGE_SIDE, IMAGE_SIDE)
    start = len(images) - EMBEDDED_TEST_SIZE
    return LabelledData("digits", images.take(slice(0, start)), images.take(slice(start, None)))
