"""What is computed beside the pages: once for all who ask, one at a time."""

import threading

import pytest

from core.errors import RunError
from core.ui.background import Background


def test_whoever_asks_twice_gets_the_same_job() -> None:
    background: Background[int] = Background(4)
    calls: list[int] = []
    first = background.ask("a", lambda: calls.append(1) or 7)  # type: ignore[func-returns-value]
    second = background.ask("a", lambda: calls.append(2) or 8)  # type: ignore[func-returns-value]
    assert first is second
    assert second.result() == 7
    assert calls == [1]


def test_a_job_under_way_is_not_done_until_it_is() -> None:
    go = threading.Event()
    background: Background[int] = Background(4)

    def work() -> int:
        go.wait()
        return 3

    job = background.ask("a", work)
    assert not job.wait(0.01)
    assert not job.done
    go.set()
    assert job.wait(10)
    assert job.result() == 3
    assert job.seconds > 0


def test_only_one_is_computed_at_a_time() -> None:
    background: Background[int] = Background(9)
    under_way, most = [0], [0]

    def work() -> int:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        threading.Event().wait(0.01)
        under_way[0] -= 1
        return most[0]

    for job in [background.ask(key, work) for key in range(5)]:
        job.result()
    assert most == [1]


def test_a_sentence_for_the_user_is_kept_as_a_result() -> None:
    background: Background[int] = Background(4)

    def work() -> int:
        raise RunError("damaged")

    job = background.ask("a", work)
    with pytest.raises(RunError, match="damaged"):
        job.result()
    assert background.ask("a", lambda: 1) is job


def test_any_other_error_is_raised_and_the_next_try_computes_anew() -> None:
    background: Background[int] = Background(4)

    def work() -> int:
        raise MemoryError

    job = background.ask("a", work)
    with pytest.raises(MemoryError):
        job.result()
    assert background.ask("a", lambda: 5).result() == 5


def test_only_the_last_results_are_kept() -> None:
    background: Background[int] = Background(2)
    first = background.ask(0, lambda: 0)
    first.result()
    for key in (1, 2, 3):
        background.ask(key, lambda: 0).result()
    assert background.ask(0, lambda: 9) is not first
