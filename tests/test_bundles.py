"""Bundles: what a script draws is held back for an instant, and nothing is lost or overtaken."""

import asyncio
from typing import Any

from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from core.ui.bundles import Bundles
from tests.support.loops import run_to_end

DRAWN = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
ENDED = ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS


class Receiver:
    """What a session hears: what was drawn, and what happened besides."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def hear(self, _sender: Any, *, event: ScriptRunnerEvent, forward_msg: Any = None) -> None:
        self.heard.append(forward_msg if event is DRAWN else event)


def heard_of(seconds: float, *, end: bool, count: int = 3, wait: float = 0.0) -> Receiver:
    """Return what is heard of a script, in a thread of its own, that draws some elements."""

    async def serve() -> Receiver:
        receiver = Receiver()
        bundles = Bundles(asyncio.get_running_loop(), seconds)
        bundles.connect(receiver.hear)

        def script() -> None:
            for number in range(count):
                bundles.send(None, event=DRAWN, forward_msg=number)
            if end:
                bundles.send(None, event=ENDED)

        await asyncio.to_thread(script)
        await asyncio.sleep(wait)
        return receiver

    return run_to_end(serve())


def test_what_is_drawn_is_held_back() -> None:
    assert heard_of(10.0, end=False).heard == []


def test_what_is_held_arrives_by_itself_while_the_script_computes() -> None:
    assert heard_of(0.01, end=False, wait=0.3).heard == [0, 1, 2]


def test_the_end_of_a_script_overtakes_nothing() -> None:
    assert heard_of(10.0, end=True).heard == [0, 1, 2, ENDED]


def test_what_is_held_is_passed_on_once() -> None:
    assert heard_of(0.01, end=True, wait=0.3).heard == [0, 1, 2, ENDED]


def test_the_order_stays_while_both_threads_pass_on() -> None:
    # So many that some go out from the loop, some with the end.
    heard = heard_of(0.0001, end=True, count=20_000, wait=0.3).heard
    assert heard == [*range(20_000), ENDED]


def test_what_is_drawn_later_is_held_anew() -> None:
    async def serve() -> list[Any]:
        receiver = Receiver()
        bundles = Bundles(asyncio.get_running_loop(), 0.01)
        bundles.connect(receiver.hear)
        for number in range(2):
            bundles.send(None, event=DRAWN, forward_msg=number)
            await asyncio.sleep(0.1)
        return receiver.heard

    assert run_to_end(serve()) == [0, 1]


def test_a_loop_that_is_closed_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    Bundles(loop).send(None, event=DRAWN, forward_msg=0)
