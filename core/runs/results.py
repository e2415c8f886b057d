"""What a finished run leaves behind: answers on the test images, digits to show, weights."""

import functools
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from core.config import CLASSES, IMAGE_SIDE
from core.errors import RunStateError, RunUnreadableError
from core.runs import files
from core.runs.tensors import write_tensors
from core.runs.zip_directory import arrays_bytes

# Shown where somebody wants to see test digits in general, not only the misread ones.
KEPT_DIGITS: Final = 100
MOST_ARRAYS_BYTES: Final = 64_000_000  # of one .npz, unpacked


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a finished run answered on its test images; equal only to itself, to key caches by.

    `labels`, `indices` and `predicted` are `(N,)`; `logits` is `(N, 10)` float32. `predicted` was
    taken before the logits were rounded for storing (to float16, which shifts a probability by
    at most about one part in a hundred).
    """

    labels: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Softmax of the logits, `(N, 10)`, rows sum to 1."""
        exponents = np.exp(self.logits - self.logits.max(axis=1, keepdims=True), dtype=np.float64)
        shares: npt.NDArray[np.float64] = exponents / exponents.sum(axis=1, keepdims=True)
        return shares


def write_predictions(
    folder: Path, labels: npt.NDArray[np.int64], logits: npt.NDArray[np.float32]
) -> None:
    """Store the answers on a whole test set: `labels` `(N,)`, `logits` `(N, 10)`."""
    _write_arrays(
        folder / files.PREDICTIONS,
        zipfile.ZIP_DEFLATED,  # read at every look at a run: seven times as quick as LZMA
        labels=labels.astype(np.uint8),
        indices=np.arange(len(labels), dtype=np.int32),
        predicted=logits.argmax(axis=1).astype(np.uint8),
        # A third of float32's size; logits beyond float16's range are beyond doubt anyway.
        logits=np.clip(logits, -60_000, 60_000).astype(np.float16),
    )


def write_digits(folder: Path, pixels: npt.NDArray[np.uint8], wrong: npt.NDArray[np.bool_]) -> None:
    """Store of the test images `(N, 28, 28)` those marked `wrong` `(N,)` and the first hundred."""
    kept = wrong.copy()
    kept[:KEPT_DIGITS] = True
    _write_arrays(
        folder / files.DIGITS,
        zipfile.ZIP_LZMA,  # an eighth smaller
        indices=np.flatnonzero(kept).astype(np.int32),
        pixels=pixels[kept],
    )


def write_weights(folder: Path, weights: Mapping[str, npt.NDArray[np.float32]]) -> None:
    """Store the trained weights by name."""
    write_tensors(folder / files.WEIGHTS, weights)


def read_predictions(folder: Path) -> Predictions:
    """Return the answers stored in `folder`, not to be written to.

    Raises RunStateError or RunUnreadableError.
    """
    try:
        stat = (folder / files.PREDICTIONS).stat()
    except OSError as error:
        raise _not_there(folder, "answers on the test images") from error
    return _read_predictions(folder, stat.st_mtime_ns, stat.st_ino)


# A page asks for the same answers many times, of up to a hundred runs: for the verdict, matrices,
# mistakes and files. Some 0.6 MB a run on MNIST.
@functools.lru_cache(maxsize=128)
def _read_predictions(folder: Path, _changed: int, _file: int) -> Predictions:
    arrays = _read_arrays(folder, files.PREDICTIONS, "answers on the test images")
    try:
        found = Predictions(
            arrays["labels"].astype(np.int64),
            arrays["indices"].astype(np.int64),
            arrays["predicted"].astype(np.int64),
            arrays["logits"].astype(np.float32),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise _damaged(folder, files.PREDICTIONS) from error
    count = found.labels.size
    columns = (found.labels, found.indices, found.predicted)
    flat = all(part.shape == (count,) for part in columns)
    if not flat or found.logits.shape != (count, CLASSES) or not _are_digits(found):
        raise _damaged(folder, files.PREDICTIONS)
    for part in (*columns, found.logits):
        part.setflags(write=False)  # the next reader gets the same
    return found


def read_digits(folder: Path) -> dict[int, npt.NDArray[np.uint8]]:
    """Return the test images stored in `folder`. Raises RunStateError or RunUnreadableError."""
    arrays = _read_arrays(folder, files.DIGITS, "pictures of test digits")
    try:
        indices, pixels = arrays["indices"], arrays["pixels"]
    except KeyError as error:
        raise _damaged(folder, files.DIGITS) from error
    fits = indices.ndim == 1 and pixels.shape == (len(indices), IMAGE_SIDE, IMAGE_SIDE)
    if not fits or indices.dtype.kind not in "iu" or pixels.dtype != np.uint8:
        raise _damaged(folder, files.DIGITS)
    return dict(zip(indices.tolist(), pixels, strict=True))


def read_weights(folder: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return the weights stored in `folder`. Raises RunStateError or RunUnreadableError."""
    path = folder / files.WEIGHTS
    if not path.exists():
        raise _not_there(folder, "trained model")
    try:
        files.look_at(path)
        weights: dict[str, npt.NDArray[np.float32]] = load_file(path)
    # The last two are for kinds of numbers that NumPy does not have.
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, files.WEIGHTS) from error
    if not all(
        value.dtype == np.float32 and np.isfinite(value).all() for value in weights.values()
    ):
        raise _damaged(folder, files.WEIGHTS)
    return weights


def read_weights_file(folder: Path) -> bytes:
    """Return the file of weights in `folder`, unread. Raises RunStateError if there is none."""
    try:
        files.look_at(folder / files.WEIGHTS)
        return (folder / files.WEIGHTS).read_bytes()
    except OSError as error:
        raise _not_there(folder, "trained model") from error


def weights_changed(folder: Path) -> int:
    """Return when the weights in `folder` last changed, in ns. Raises RunStateError."""
    try:
        return (folder / files.WEIGHTS).stat().st_mtime_ns
    except OSError as error:
        raise _not_there(folder, "trained model") from error


def _write_arrays(path: Path, packing: int, **arrays: npt.NDArray[Any]) -> None:
    """Write an .npz, packed as zipfile's constant `packing` says."""
    with files.replacing(path) as temporary, zipfile.ZipFile(temporary, "w", packing) as z:
        for name, values in arrays.items():
            with z.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, values, allow_pickle=False)


def _read_arrays(folder: Path, name: str, what: str) -> dict[str, npt.NDArray[Any]]:
    path = folder / name
    try:
        files.look_at(path)
        _check_size(path)
        with np.load(path, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except FileNotFoundError as error:
        raise _not_there(folder, what) from error
    except Exception as error:  # zip, zlib, header and pickle errors share no other base
        raise _damaged(folder, name) from error


def _check_size(path: Path) -> None:
    """Raise RunUnreadableError if an .npz would grow when it is read: it may be a bomb."""
    if arrays_bytes(path) > MOST_ARRAYS_BYTES:
        raise _damaged(path.parent, path.name)


def _are_digits(found: Predictions) -> bool:
    in_range = all(
        bool(((part >= 0) & (part < CLASSES)).all()) for part in (found.labels, found.predicted)
    )
    return in_range and bool(np.isfinite(found.logits).all())


def _damaged(folder: Path, name: str) -> RunUnreadableError:
    return RunUnreadableError(
        f"{name} of run {folder.name} is damaged. Restore it from a copy, or train the run again."
    )


def _not_there(folder: Path, what: str) -> RunStateError:
    return RunStateError(f"Run {folder.name} has no {what}: it has not finished.")
