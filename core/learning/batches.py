"""The training images, batch by batch, in the order of each epoch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch

from core.config import Normalisation, RunConfig
from core.learning.augmentation import Augmentation
from core.learning.data import Images, normalised, to_input

# Small batches are made ready several at once, up to so many images: what one call into torch
# costs is then shared by the batches, and the images still fit into a processor's cache.
_IMAGES_AHEAD: Final = 512


@dataclass(frozen=True)
class Batch:
    """Images `(N, 1, 28, 28)` as a model takes them, good until the next are asked for."""

    inputs: torch.Tensor
    labels: torch.Tensor  # (N,)


class Batches:
    """Everything in memory, batches by index, no work per image."""

    def __init__(self, images: Images, config: RunConfig, device: torch.device) -> None:
        """Put `images` on `device`; the seed of `config` decides the order of each epoch."""
        self._size = config.batch_size
        self._normalisation = config.normalisation
        self._augments = bool(config.augmentation)
        # Changes by chance take paper to be 0, so they come before the normalisation.
        known: Normalisation = "none" if self._augments else config.normalisation
        self._inputs = to_input(images.pixels, known, device)
        self._labels = images.labels.to(device)
        # An own generator: the order depends on the seed alone, whatever else draws by chance,
        # so that two runs to be compared see the same images in the same order.
        self.order = torch.Generator().manual_seed(config.seed)
        self.augmentation = Augmentation(config.augmentation, config.seed)
        self._images = _images_used(len(images), config)
        ahead = 1 if self._augments else max(1, _IMAGES_AHEAD // self._size)
        # The same memory each time: the processor's cache has it, and the system is not asked.
        self._ready = self._inputs.new_empty((ahead * self._size, *self._inputs.shape[1:]))

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        return -(-self._images // self._size)

    def images_in(self, batches: int) -> int:
        """Return how many images the first `batches` batches of an epoch hold."""
        return min(batches * self._size, self._images)

    def epoch(self) -> Iterator[list[Batch]]:
        """Yield all batches of the next epoch in their order, those made ready at once together."""
        order = torch.randperm(len(self._labels), generator=self.order)[: self._images]
        order = order.to(self._labels.device)
        labels = self._labels.index_select(0, order)
        ahead = len(self._ready)
        pieces = zip(torch.split(order, ahead), torch.split(labels, ahead), strict=True)
        for places, answers in pieces:
            parts = (torch.split(part, self._size) for part in (self._take(places), answers))
            yield [Batch(*pair) for pair in zip(*parts, strict=True)]

    def _take(self, places: torch.Tensor) -> torch.Tensor:
        inputs = torch.index_select(self._inputs, 0, places, out=self._ready[: len(places)])
        if not self._augments:
            return inputs
        return normalised(self.augmentation(inputs), self._normalisation)


def _images_used(images: int, config: RunConfig) -> int:
    """Return of how many of `images` images an epoch learns."""
    rest = images % config.batch_size
    # Batch norm has no spread to divide by in a batch of one image.
    drop = config.drop_last or (config.batch_norm and rest == 1)
    return images - rest if drop else images
