"""Fetching MNIST by torchvision from a server of our own, with everything that goes wrong."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import DataError
from core.learning.data import has_mnist, load
from core.learning.download import Download, DownloadState
from core.learning.fetch import ARCHIVE_BYTES, fetch_mnist
from core.learning.idx import MNIST_FILES, mnist_folder
from core.settings import PROJECT_ROOT

PATIENCE_SECONDS = 60
CHUNK = 1 << 16


def idx_bytes(name: str) -> bytes:
    """An IDX file of MNIST's size: black images, or the labels 0 to 9 over and over."""
    shape = MNIST_FILES[name]
    header = bytes([0, 0, 8, len(shape)]) + np.array(shape, dtype=">i4").tobytes()
    if len(shape) == 3:
        return header + bytes(int(np.prod(shape)))
    return header + bytes(range(10)) * (shape[0] // 10)


@pytest.fixture(scope="module")
def archives() -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(idx_bytes(name), 1) for name in MNIST_FILES}


class Server(http.server.ThreadingHTTPServer):
    """Serves `files` by name, `pause` seconds between chunks; what is not there answers 404."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes], pause: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.pause = pause
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, *_: object) -> None:
        """Say nothing: torchvision leaves in the middle when it looks for redirections."""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.files.get(self.path.removeprefix("/"))
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for start in range(0, len(content), CHUNK):
            self.wfile.write(content[start : start + CHUNK])
            time.sleep(self.server.pause)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output free of requests."""


@contextlib.contextmanager
def serving(files: dict[str, bytes], pause: float = 0.0) -> Iterator[str]:
    with Server(files, pause) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


def closed_url() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def mnist_like(archives: dict[str, bytes], *mirrors: str) -> type[Any]:
    """torchvision's MNIST that asks `mirrors` for files with the checksums of `archives`."""
    from torchvision.datasets import MNIST

    resources = [(name, hashlib.md5(content).hexdigest()) for name, content in archives.items()]
    return type("LocalMNIST", (MNIST,), {"mirrors": list(mirrors), "resources": resources})


def assert_nothing_left(data_root: Path) -> None:
    assert not has_mnist(data_root)
    assert list(data_root.glob(".fetch-*")) == []


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(autouse=True, scope="module")
def _direct() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "127.0.0.1")
        yield


# Both begin before the first test: their processes import torch for seconds.
@pytest.fixture(autouse=True, scope="module")
def refused(_direct: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Download]:
    download = Download(tmp_path_factory.mktemp("refused"), closed_url())
    download.start()
    yield download
    download.stop()


@pytest.fixture(autouse=True, scope="module")
def slow(
    _direct: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Download, Path]]:
    noise = {"train-images-idx3-ubyte.gz": os.urandom(ARCHIVE_BYTES)}
    data_root = tmp_path_factory.mktemp("slow")
    with serving(noise, pause=0.1) as url:
        download = Download(data_root, url)
        download.start()
        yield download, data_root
        download.stop()


# The command with a stand-in for torchvision, which takes no time to import and never ends.
ENDLESS_FETCH = """
import sys, time, types
from pathlib import Path

class MNIST:
    mirrors = ["http://127.0.0.1/"]

    def __init__(self, root, train, download):
        folder = Path(root) / "MNIST" / "raw"
        folder.mkdir(parents=True)
        with (folder / "train-images-idx3-ubyte.gz").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1000))
                time.sleep(0.05)

sys.modules["torchvision.datasets"] = types.SimpleNamespace(MNIST=MNIST)
from core.learning.fetch import main
sys.exit(main())
"""


