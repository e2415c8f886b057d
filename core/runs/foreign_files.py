"""Whether the files of a run from elsewhere are what their names say, and harmless to read."""

import contextlib
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import SafetensorError, safe_open

from core.config import plan_layers
from core.errors import ArchiveError, RunError, RunStateError
from core.runs import files
from core.runs.history import MOST_VALUES
from core.runs.records import Run
from core.runs.results import MOST_ARRAYS_BYTES, read_digits, read_predictions
from core.runs.zip_directory import arrays_bytes

_HIGHEST_COUNT: Final = 2**53
_LONGEST_SECONDS: Final = 1e9


def check_files(folder: Path, run: Run) -> None:
    """Raise ArchiveError if a file in `folder`, which is of `run`, is not what a run has.

    What only grows when it is opened is looked at first: the sizes that arrays and tables state.
    """
    _check_figures(run)
    for path in sorted(folder.glob("*.npz")):
        _check_arrays(path)
    for path in sorted(folder.glob("*.parquet")):
        _check_table(path)
    for path in sorted(folder.rglob("*.safetensors")):
        _check_tensors(path, run)
    try:
        for read in (read_predictions, read_digits):
            with contextlib.suppress(RunStateError):  # not every run has them
                read(folder)
    except RunError as error:
        raise ArchiveError(
            f"{run.name[:60]}: its answers on the test images are damaged."
        ) from error


def _check_figures(run: Run) -> None:
    status, summary = run.status, run.summary
    counts = [status.step, status.steps, status.epoch, status.attempt]
    if summary is not None:
        counts += [
            summary.epochs,
            summary.steps,
            summary.train_images,
            summary.validation_images,
            summary.test_images,
        ]
        if summary.seconds > _LONGEST_SECONDS:
            raise _damaged(files.SUMMARY)
    if max(counts) > _HIGHEST_COUNT:
        raise _damaged(files.SUMMARY if summary is not None else files.STATUS)


def _check_arrays(path: Path) -> None:
    try:
        held = arrays_bytes(path)
    except (OSError, ArchiveError) as error:
        raise _damaged(path.name) from error
    if held > MOST_ARRAYS_BYTES:
        raise ArchiveError(f"{path.name} in it holds more than the answers of a run.")


def _check_table(path: Path) -> None:
    try:
        found = pq.read_metadata(path)
        columns = [found.schema.column(place) for place in range(found.num_columns)]
    except (OSError, pa.ArrowException, ValueError) as error:
        raise _damaged(path.name) from error
    # Text may repeat one long value a million times; figures take the room that they state.
    numbers = all(
        column.physical_type in ("INT32", "INT64", "FLOAT", "DOUBLE") for column in columns
    )
    flat = all(column.max_repetition_level == 0 for column in columns)
    if not numbers or not flat or found.num_rows * max(1, found.num_columns) > MOST_VALUES:
        raise ArchiveError(f"{path.name} in it holds more than the curves of a run.")


def _check_tensors(path: Path, run: Run) -> None:
    try:
        with safe_open(path, framework="numpy") as file:
            # keys() is the file's own method: it is no mapping.
            shapes = [file.get_slice(name).get_shape() for name in list(file.keys())]
    except (OSError, SafetensorError, ValueError) as error:
        raise _damaged(path.name) from error
    if path.name != files.WEIGHTS:
        return
    held = 0
    for shape in shapes:
        size = 1
        for side in shape:
            size *= side
        held += size
    # Or a small file could ask for a network that fills the memory.
    if held < sum(layer.parameters for layer in plan_layers(run.config)):
        raise ArchiveError(f"{path.name} in it does not fit the settings of {run.name[:60]}.")


def _damaged(name: str) -> ArchiveError:
    return ArchiveError(f"{name} in it is damaged.")
