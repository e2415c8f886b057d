"""Guards on the arrays that the analysis is given."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import RunError

Integers: TypeAlias = NDArray[np.int64]
Numbers: TypeAlias = NDArray[np.float64]


def whole_numbers(values: ArrayLike, name: str) -> Integers:
    """Return values as a one-dimensional int64 array.

    `name` is what a message calls them. Raises RunError for any other shape and for fractions.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise RunError(f"The {name} must be one number for each image, not a table.")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise RunError(f"The {name} must be whole numbers.")
    return array.astype(np.int64)


def digits(values: ArrayLike, name: str) -> Integers:
    """Return values as a one-dimensional int64 array of digits 0 to 9, or raise RunError."""
    array = whole_numbers(values, name)
    if array.size and (array.min() < 0 or array.max() > 9):
        raise RunError(f"The {name} must be digits from 0 to 9.")
    return array


def require_same_length(**arrays: NDArray[np.generic]) -> None:
    """Raise RunError unless all arrays hold one entry for each of the same images."""
    lengths = {name.replace("_", " "): len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{length:,} {name}" for name, length in lengths.items())
        raise RunError(
            f"The numbers of images differ ({listed}). Choose runs tested on the same images."
        )
