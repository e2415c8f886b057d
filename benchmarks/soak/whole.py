"""Whether what is left of runs is whole: every file can be read, every row is there once."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from safetensors.numpy import load_file

from core.runs import files
from core.runs.store import RunStore


def _read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _read_arrays(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


_READERS: Final[dict[str, Callable[[Path], Any]]] = {
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    ".jsonl": _read_lines,
    ".parquet": pd.read_parquet,
    ".npz": _read_arrays,
    ".safetensors": load_file,
}


def damaged_files(store: RunStore, run_ids: Sequence[str]) -> tuple[int, list[str]]:
    """Return how many files of these runs were read whole, and which could not be."""
    read, damaged = 0, []
    for run_id in run_ids:
        for path in sorted(store.folder(run_id).rglob("*")):
            reader = _READERS.get(path.suffix)
            if reader is None or path.name.startswith("."):
                continue
            try:
                reader(path)
            except Exception as error:
                damaged.append(f"{path.name} ({type(error).__name__})")
            else:
                read += 1
    return read, damaged


def leftovers(root: Path) -> list[str]:
    """Return the temporary files and folders that killed processes left behind."""
    return [path.name for path in root.rglob(".*") if _is_temporary(path.name)]


def uneven_rows(store: RunStore, run_id: str) -> str:
    """Return what is wrong with the rows of a finished run's histories, empty for nothing."""
    summary = store.read(run_id).summary
    if summary is None:
        return "no summary"
    folder = store.folder(run_id)
    steps = pd.read_parquet(folder / f"{files.STEPS}.parquet")["step"]
    epochs = pd.read_parquet(folder / f"{files.EPOCHS}.parquet")["epoch"]
    if steps.tolist() != list(range(1, summary.steps + 1)):
        return "steps are missing or there twice"
    if epochs.tolist() != list(range(1, summary.epochs + 1)):
        return "epochs are missing or there twice"
    return ""


def _is_temporary(name: str) -> bool:
    return name.endswith(".tmp") or name.startswith((".new-", ".deleted-"))
