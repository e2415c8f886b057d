"""Memory goes back to the system once visitors have left."""

import gc
import weakref

from core.ui.tidying import Tidying, tidy_up


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
    assert [tidying.look(), tidying.look()] == [False, False]


def test_it_is_done_when_a_class_has_left_and_once_more_when_its_sessions_end() -> None:
    pages = [30]
    tidying = Tidying(lambda: pages[0])
    tidying.look()
    pages[0] = 2
    assert [tidying.look() for _ in range(2)] == [True, True]


def test_a_few_who_come_and_go_are_not_worth_it() -> None:
    pages = [2]
    tidying = Tidying(lambda: pages[0])
    tidying.look()
    pages[0] = 0
    assert not tidying.look()