@contextlib.contextmanager
def endless_fetch(data_root: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS_FETCH, str(data_root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"bytes": 0, "total": ARCHIVE_BYTES}
        assert json.loads(process.stdout.readline())["bytes"] > 0
        try:
            yield process
        finally:
            process.kill()


def test_fetched_mnist_is_read(archives: dict[str, bytes], tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with serving(archives) as url:
        fetch_mnist(
            tmp_path,
            mnist_like(archives, url),
            lambda arrived, total: seen.append((arrived, total)),
        )
    data = load("mnist", tmp_path)
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert data.train.labels[:3].tolist() == [0, 1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]
    assert seen[0] == (0, ARCHIVE_BYTES)
    assert seen[-1] == (sum(map(len, archives.values())), ARCHIVE_BYTES)


def test_damaged_files_are_replaced(archives: dict[str, bytes], tmp_path: Path) -> None:
    folder = mnist_folder(tmp_path)
    folder.mkdir(parents=True)
    for name in MNIST_FILES:
        (folder / name).write_bytes(b"\0\0\x08")
    with serving(archives) as url:
        fetch_mnist(tmp_path, mnist_like(archives, url))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: idx_bytes(name) for name in MNIST_FILES
    }


def test_mnist_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    folder = mnist_folder(tmp_path)
    folder.mkdir(parents=True)
    for name in MNIST_FILES:
        (folder / name).write_bytes(idx_bytes(name))
    before = [path.stat() for path in sorted(folder.iterdir())]
    fetch_mnist(tmp_path, mirror=closed_url())
    assert [path.stat().st_mtime_ns for path in sorted(folder.iterdir())] == [
        stat.st_mtime_ns for stat in before
    ]
    download = Download(tmp_path, closed_url())
    assert download.state == DownloadState("idle", 0.0, "")
    download.start()
    eventually(lambda: download.state.phase != "fetching")
    assert download.state == DownloadState("done", 1.0, "")


def test_second_mirror_is_asked(archives: dict[str, bytes], tmp_path: Path) -> None:
    with serving(archives) as url:
        fetch_mnist(tmp_path, mnist_like(archives, closed_url(), url))
    assert has_mnist(tmp_path)


def test_server_without_the_files(archives: dict[str, bytes], tmp_path: Path) -> None:
    with serving({}) as url, pytest.raises(DataError, match="does not hand it out") as caught:
        fetch_mnist(tmp_path, mnist_like(archives, url))
    assert str(mnist_folder(tmp_path)) in str(caught.value)
    assert_nothing_left(tmp_path)


def test_refused_connection(archives: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the network does not answer"):
        fetch_mnist(tmp_path, mnist_like(archives, closed_url()))
    assert_nothing_left(tmp_path)


def test_server_that_never_answers(archives: dict[str, bytes], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        started = time.monotonic()
        with pytest.raises(DataError, match="the network does not answer"):
            fetch_mnist(tmp_path, mnist_like(archives, url), timeout=0.5)
    assert time.monotonic() - started < 3
    assert_nothing_left(tmp_path)


def test_mirror_without_scheme(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a web address"):
        fetch_mnist(tmp_path, mirror="mnist.example")
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("checksum_fits", [True, False])
def test_truncated_archive(archives: dict[str, bytes], tmp_path: Path, checksum_fits: bool) -> None:
    cut = {name: content[: len(content) // 2] for name, content in archives.items()}
    dataset_class = mnist_like(cut if checksum_fits else archives)
    with serving(cut) as url, pytest.raises(DataError, match="damaged or not MNIST"):
        fetch_mnist(tmp_path, dataset_class, mirror=url)
    assert_nothing_left(tmp_path)


def test_archive_of_something_else(archives: dict[str, bytes], tmp_path: Path) -> None:
    swapped = archives | {"t10k-labels-idx1-ubyte.gz": archives["train-labels-idx1-ubyte.gz"]}
    with serving(swapped) as url, pytest.raises(DataError, match="damaged or not MNIST"):
        fetch_mnist(tmp_path, mnist_like(swapped, url))
    assert_nothing_left(tmp_path)


def test_full_disk(archives: dict[str, bytes], tmp_path: Path) -> None:
    def download(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    dataset_class = type("FullDisk", (mnist_like(archives, closed_url()),), {"download": download})
    with pytest.raises(DataError, match=r"disk of .* is full\. Free 100 MB"):
        fetch_mnist(tmp_path, dataset_class)
    assert_nothing_left(tmp_path)


def test_data_root_that_is_a_file(archives: dict[str, bytes], tmp_path: Path) -> None:
    data_root = tmp_path / "data"
    data_root.write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        fetch_mnist(data_root, mnist_like(archives, closed_url()))


def test_bug_is_not_called_a_network_failure(archives: dict[str, bytes], tmp_path: Path) -> None:
    def download(_: object) -> None:
        raise TypeError("a bug")

    dataset_class = type("Buggy", (mnist_like(archives, closed_url()),), {"download": download})
    with pytest.raises(TypeError, match="a bug"):
        fetch_mnist(tmp_path, dataset_class)
    assert_nothing_left(tmp_path)


def test_only_leftovers_of_dead_processes_go(archives: dict[str, bytes], tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f".fetch-{ended.pid}" / "MNIST").mkdir(parents=True)
    (tmp_path / f".fetch-{os.getppid()}").mkdir()
    with pytest.raises(DataError):
        fetch_mnist(tmp_path, mnist_like(archives, closed_url()))
    assert [path.name for path in tmp_path.iterdir()] == [f".fetch-{os.getppid()}"]


def test_default_timeout_is_given_back(archives: dict[str, bytes], tmp_path: Path) -> None:
    before = socket.getdefaulttimeout()
    with pytest.raises(DataError):
        fetch_mnist(tmp_path, mnist_like(archives, closed_url()), timeout=0.5)
    assert socket.getdefaulttimeout() == before


def test_command_line_called_wrongly() -> None:
    command = [sys.executable, "-m", "core.learning.fetch"]
    result = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, check=False)
    assert result.returncode == 2


def test_download_imports_no_torch() -> None:
    command = "import sys, core.learning.download; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", command], cwd=PROJECT_ROOT, check=True)


def test_fetch_ends_when_nobody_reads_its_progress(tmp_path: Path) -> None:
    with endless_fetch(tmp_path) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(PATIENCE_SECONDS) == 1
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_fetch_that_is_stopped_tidies_up(tmp_path: Path, number: signal.Signals) -> None:
    with endless_fetch(tmp_path) as process:
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 128 + number
    assert_nothing_left(tmp_path)


def test_refused_download_fails_is_tried_again_and_stopped(refused: Download) -> None:
    eventually(lambda: refused.state.phase == "failed")
    assert "the network does not answer" in refused.state.error
    refused.start()
    assert refused.state.phase == "failed"
    refused.retry()
    assert refused.state == DownloadState("fetching", 0.0, "")
    refused.retry()
    refused.stop()
    assert refused.state == DownloadState("idle", 0.0, "")


def test_progress_goes_up_and_a_killed_fetch_leaves_no_mnist(slow: tuple[Download, Path]) -> None:
    download, data_root = slow
    eventually(lambda: download.state.share > 0)
    first = download.state
    assert first.phase == "fetching"
    eventually(lambda: download.state.share > first.share)
    (hidden,) = data_root.iterdir()
    os.kill(int(hidden.name.removeprefix(".fetch-")), signal.SIGKILL)
    eventually(lambda: download.state.phase == "failed")
    assert "ended before it was done" in download.state.error
    assert not has_mnist(data_root)
