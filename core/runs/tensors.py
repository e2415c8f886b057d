"""Files of named arrays (safetensors), written so that a crash tears none."""

import errno
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import save_file

from core.runs.files import replacing


def write_tensors(
    path: Path,
    tensors: Mapping[str, npt.NDArray[Any]],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Replace `path` by `tensors` in one piece. Raises OSError, also for a full disk."""
    # It writes memory as it lies, whatever the strides say: weights need not lie row by row.
    rows = {name: np.asarray(values, order="C") for name, values in tensors.items()}
    with replacing(path) as temporary:
        try:
            save_file(rows, temporary, metadata=dict(metadata) if metadata else None)
        except SafetensorError as error:
            # It has no errno of its own, only words: "... (os error 28)".
            found = re.search(r"os error (\d+)", str(error))
            raise OSError(int(found[1]) if found else errno.EIO, str(error)) from error
        temporary.chmod(0o644)  # safetensors leaves it to its owner alone, unlike the rest
