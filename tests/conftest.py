"""What several test modules share: the embedded digits, an empty run store, the real MNIST."""

import os
from pathlib import Path

import pytest

from core.learning.data import LabelledData, load
from core.learning.idx import has_mnist
from core.runs.store import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="session")
def digits_data() -> LabelledData:
    return load("digits", Path("unused"))


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    root = os.environ.get("DIGITLAB_DATA", "").strip()
    if not root or not has_mnist(Path(root)):
        pytest.skip("MNIST is not there: set DIGITLAB_DATA to a folder with MNIST/raw in it")
    return Path(root)
