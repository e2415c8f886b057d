"""What takes too long for a page to wait for: computed beside it, once for all who ask."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from core.errors import DigitLabError

T = TypeVar("T")


class Job(Generic[T]):
    """Something that was asked for: waiting, being computed, or there."""

    def __init__(self) -> None:
        self._asked = time.monotonic()
        self._found: Future[T] = Future()

    @property
    def seconds(self) -> float:
        """For how long it has been asked for."""
        return time.monotonic() - self._asked

    @property
    def done(self) -> bool:
        """Whether `result` answers at once."""
        return self._found.done()

    def wait(self, seconds: float) -> bool:
        """Wait that long at most and return whether it is done."""
        finished = threading.Event()
        self._found.add_done_callback(lambda _: finished.set())
        return finished.wait(seconds)

    def result(self) -> T:
        """Return what was computed, or raise what the computation raised; waits until then."""
        return self._found.result()

    def run(self, work: Callable[[], T]) -> None:
        """Compute it, in this thread."""
        try:
            self._found.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            self._found.set_exception(error)


class Background(Generic[T]):
    """Computes one thing at a time in a thread of its own and keeps the last `kept` results.

    Sentences for the user (DigitLabError) are results too; after any other error the next who
    asks has it computed again. To be used from any thread.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job[T]] = OrderedDict()

    def ask(self, key: Hashable, work: Callable[[], T]) -> Job[T]:
        """Return the job of `key`; `work` computes it, unless that is done or under way."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or _failed_unexpectedly(job):
                job = self._jobs[key] = Job()
                # Daemon: nobody who ends the dashboard waits for a map.
                threading.Thread(
                    target=self._run, args=(job, work), name="background", daemon=True
                ).start()
            self._jobs.move_to_end(key)
            self._forget_oldest()
            return job

    def _run(self, job: Job[T], work: Callable[[], T]) -> None:
        with self._one_at_a_time:
            job.run(work)

    def _forget_oldest(self) -> None:
        # What is still under way stays, or it would be computed twice at a time.
        done = [key for key, job in self._jobs.items() if job.done]
        for key in done[: max(0, len(self._jobs) - self._kept)]:
            del self._jobs[key]


def _failed_unexpectedly(job: Job[T]) -> bool:
    error = job._found.exception() if job.done else None
    return error is not None and not isinstance(error, DigitLabError)
