"""Things that are dear to read, kept for all visitors while they fit into a bound of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Kept(Generic[T]):
    version: Hashable
    value: T
    size: int


@dataclass
class _Gate:
    """Lets one at a time read a value; `users` are those who read it or wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class ModelCache(Generic[T]):
    """Keeps what was used last, at most `most_bytes` together; to be used from any thread.

    `size` tells the bytes of a value. One that is larger than the bound alone is handed out and
    not kept.
    """

    def __init__(self, most_bytes: int, size: Callable[[T], int]) -> None:
        self._most_bytes = most_bytes
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()
        self._gates: dict[Hashable, _Gate] = {}

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._kept)

    @property
    def held_bytes(self) -> int:
        """How large all kept values are together."""
        with self._lock:
            return sum(kept.size for kept in self._kept.values())

    def get(self, key: Hashable, version: Hashable, read: Callable[[], T]) -> T:
        """Return the value of `key` as of `version`, from `read` if another or none is kept.

        Who asks for the same key meanwhile waits instead of reading it too. What `read` raises is
        raised, and nothing kept.
        """
        with self._lock:
            found = self._look(key, version)
            if found is not None:
                return found.value
            gate = self._gates.setdefault(key, _Gate())
            gate.users += 1
        try:
            with gate.lock:
                with self._lock:
                    found = self._look(key, version)
                if found is not None:
                    return found.value
                value = read()
                self._keep(key, _Kept(version, value, self._size(value)))
                return value
        finally:
            with self._lock:
                gate.users -= 1
                if not gate.users:  # a newcomer must meet the same gate as those who wait
                    del self._gates[key]

    def _look(self, key: Hashable, version: Hashable) -> _Kept[T] | None:
        found = self._kept.get(key)
        if found is None or found.version != version:
            return None
        self._kept.move_to_end(key)
        return found

    def _keep(self, key: Hashable, new: _Kept[T]) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if new.size > self._most_bytes:
                return
            self._kept[key] = new
            held = sum(kept.size for kept in self._kept.values())
            while held > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                held -= oldest.size
