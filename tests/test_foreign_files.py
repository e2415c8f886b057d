"""core.runs.foreign_files: what lies in a zip file is looked through before it is believed."""

import io
import json
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from core.runs import foreign_files
from core.runs.store import RunStore
from tests.support.zip_files import (
    GOOD,
    INFO,
    STATUS,
    refused,
    zipped,
)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config.json", "{", "config.json is damaged"),
        ("config.json", "[]", "config.json is damaged"),
        ("config.json", "[" * 100_000, "config.json is damaged"),
        ("config.json", json.dumps(INFO | {"schema_version": 2}), "a newer Digit Lab"),
        ("config.json", json.dumps(INFO | {"name": 7}), "name"),
        ("config.json", json.dumps(INFO | {"config": {"epochs": -1}}), "epochs"),
        ("status.json", json.dumps(STATUS | {"state": "asleep"}), "state"),
        ("status.json", json.dumps(STATUS | {"step": 10**30}), "status.json in it is damaged"),
        ("summary.json", "{}", "summary.json"),
        ("environment.json", b"\xff\xfe", "environment.json cannot be read"),
    ],
)
def test_records_that_cannot_be_read_are_refused(
    store: RunStore, name: str, content: str | bytes, reason: str
) -> None:
    refused(store, zipped({**GOOD, f"guest/{name}": content}), reason)


def test_a_run_without_a_status_is_refused(store: RunStore) -> None:
    refused(store, zipped({"guest/config.json": json.dumps(INFO)}), "status.json is missing")


def test_one_bad_run_keeps_the_good_ones_out(store: RunStore) -> None:
    refused(store, zipped({**GOOD, "worse/config.json": "{"}), "“worse” cannot be read")


class Evil:
    """Ends whoever unpickles it."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        return sys.exit, ("A pickle from a zip file was executed.",)


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def nested_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("labels.npy", bytes(70_000_000))
    return buffer.getvalue()


def long_words() -> bytes:
    words = pa.array(["x" * 100_000] * 1000).dictionary_encode()
    return parquet(pa.table({"step": words}))


def test_the_pickle_of_the_next_test_would_do_harm() -> None:
    with pytest.raises(SystemExit):
        pickle.loads(pickle.dumps(Evil()))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("predictions.npz", b"x", "predictions.npz in it is damaged"),
        ("predictions.npz", pickle.dumps(Evil()), "predictions.npz in it is damaged"),
        ("predictions.npz", npz(labels=np.array([Evil()], object)), "answers on the test images"),
        ("digits.npz", npz(pixels=np.zeros(3)), "answers on the test images"),
        ("digits.npz", nested_bomb(), "more than the answers of a run"),
        ("steps.parquet", b"PAR1", "steps.parquet in it is damaged"),
        ("steps.parquet", long_words(), "more than the curves of a run"),
        (
            "steps.parquet",
            parquet(pa.table({"step": pa.array([[1, 2]])})),
            "more than the curves of a run",
        ),
        ("model.safetensors", b"x" * 100, "model.safetensors in it is damaged"),
        ("model.safetensors", pickle.dumps(Evil()), "model.safetensors in it is damaged"),
        ("checkpoint.safetensors", struct.pack("<Q", 2**60), "checkpoint.safetensors"),
        ("checkpoints/epoch-00001.safetensors", b"", "epoch-00001.safetensors"),
    ],
)
def test_files_that_are_not_what_they_are_called_are_refused(
    store: RunStore, name: str, content: bytes, reason: str
) -> None:
    refused(store, zipped({**GOOD, f"guest/{name}": content}), reason)


def test_a_table_of_too_many_rows_is_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(foreign_files, "MOST_VALUES", 100)
    table = pa.table({"step": list(range(60)), "loss": [0.5] * 60})
    refused(store, zipped({**GOOD, "guest/steps.parquet": parquet(table)}), "more than the curves")


def test_weights_that_do_not_fit_their_settings_are_refused(
    store: RunStore, tmp_path: Path
) -> None:
    save_file({"0.weight": np.zeros((2, 2), np.float32)}, tmp_path / "small")
    content = (tmp_path / "small").read_bytes()
    refused(store, zipped({**GOOD, "guest/model.safetensors": content}), "does not fit")
