"""What a server takes of its machine while others use it: memory and processor time."""

import threading
import time
from dataclasses import dataclass
from typing import Final, Self

import psutil

_EVERY_SECONDS: Final = 1.0
_MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """One look: when (monotonic), memory in MiB, seconds of processor time so far, threads."""

    at: float
    memory: float
    cpu: float
    threads: int


class Watch:
    """Looks at a process once a second, from a thread, until the block ends."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.samples: list[Sample] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def look(self) -> Sample:
        """Look now."""
        with self._process.oneshot():
            times = self._process.cpu_times()
            return Sample(
                time.monotonic(),
                self._process.memory_info().rss / _MIB,
                times.user + times.system,
                self._process.num_threads(),
            )

    def highest(self, since: float) -> float:
        """Return the most memory seen since a moment, in MiB."""
        return max(sample.memory for sample in self.samples if sample.at >= since)

    def _look_on(self) -> None:
        while not self._end.wait(_EVERY_SECONDS):
            try:
                self.samples.append(self.look())
            except psutil.Error:
                return


def cores_used(before: Sample, after: Sample) -> float:
    """Return how many cores' worth of time the process took between two looks."""
    return (after.cpu - before.cpu) / max(after.at - before.at, 1e-9)
