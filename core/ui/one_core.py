"""Small computations for a page: several at once, each of them on one core."""

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import torch
from threadpoolctl import threadpool_limits

from core.settings import core_count

A = TypeVar("A")
T = TypeVar("T")

# A page that asks for much must not hold up another one's single answer.
_SPARE: Final = 2


def one_core_each(work: Callable[[A], T], items: Sequence[A]) -> list[T]:
    """Return what `work` makes of each of `items`, in their order; raises what it raises.

    One image takes a model a millisecond. Shared among several cores it takes longer: their
    threads wait for each other, up to a tenth of a second where trainings hold the cores. They
    are also the same threads each time, because a new one's first product costs as much again.
    `work` runs outside the page's own thread, so it may not draw, nor call this.
    """
    found: list[T] = []
    for start in range(0, len(items), core_count()):
        found += _pool().map(work, items[start : start + core_count()])
    return found


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(
        core_count() + _SPARE, thread_name_prefix="one-core", initializer=_stay_on_one_core
    )


def _stay_on_one_core() -> None:
    # torch asks for its own number of threads at the first question of a thread: that must be
    # over, or it would undo the limit, which holds for this thread alone.
    torch.get_num_threads()
    threadpool_limits(1, user_api="openmp")
