"""Everything a training needs to go on as if it had never stopped."""

from dataclasses import dataclass, field

import torch


@dataclass
class Progress:
    """How far a training is, in plain numbers; a checkpoint keeps them beside the tensors."""

    epoch: int = 0
    step: int = 0
    images: int = 0
    seconds: float = 0.0
    best_epoch: int = 0  # by validation accuracy; 0 before the first
    best_accuracy: float = 0.0


@dataclass(frozen=True)
class TrainingState:
    """A training between two epochs: its progress and, by name, all its tensors on the CPU.

    `model.*` are weights and running means, `optimizer.*` what the optimizer remembers, `best.*`
    the weights of the best epoch (with early stopping), `chance.*` the random generators.
    """

    progress: Progress
    tensors: dict[str, torch.Tensor] = field(repr=False)

    def part(self, prefix: str) -> dict[str, torch.Tensor]:
        """Return the tensors whose names begin with `prefix` and a dot, by the rest."""
        start = f"{prefix}."
        return {
            name.removeprefix(start): value
            for name, value in self.tensors.items()
            if name.startswith(start)
        }
