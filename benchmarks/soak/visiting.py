"""Visitors without browsers, in a process of their own: they look, click, draw, and come again.

    python -m benchmarks.soak.visiting --url URL --visitors 95 --seconds 180 --link runs=… …

Says "ready", begins with the next line that it reads, and prints what they went through as one
line of JSON.
"""

import argparse
import asyncio
import functools
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from benchmarks.soak.answers import Answer, Outcome
from benchmarks.soak.elsewhere import stand_back, wait_for_start
from benchmarks.soak.session import LostSessionError, VisitorSession
from benchmarks.soak.strokes import stroke_message

PAUSE_SECONDS: Final = (5.0, 10.0)  # somebody looks at what came, and decides what to do next
ARRIVAL_SECONDS: Final = 20.0  # within which a class has opened the link
_AGAIN: Final = 0.25  # of the rounds begin with the link opened anew
_CONTROLS: Final = ("link_axis", "link_part", "link_scale", "link_layout", "link_across")
_MATRICES: Final = ("link_matrix", "link_diagonal", "link_score", "link_floor")
_STROKES: Final = 2
_ANSWERED: Final = r'data-answer="[0-9]"'


class Visitor:
    """One of many: what they do next is drawn by chance, from a seed of their own."""

    def __init__(
        self,
        url: str,
        link: str,
        seed: int,
        begun: float,
        end: float,
        pause: tuple[float, float] = PAUSE_SECONDS,
    ) -> None:
        self._pause = pause
        self._url = url
        self._link = link
        self._chance = random.Random(seed)
        self._begun = begun
        self._end = end
        self._session = VisitorSession(url)
        self.outcome = Outcome(visitors=1)

    async def visit(self) -> None:
        """Come at some moment of the first seconds, and stay until the end."""
        await asyncio.sleep(self._chance.uniform(0, ARRIVAL_SECONDS))
        try:
            while time.monotonic() < self._end:
                await self.round()
        except LostSessionError as error:
            self.outcome.lost.append(str(error))
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Close the page."""
        await self._session.close()
        self.outcome.problems += self._session.problems

    async def round(self) -> None:
        """Open Compare, click there, draw."""
        session, chance = self._session, self._chance
        if not session.open_page or chance.random() < _AGAIN:
            await self.leave()
            session = self._session = VisitorSession(self._url)
            await self._act("open", lambda: session.open("compare", self._link))
        else:
            await self._act("go", lambda: session.go("compare"))
        await self._press(_CONTROLS)
        await self._press(_MATRICES if session.keys("link_matrix") else _CONTROLS)
        matrices = session.keys("matrix_")
        if matrices:
            cell = {"x": chance.randrange(10), "y": chance.randrange(10), "at": chance.random()}
            key = chance.choice(matrices)
            await self._act("cell", lambda: session.click_component(key, "clicked", cell))
        await self._act("go", lambda: session.go("draw"))
        for _ in range(_STROKES):
            message = stroke_message(chance)
            await self._act("draw", functools.partial(self._draw, message))

    async def _draw(self, message: str) -> float:
        seconds = await self._session.set_component("canvas_", message)
        if not self._session.sees(_ANSWERED):
            self.outcome.problems.append("a stroke was not answered")
        return seconds

    async def _press(self, names: Sequence[str]) -> None:
        """Press a button of one of these rows that is not pressed yet."""
        session, chance = self._session, self._chance
        key = chance.choice([name for name in names if session.keys(name)] or ["link_axis"])
        option = chance.choice(session.others(key))
        await self._act("click", lambda: session.choose(key, option))

    async def _act(self, kind: str, do: Callable[[], Awaitable[float]]) -> None:
        if time.monotonic() > self._end:
            return
        begun = time.monotonic() - self._begun
        self.outcome.answers.append(Answer(kind, begun, await do()))
        await asyncio.sleep(self._chance.uniform(*self._pause))


def warm_up(url: str, link: str) -> None:
    """Go the whole round once, as the first visitor of all, who waits for what is read first."""

    async def go() -> None:
        visitor = Visitor(url, link, 0, time.monotonic(), time.monotonic() + 600.0, pause=(0, 0))
        await visitor.round()
        await visitor.leave()

    asyncio.run(go())


async def visit(url: str, links: Sequence[str], count: int, seconds: float, seed: int) -> Outcome:
    """Let `count` visitors come, the first to the first of `links`, and so on in turn."""
    begun = wait_for_start()
    visitors = [
        Visitor(url, links[number % len(links)], seed + number, begun, begun + seconds)
        for number in range(count)
    ]
    await asyncio.gather(*(visitor.visit() for visitor in visitors))
    every = Outcome()
    for visitor in visitors:
        every.visitors += 1
        every.answers += visitor.outcome.answers
        every.problems += visitor.outcome.problems
        every.lost += visitor.outcome.lost
    return every


def main() -> None:
    """Read the arguments, let the visitors come, say what they went through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--visitors", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--link", action="append", required=True, help="what follows the ?")
    given = parser.parse_args()
    stand_back()
    found = asyncio.run(visit(given.url, given.link, given.visitors, given.seconds, given.seed))
    print(json.dumps(found.plain()))


if __name__ == "__main__":
    main()
