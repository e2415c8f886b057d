"""Memory goes back to the system once visitors have left."""

import asyncio
import gc
import itertools
import weakref

from core.ui.tidying import Tidying, tidy_up
from tests.support.loops import run_to_end


class Cycle:
    def __init__(self) -> None:
        self.me = self


def test_cycles_are_collected() -> None:
    gc.disable()
    try:
        left = weakref.ref(Cycle())
        tidy_up()
        assert left() is None
    finally:
        gc.enable()


def test_nothing_is_done_while_visitors_stay() -> None:
    tidying = Tidying(lambda: 30)
    assert [tidying.is_due(), tidying.is_due()] == [False, False]


def test_it_is_due_once_when_the_sessions_of_a_class_are_gone() -> None:
    held = iter([30, 2, 2])
    tidying = Tidying(lambda: next(held))
    assert [tidying.is_due() for _ in range(3)] == [False, True, False]


def test_those_who_go_one_by_one_count_together() -> None:
    held = iter(range(30, -1, -1))
    tidying = Tidying(lambda: next(held))
    due = [tidying.is_due() for _ in range(31)]
    assert due.index(True) == 10


def test_a_few_who_come_and_go_are_not_worth_it() -> None:
    held = iter([2, 0])
    tidying = Tidying(lambda: next(held))
    assert [tidying.is_due() for _ in range(2)] == [False, False]


def test_it_looks_until_it_is_cancelled() -> None:
    looks = itertools.count()

    async def serve() -> int:
        task = asyncio.create_task(Tidying(lambda: 0 * next(looks)).run(0.01))
        await asyncio.sleep(0.2)
        task.cancel()
        seen = next(looks)
        await asyncio.sleep(0.1)
        assert next(looks) == seen + 1
        return seen

    assert run_to_end(serve()) > 1


def test_a_look_that_fails_is_not_the_last() -> None:
    looks = itertools.count()

    def held() -> int:
        if next(looks) == 0:
            raise AttributeError("another Streamlit")
        return 0

    async def serve() -> None:
        task = asyncio.create_task(Tidying(held).run(0.01))
        await asyncio.sleep(0.2)
        task.cancel()

    run_to_end(serve())
    assert next(looks) > 1
