"""Checkpoints: a training between two epochs, in one file that is there whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from core.runs import files
from core.runs.tensors import write_tensors

_KEY: Final = "progress"


def write_checkpoint(
    folder: Path, progress: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
) -> None:
    """Replace the checkpoint in `folder` by `arrays`, and `progress` as JSON in its header."""
    write_tensors(folder / files.CHECKPOINT, arrays, {_KEY: json.dumps(dict(progress))})


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]] | None:
    """Return progress and arrays of the checkpoint in `folder`, None where no whole one lies."""
    try:
        files.look_at(folder / files.CHECKPOINT)
        with safe_open(folder / files.CHECKPOINT, framework="numpy") as file:
            progress = json.loads((file.metadata() or {})[_KEY])
            names = list(file.keys())
            arrays = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return (progress, arrays) if isinstance(progress, dict) else None


def keep_epoch(folder: Path, epoch: int, weights: Mapping[str, npt.NDArray[np.float32]]) -> None:
    """Store the weights after `epoch` beside those of the other epochs."""
    kept = folder / files.CHECKPOINTS
    kept.mkdir(exist_ok=True)
    write_tensors(kept / f"epoch-{epoch:05d}.safetensors", weights)
