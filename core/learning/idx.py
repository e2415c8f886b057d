"""MNIST's own file format (IDX), in the folder layout of torchvision."""

import math
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError

# File name and shape, in the order train images, train labels, test images, test labels.
MNIST_FILES: Final[dict[str, tuple[int, ...]]] = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}
_UBYTE: Final = 0x08


def mnist_folder(data_root: Path) -> Path:
    """Return where torchvision keeps MNIST's unpacked files under `data_root`."""
    return data_root / "MNIST" / "raw"


def has_mnist(data_root: Path) -> bool:
    """Tell whether all four MNIST files lie under `data_root` (they may still be damaged)."""
    return all((mnist_folder(data_root) / name).is_file() for name in MNIST_FILES)


def mnist_problem(data_root: Path) -> str:
    """Return why MNIST cannot be used, in a sentence, or "" if its files have their sizes.

    Quick: only names and sizes are looked at, so a file may still hold something else.
    """
    for name, shape in MNIST_FILES.items():
        path = mnist_folder(data_root) / name
        if not path.is_file():
            return f"MNIST is not in {mnist_folder(data_root)}."
        expected = 4 + 4 * len(shape) + math.prod(shape)
        if (size := path.stat().st_size) != expected:
            return (
                f"{path} is damaged: {size:,} bytes instead of {expected:,}. "
                "Fetch MNIST again: the damaged file is replaced."
            )
    return ""


def read_idx(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes that must hold an array of `shape`.

    The format is described at http://yann.lecun.com/exdb/mnist: two zero bytes, the type, the
    number of dimensions, each dimension as a big-endian 32-bit integer, then the values. Labels
    must be 0 to 9. Raises DataError naming the file and the fix if anything does not fit.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). {_fix(path)}") from error
    header = bytes([0, 0, _UBYTE, len(shape)]) + np.array(shape, dtype=">i4").tobytes()
    if not content.startswith(header):
        raise DataError(
            f"{path} is damaged: it does not begin like MNIST's {path.name}. {_fix(path)}"
        )
    expected = len(header) + int(np.prod(shape))
    if len(content) != expected:
        problem = "too short" if len(content) < expected else "too long"
        raise DataError(
            f"{path} is {problem}: {len(content):,} bytes instead of {expected:,}. {_fix(path)}"
        )
    # Copied, because torch warns of memory that it may not write.
    values = np.frombuffer(content, dtype=np.uint8, offset=len(header)).reshape(shape).copy()
    if len(shape) == 1 and values.max() > 9:
        raise DataError(f"{path} is damaged: it holds labels above 9. {_fix(path)}")
    return values


def _fix(path: Path) -> str:
    return f"Delete {path.name} and fetch MNIST again (python -m core fetch)."
