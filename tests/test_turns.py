"""Turns: a few scripts at once, in their order, and nobody stands behind one that takes long."""

import threading
import time
from collections.abc import Callable

import pytest
from streamlit.runtime.app_session import AppSession

from core.ui.turns import Turns
from tests.support.clock import Clock

PATIENCE = 10.0


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


class Line:
    """People who stand in line, each a thread that stays in until it is told to leave."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._leave: dict[str, threading.Event] = {}
        self.came_in: list[str] = []
        self._threads: list[threading.Thread] = []

    def join(self, name: str, *, patient: bool = False) -> None:
        self._leave[name] = threading.Event()
        waiting = len(self._turns._line)
        inside = len(self.came_in)

        def stay() -> None:
            with self._turns.turn(patient=patient):
                self.came_in.append(name)
                self._leave[name].wait(PATIENCE)

        thread = threading.Thread(target=stay, daemon=True)
        self._threads.append(thread)
        thread.start()
        wait_until(lambda: len(self._turns._line) > waiting or len(self.came_in) > inside)

    def leave(self, name: str) -> None:
        self._leave[name].set()

    def all_leave(self) -> None:
        for leave in self._leave.values():
            leave.set()
        for thread in self._threads:
            thread.join(PATIENCE)


@pytest.fixture
def line() -> Line:
    return Line(Turns(at_once=2, claim=PATIENCE))


def test_a_third_waits_until_one_of_two_has_left(line: Line) -> None:
    for name in ("a", "b", "c"):
        line.join(name)
    time.sleep(0.05)
    assert line.came_in == ["a", "b"]
    line.leave("a")
    wait_until(lambda: line.came_in == ["a", "b", "c"])
    line.all_leave()


def test_who_came_first_goes_first(line: Line) -> None:
    for name in ("a", "b", "c", "d", "e"):
        line.join(name)
    for name in ("a", "b", "c"):
        count = len(line.came_in)
        line.leave(name)
        wait_until(lambda count=count: len(line.came_in) > count)  # type: ignore[misc]
    assert line.came_in == ["a", "b", "c", "d", "e"]
    line.all_leave()


def test_who_is_patient_lets_a_later_one_go_first(line: Line) -> None:
    line.join("a")
    line.join("b")
    line.join("patient", patient=True)
    line.join("c")
    line.leave("a")
    wait_until(lambda: len(line.came_in) == 3)
    assert line.came_in[-1] == "c"
    line.all_leave()
    assert "patient" in line.came_in


def test_patience_ends() -> None:
    clock = Clock()
    line = Line(Turns(at_once=1, claim=PATIENCE, clock=clock))
    line.join("a")
    line.join("patient", patient=True)
    clock.now = 2.0
    line.join("c")
    line.leave("a")
    wait_until(lambda: len(line.came_in) == 2)
    assert line.came_in[-1] == "patient"
    line.all_leave()


def test_nobody_waits_behind_one_that_takes_long() -> None:
    line = Line(Turns(at_once=1, claim=0.1))
    line.join("long")
    line.join("short")
    wait_until(lambda: line.came_in == ["long", "short"])
    line.all_leave()


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns(at_once=1, claim=PATIENCE)
    with pytest.raises(ValueError, match="broken"), turns.turn():
        raise ValueError("broken")
    line = Line(turns)
    line.join("next")
    assert line.came_in == ["next"]
    line.all_leave()


def test_everybody_of_a_crowd_comes_in() -> None:
    turns, came = Turns(at_once=2), []

    def visit(number: int) -> None:
        with turns.turn(patient=bool(number % 2)):
            came.append(number)

    crowd = [threading.Thread(target=visit, args=(number,)) for number in range(100)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(PATIENCE)
    assert sorted(came) == list(range(100))


def test_streamlit_s_sessions_still_look_for_their_runner_where_it_is_put() -> None:
    # Streamlit says nothing of this: a version that looks elsewhere would run all scripts at once.
    assert "ScriptRunner" in AppSession._create_scriptrunner.__code__.co_names
