"""Whether two runs came to the same result, bit for bit, but for what depends on the clock."""

from typing import Final

import numpy as np
import pandas as pd
from safetensors.numpy import load_file

from core.runs import files
from core.runs.store import RunStore

_TIMES: Final = ["seconds", "images_per_second"]
_HISTORIES: Final = (files.STEPS, files.EPOCHS, files.LAYERS)


def differences(store: RunStore, run_id: str, other: RunStore, other_id: str) -> list[str]:
    """Return in which files the results of two finished runs differ; none if in nothing.

    Weights, answers with their logits, and every row of the histories are compared bit by bit.
    """
    one, two = store.folder(run_id), other.folder(other_id)
    found = []
    for name in _HISTORIES:
        tables = [pd.read_parquet(folder / f"{name}.parquet") for folder in (one, two)]
        first, second = (table.drop(columns=_TIMES, errors="ignore") for table in tables)
        if not first.equals(second):
            found.append(name)
    weights = [load_file(folder / files.WEIGHTS) for folder in (one, two)]
    if not _alike(*weights):
        found.append(files.WEIGHTS)
    answers = []
    for folder in (one, two):
        with np.load(folder / files.PREDICTIONS) as arrays:
            answers.append({name: arrays[name] for name in arrays.files})
    if not _alike(*answers):
        found.append(files.PREDICTIONS)
    return found


def _alike(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> bool:
    return one.keys() == two.keys() and all(
        values.dtype == two[name].dtype and values.tobytes() == two[name].tobytes()
        for name, values in one.items()
    )
