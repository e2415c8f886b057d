"""Models kept in memory: the bound, who goes first, replaced files, many threads at a time."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.learning.data import LabelledData
from core.learning.evaluation import predict
from core.runs import files
from core.runs.results import read_weights, write_weights
from core.settings import PROJECT_ROOT
from core.ui import trained
from core.ui.model_cache import ModelCache
from core.ui.services import services
from core.ui.trained import model_bytes, trained_model
from tests.support.trained_runs import use_runs

WAIT = 20


def cache(most: int = 10) -> ModelCache[bytes]:
    """Keeps bytes, as large as they are long."""
    return ModelCache(most, len)


def reading(value: bytes, log: list[bytes]) -> Callable[[], bytes]:
    def read() -> bytes:
        log.append(value)
        return value

    return read


def test_what_is_kept_is_not_read_again() -> None:
    kept, log = cache(), list[bytes]()
    assert [kept.get("a", 1, reading(b"aaa", log)) for _ in range(3)] == [b"aaa"] * 3
    assert log == [b"aaa"]


def test_the_bound_is_kept() -> None:
    kept = cache(10)
    for number in range(20):
        kept.get(number, 1, lambda: b"four")
        assert kept.held_bytes <= 10
    assert len(kept) == 2


def test_the_least_recently_used_goes_first() -> None:
    kept, log = cache(8), list[bytes]()
    for name in (b"aaaa", b"bbbb", b"aaaa", b"cccc", b"aaaa", b"bbbb"):
        kept.get(name, 1, reading(name, log))
    # The second look at a made b the older one, so that c took its place.
    assert log == [b"aaaa", b"bbbb", b"cccc", b"bbbb"]


def test_another_version_replaces_the_one_before() -> None:
    kept = cache()
    assert kept.get("a", 1, lambda: b"old") == b"old"
    assert kept.get("a", 2, lambda: b"newer") == b"newer"
    assert kept.get("a", 2, lambda: b"never") == b"newer"
    assert kept.held_bytes == 5


def test_what_is_larger_than_the_bound_is_handed_out_and_drives_nobody_away() -> None:
    kept, log = cache(10), list[bytes]()
    kept.get("small", 1, reading(b"four", log))
    assert kept.get("large", 1, lambda: b"x" * 11) == b"x" * 11
    kept.get("small", 1, reading(b"four", log))
    assert log == [b"four"]
    assert kept.held_bytes == 4


def test_an_error_is_raised_and_the_next_reads_again() -> None:
    kept = cache()

    def fail() -> bytes:
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        kept.get("a", 1, fail)
    assert kept.get("a", 1, lambda: b"whole") == b"whole"


def test_those_who_waited_for_what_failed_and_newcomers_read_one_at_a_time() -> None:
    kept = cache()
    under_way, most = list[str](), list[int]()
    go = threading.Barrier(8)

    def fail() -> bytes:
        under_way.append("read")
        time.sleep(0.02)  # room for the others to come
        most.append(len(under_way))
        under_way.pop()
        raise ValueError("torn")

    def ask() -> None:
        go.wait(WAIT)
        for _ in range(3):
            with pytest.raises(ValueError, match="torn"):
                kept.get("a", 1, fail)

    with ThreadPoolExecutor(8) as pool:
        for asked in [pool.submit(ask) for _ in range(8)]:
            asked.result(WAIT)
    assert len(most) == 24
    assert max(most) == 1


def test_many_threads_that_ask_for_one_read_it_once() -> None:
    kept, log = cache(), list[bytes]()
    go = threading.Barrier(16)

    def ask() -> bytes:
        go.wait(WAIT)
        return kept.get("a", 1, reading(b"aaa", log))

    with ThreadPoolExecutor(16) as pool:
        found = [asked.result(WAIT) for asked in [pool.submit(ask) for _ in range(16)]]
    assert found == [b"aaa"] * 16
    assert log == [b"aaa"]


def test_reading_one_does_not_hold_up_another() -> None:
    kept = cache()
    together = threading.Barrier(2)

    def read() -> bytes:
        together.wait(WAIT)  # only passed while both are being read
        return b"aa"

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(kept.get, name, 1, read) for name in "ab"]
        assert [one.result(WAIT) for one in asked] == [b"aa", b"aa"]


def test_many_threads_never_hold_more_than_the_bound() -> None:
    kept, held = cache(10), list[int]()

    def ask(number: int) -> None:
        assert kept.get(number % 7, number % 2, lambda: bytes(number % 7)) == bytes(number % 7)
        held.append(kept.held_bytes)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(2_000)))
    assert max(held) <= 10


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, tmp_path / "runs" / name)
    use_runs(monkeypatch, tmp_path / "runs")
    # Other tests have models of the same ids in this process.
    monkeypatch.setattr(trained, "_models", ModelCache(2**22, model_bytes))
    yield tmp_path / "runs"
    services.cache_clear()


def test_a_model_is_read_once(runs: Path) -> None:
    assert trained_model("example-sgd") is trained_model("example-sgd")


def test_replaced_weights_are_read_anew(runs: Path, digits_data: LabelledData) -> None:
    config = services().store.read("example-sgd").config
    images = digits_data.test.pixels[:20].numpy()
    before = predict(config, trained_model("example-sgd"), images)
    expected = predict(config, trained_model("example-adam"), images)
    write_weights(runs / "example-sgd", read_weights(runs / "example-adam"))
    after = predict(config, trained_model("example-sgd"), images)
    assert np.array_equal(after, expected)
    assert not np.array_equal(after, before)


def test_the_size_of_a_model_is_that_of_its_weights_and_little_more(runs: Path) -> None:
    weights = (runs / "example-sgd" / files.WEIGHTS).stat().st_size
    assert weights < model_bytes(trained_model("example-sgd")) < weights + 2**17


def test_a_model_larger_than_the_bound_still_answers(
    runs: Path, monkeypatch: pytest.MonkeyPatch, digits_data: LabelledData
) -> None:
    tight = ModelCache(1_000, model_bytes)
    monkeypatch.setattr(trained, "_models", tight)
    config = services().store.read("example-sgd").config
    said = predict(config, trained_model("example-sgd"), digits_data.test.pixels[:3].numpy())
    assert said.shape == (3, 10)
    assert len(tight) == 0
