"""What several test modules share: the embedded digits, an empty run store, the real MNIST."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.learning.data import LabelledData
    from core.runs.groups import GroupStore
    from core.runs.store import RunStore

# Before torch is imported, and so not above: the tests run in as many processes as there are
# cores, and two threads each on them made small trainings many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# And trainings that gave way to the other tests would take many times as long.
os.environ.setdefault("DIGITLAB_NICE", "0")

# Only what asks for `mnist_root` may see where MNIST lies: all other tests run the same with it
# and without, so that .ci/run need not run them twice. Processes that pytest-xdist starts get
# the environment as it is left here.
_MNIST = "DIGITLAB_TEST_MNIST"
if "DIGITLAB_DATA" in os.environ:
    os.environ[_MNIST] = os.environ.pop("DIGITLAB_DATA")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "mnist_root" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.mnist)


@pytest.fixture
def store(tmp_path: Path) -> "RunStore":
    from core.runs.store import RunStore

    return RunStore(tmp_path / "runs")


@pytest.fixture
def examples(tmp_path: Path) -> "RunStore":
    """A store with the finished example runs."""
    from core.runs.store import RunStore
    from core.settings import PROJECT_ROOT

    store = RunStore(tmp_path / "home")
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, store.root / name)
    return store


@pytest.fixture
def groups(store: "RunStore") -> "GroupStore":
    from core.runs.groups import GroupStore

    return GroupStore(store.root)


@pytest.fixture(scope="session")
def digits_data() -> "LabelledData":
    from core.learning.data import load

    return load("digits", Path("unused"))


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    from core.learning.idx import has_mnist

    root = os.environ.get(_MNIST, "").strip()
    if not root or not has_mnist(Path(root)):
        pytest.skip("MNIST is not there: set DIGITLAB_DATA to a folder with MNIST/raw in it")
    return Path(root)
