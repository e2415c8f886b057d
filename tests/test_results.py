"""core.runs.results: predictions, kept digits and weights on disk, good and damaged."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.config import RunConfig
from core.errors import (
    DigitLabError,
    RunStateError,
    RunUnreadableError,
)
from core.runs import files
from core.runs.results import write_digits, write_predictions, write_weights
from core.runs.store import RunStore

CONFIG = RunConfig(dataset="digits")

LABELS = np.array([3, 1, 4])
LOGITS = np.random.default_rng(0).normal(size=(3, 10)).astype(np.float32)
PIXELS = np.random.default_rng(1).integers(0, 256, (300, 28, 28)).astype(np.uint8)


@pytest.fixture
def finished(store: RunStore) -> str:
    run_id = store.create(CONFIG)
    write_predictions(store.folder(run_id), LABELS, LOGITS)
    write_digits(store.folder(run_id), PIXELS, np.arange(300) == 250)
    write_weights(store.folder(run_id), {"layer": LOGITS})
    return run_id


def test_predictions_are_read_back(store: RunStore, finished: str) -> None:
    found = store.predictions(finished)
    assert (found.labels.tolist(), found.indices.tolist()) == ([3, 1, 4], [0, 1, 2])
    assert found.predicted.tolist() == LOGITS.argmax(axis=1).tolist()


def test_probabilities_are_the_softmax(store: RunStore, finished: str) -> None:
    expected = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    assert store.predictions(finished).probabilities == pytest.approx(expected, rel=5e-3)


def test_enormous_logits_are_still_probabilities(store: RunStore, finished: str) -> None:
    write_predictions(store.folder(finished), LABELS, LOGITS * 1e30)
    assert store.predictions(finished).probabilities.sum(axis=1) == pytest.approx([1, 1, 1])


def test_misread_digits_and_the_first_hundred_are_kept(store: RunStore, finished: str) -> None:
    digits = store.digits(finished)
    assert list(digits) == [*range(100), 250]
    assert np.array_equal(digits[250], PIXELS[250])


def test_weights_are_read_back(store: RunStore, finished: str) -> None:
    assert np.array_equal(store.weights(finished)["layer"], LOGITS)


def test_other_weights_have_another_version(store: RunStore, finished: str) -> None:
    before = store.weights_version(finished)
    os.utime(store.folder(finished) / files.WEIGHTS, (1, 1))
    assert store.weights_version(finished) != before


RESULTS = [
    ("predictions", files.PREDICTIONS),
    ("digits", files.DIGITS),
    ("weights", files.WEIGHTS),
]


@pytest.mark.parametrize("reader", ["predictions", "digits", "weights", "weights_version"])
def test_results_of_a_run_that_has_none(store: RunStore, reader: str) -> None:
    run_id = store.create(CONFIG)
    with pytest.raises(RunStateError, match="it has not finished"):
        getattr(store, reader)(run_id)


@pytest.mark.parametrize(("reader", "file"), RESULTS)
@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 broken zip", b"\xff" * 1000])
def test_foreign_results_are_unreadable(
    store: RunStore, finished: str, reader: str, file: str, content: bytes
) -> None:
    (store.folder(finished) / file).write_bytes(content)
    with pytest.raises(RunUnreadableError, match=f"{file} of run {finished} is damaged"):
        getattr(store, reader)(finished)


@pytest.mark.parametrize(("reader", "file"), RESULTS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_truncated_results_are_unreadable(
    store: RunStore, finished: str, reader: str, file: str, share: float
) -> None:
    path = store.folder(finished) / file
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(RunUnreadableError, match="damaged"):
        getattr(store, reader)(finished)


def test_flipped_bytes_never_break_a_reader(store: RunStore, finished: str) -> None:
    generator = np.random.default_rng(0)
    refused = 0
    for reader, file in RESULTS:
        path = store.folder(finished) / file
        content = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(100):
            damaged = content.copy()
            damaged[generator.integers(0, len(damaged), 5)] ^= 0x5A
            path.write_bytes(damaged.tobytes())
            try:
                getattr(store, reader)(finished)
            except DigitLabError:
                refused += 1
    assert refused > 100


class Bomb:
    """Were it unpickled, the file that it names would be there."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize(("reader", "file"), RESULTS[:2])
def test_a_pickle_is_never_loaded(
    store: RunStore, finished: str, tmp_path: Path, reader: str, file: str
) -> None:
    path, trace = store.folder(finished) / file, tmp_path / "exploded"
    objects = np.array([Bomb(trace)], dtype=object)
    arrays = dict.fromkeys(("labels", "indices", "predicted", "logits", "pixels"), objects)
    np.savez(path, allow_pickle=True, **arrays)
    with pytest.raises(RunUnreadableError):
        getattr(store, reader)(finished)
    path.write_bytes(pickle.dumps(Bomb(trace)))
    with pytest.raises(RunUnreadableError):
        getattr(store, reader)(finished)
    assert not trace.exists()


GOOD = {
    "labels": LABELS, "indices": np.arange(3), "predicted": LABELS, "logits": LOGITS,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.array([3, 1])},
        {"labels": np.array(3)},
        {"labels": np.array([3, 1, 10])},
        {"predicted": np.array([3, 1, -1])},
        {"labels": np.array(["a", "b", "c"])},
        {"logits": LOGITS[:, :9]},
        {"logits": LOGITS * np.nan},
        {"logits": np.full((3, 10), "x")},
    ],
)
def test_predictions_that_do_not_fit_together_are_unreadable(
    store: RunStore, finished: str, change: dict
) -> None:
    np.savez(store.folder(finished) / files.PREDICTIONS, **(GOOD | change))
    with pytest.raises(RunUnreadableError, match=r"predictions\.npz"):
        store.predictions(finished)


@pytest.mark.parametrize(
    "arrays",
    [
        {"pixels": PIXELS[:2]},
        {"indices": np.arange(3), "pixels": PIXELS[:2]},
        {"indices": np.array(1), "pixels": PIXELS[:1]},
        {"indices": np.array([[1]]), "pixels": PIXELS[:1]},
        {"indices": np.array([0.5]), "pixels": PIXELS[:1]},
        {"indices": np.arange(2), "pixels": PIXELS[:2, :14]},
        {"indices": np.arange(2), "pixels": PIXELS[:2].astype(float)},
    ],
)
def test_digits_that_do_not_fit_together_are_unreadable(
    store: RunStore, finished: str, arrays: dict
) -> None:
    np.savez(store.folder(finished) / files.DIGITS, **arrays)
    with pytest.raises(RunUnreadableError, match=r"digits\.npz"):
        store.digits(finished)


@pytest.mark.parametrize("weights", [LOGITS * np.nan, LABELS])
def test_weights_that_are_no_numbers_are_unreadable(
    store: RunStore, finished: str, weights: np.ndarray
) -> None:
    save_file({"layer": weights}, store.folder(finished) / files.WEIGHTS)
    with pytest.raises(RunUnreadableError, match=r"model\.safetensors"):
        store.weights(finished)


def test_weights_of_a_kind_that_numpy_has_not_are_unreadable(
    store: RunStore, finished: str
) -> None:
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    content = len(header).to_bytes(8, "little") + header + bytes(4)
    (store.folder(finished) / files.WEIGHTS).write_bytes(content)
    with pytest.raises(RunUnreadableError):
        store.weights(finished)
