"""One visitor without a browser: Streamlit's own messages over a WebSocket, as its page sends them.

What a page does of itself is done here too: it tells the values of all widgets it shows, keeps
messages that may be referred to, asks again for parts that are redrawn every few seconds, and
fetches the curves of runs that train.
"""

import asyncio
import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.soak.curves import CurveReader
from benchmarks.soak.widgets import EVENTS, first_state, id_of

PATIENCE_SECONDS: Final = 60.0
_KEPT_RUNS: Final = 2  # for so many runs of the script a page keeps a message it may be sent again
_EARLY: Final = ForwardMsg.FINISHED_EARLY_FOR_RERUN
_BAD_ENDS: Final = (ForwardMsg.FINISHED_WITH_COMPILE_ERROR,)
# Of warnings: those of something that is not there. Others are about a comparison's fairness.
_BAD: Final = (":material/broken_image:", ":material/link_off:")


class LostSessionError(Exception):
    """The server closed the socket, or did not answer any more."""


@dataclass
class _Shown:
    """An element that can be acted on, and the run of the script that drew it last."""

    element: Element
    fragment: str
    run: str


@dataclass
class _Wait:
    fragment: str
    done: asyncio.Future[None]
    run: str = ""
    early: bool = False


@dataclass
class VisitorSession:
    """A visit; `problems` are the error boxes, exceptions and refusals seen so far."""

    url: str
    problems: list[str] = field(default_factory=list)
    received: int = 0  # bytes
    _socket: ClientConnection | None = None
    _pages: dict[str, str] = field(default_factory=dict)  # hashes by name in the address
    _page: str = ""
    _query: str = ""
    _run: str = ""
    _runs: int = 0
    _fragments: tuple[str, ...] = ()
    _shown: dict[str, _Shown] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _kept: dict[str, tuple[int, ForwardMsg]] = field(default_factory=dict)
    _timers: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)
    _curves: CurveReader | None = None
    _wait: _Wait | None = None
    _reader: asyncio.Task[None] | None = None
    _html: dict[str, str] = field(default_factory=dict)  # of this run, by place

    # What a visitor does; each returns the seconds until the answer was there.

    async def open(self, page: str, query: str) -> float:
        """Open a link, as somebody does who got it from a friend."""
        started = time.perf_counter()
        address = f"ws://{urlsplit(self.url).netloc}/_stcore/stream"
        self._socket = await connect(
            address,
            origin=self.url,  # type: ignore[arg-type]
            subprotocols=["streamlit", "PLACEHOLDER_AUTH_TOKEN"],  # type: ignore[list-item]
            max_size=None,
            compression=None,
            open_timeout=PATIENCE_SECONDS,
            ping_interval=None,
        )
        self._reader = asyncio.create_task(self._read())
        self._query = query
        message = self._message()
        message.rerun_script.page_name = page
        await self._ask(message)
        return time.perf_counter() - started

    async def choose(self, key: str, value: str) -> float:
        """Press another button of the row whose widget's key begins with `key`."""
        shown = self._find(key)
        state = WidgetState(id=shown.element.button_group.id)
        state.string_array_value.data.append(value)
        return await self._tell(state, shown.fragment)

    async def toggle(self, key: str) -> float:
        """Turn a switch or a box to tick."""
        shown = self._find(key)
        before = self._states[shown.element.checkbox.id].bool_value
        state = WidgetState(id=shown.element.checkbox.id, bool_value=not before)
        return await self._tell(state, shown.fragment)

    async def click_component(self, key: str, event: str, value: object) -> float:
        """Click into a component of the project's own, which tells it as an event."""
        shown = self._find(key)
        told = json.dumps([{"event": event, "value": value}])
        name = EVENTS.format(shown.element.bidi_component.id)
        return await self._tell(WidgetState(id=name, json_trigger_value=told), shown.fragment)

    async def set_component(self, key: str, value: str) -> float:
        """Have a component tell another value, JSON."""
        shown = self._find(key)
        state = WidgetState(id=shown.element.bidi_component.id, json_value=value)
        return await self._tell(state, shown.fragment)

    async def go(self, page: str) -> float:
        """Click on a page in the bar at the top."""
        started = time.perf_counter()
        self._forget_page()
        self._query = ""
        self._page = self._pages[page]
        await self._ask(self._message())
        return time.perf_counter() - started

    async def close(self) -> None:
        """Leave, as when a tab is closed."""
        for _, timer in self._timers.values():
            timer.cancel()
        if self._curves is not None:
            await self._curves.close()
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            with contextlib.suppress(Exception):
                await self._socket.close()

    # What they see

    @property
    def open_page(self) -> bool:
        """Whether a page is open."""
        return self._socket is not None

    def others(self, key: str) -> list[str]:
        """Return what stands on the buttons of a row that are not pressed."""
        row = self._find(key).element.button_group
        pressed = self._states[row.id].string_array_value.data
        return [option.content for option in row.options if option.content not in pressed]

    def keys(self, start: str) -> list[str]:
        """Return the keys of all that can be acted on and begins so."""
        found = (_key(name) for name in self._shown)
        return [key for key in found if key.startswith(start)]

    def sees(self, pattern: str) -> bool:
        """Whether the HTML that the last run of the script sent holds a text of this pattern."""
        return any(re.search(pattern, html) for html in self._html.values())

    # Messages to the server

    def _message(self, fragment: str = "", *, automatic: bool = False) -> BackMsg:
        message = BackMsg()
        client = message.rerun_script
        client.query_string = self._query
        client.page_script_hash = self._page
        client.fragment_id = fragment
        client.is_auto_rerun = automatic
        client.widget_states.widgets.extend(self._states.values())
        client.cached_message_hashes.extend(self._kept)
        client.context_info.timezone = "UTC"
        client.context_info.locale = "en-US"
        client.context_info.url = self.url
        client.context_info.color_scheme = "light"
        return message

    async def _tell(self, state: WidgetState, fragment: str) -> float:
        started = time.perf_counter()
        trigger = state.WhichOneof("value") == "json_trigger_value"
        message = self._message(fragment)
        if trigger:
            message.rerun_script.widget_states.widgets.append(state)
        else:
            self._states[state.id] = state
            message = self._message(fragment)
        await self._ask(message)
        return time.perf_counter() - started

    async def _ask(self, message: BackMsg) -> None:
        """Send `message` and wait until the script that it starts has ended."""
        future = asyncio.get_running_loop().create_future()
        self._wait = _Wait(message.rerun_script.fragment_id, future)
        try:
            await self._send(message)
            await asyncio.wait_for(future, PATIENCE_SECONDS)
        except TimeoutError as error:
            raise LostSessionError(f"no answer within {PATIENCE_SECONDS:g} s") from error
        finally:
            self._wait = None

    async def _send(self, message: BackMsg) -> None:
        if self._socket is None:
            raise LostSessionError("the visit has not begun")
        try:
            await self._socket.send(message.SerializeToString())
        except ConnectionClosed as error:
            raise LostSessionError(f"the server closed the socket ({error})") from error

    # Messages from the server

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for data in self._socket:
                self.received += len(data)
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                await self._take(message)
            problem = LostSessionError("the server closed the socket")
        except ConnectionClosed as error:
            problem = LostSessionError(f"the server closed the socket ({error})")
        except Exception as error:
            problem = LostSessionError(f"{type(error).__name__}: {error}")
        self.problems.append(str(problem))
        if self._wait is not None and not self._wait.done.done():
            self._wait.done.set_exception(problem)

    async def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            known = self._kept.get(message.ref_hash)
            if known is None:
                self.problems.append("the server referred to a message that nobody has")
                return
            self._kept[message.ref_hash] = (self._runs, known[1])
            delta = ForwardMsg(delta=known[1].delta, metadata=message.metadata)
            await self._take_delta(delta)
        elif kind == "delta":
            if message.metadata.cacheable:
                self._kept[message.hash] = (self._runs, message)
            await self._take_delta(message)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "script_finished":
            self._end(message)
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self._pages = {page.page_name.lower(): page.page_script_hash for page in pages}
            self._page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop(fragment)
        elif kind == "page_not_found":
            self.problems.append("page not found")

    def _begin(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        self._run, self._fragments = run.script_run_id, tuple(run.fragment_ids)
        self._runs += not self._fragments
        self._html = {}
        wait = self._wait
        if wait is None or wait.run:
            return
        if not self._fragments or wait.fragment in self._fragments:
            wait.run = self._run
        elif wait.early and not wait.done.done():
            # All of the answer is here: Streamlit says "early" of a part that was drawn to its end
            # where the next one begins before it was told.
            wait.done.set_result(None)

    def _end(self, message: ForwardMsg) -> None:
        status, run = message.script_finished, message.metadata.run.script_run_id
        if status in _BAD_ENDS:
            self.problems.append(ForwardMsg.ScriptFinishedStatus.Name(status))
        if status != _EARLY:
            self._drop_gone()
        wait = self._wait
        if wait is None or wait.run != run:
            return
        if status == _EARLY:
            wait.run, wait.early = "", True  # a page that leads to another runs a second time
        elif not wait.done.done():
            wait.done.set_result(None)

    async def _take_delta(self, message: ForwardMsg) -> None:
        delta = message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.problems.append(f"exception: {element.exception.type} {element.exception.message}")
        elif kind == "alert" and (
            element.alert.format == Alert.ERROR or element.alert.icon in _BAD
        ):
            self.problems.append(f"box: {element.alert.body}")
        elif kind == "html":
            self._html[str(list(message.metadata.delta_path))] = element.html.body
        name = id_of(element)
        if name:
            self._shown[name] = _Shown(element, delta.fragment_id, self._run)
            state = first_state(element)
            if state is not None and (name not in self._states or _told(element)):
                self._states[name] = state
        if kind == "bidi_component" and '"live"' in element.bidi_component.json:
            await self._follow(json.loads(element.bidi_component.json)["live"])

    def _drop_gone(self) -> None:
        """Forget what the run of the script that has just ended did not draw again."""
        for name, shown in list(self._shown.items()):
            redrawn = not self._fragments or shown.fragment in self._fragments
            if redrawn and shown.run != self._run:
                del self._shown[name]
                self._states.pop(name, None)
        oldest = self._runs - _KEPT_RUNS
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > oldest}
        if self._curves is not None and not any(
            '"live"' in shown.element.bidi_component.json for shown in self._shown.values()
        ):
            self._curves.pause()

    def _forget_page(self) -> None:
        self._shown.clear()
        self._states.clear()

    async def _follow(self, address: str) -> None:
        if self._curves is None:
            self._curves = CurveReader(self.url, self.problems)
        self._curves.follow(address)

    def _repeat(self, fragment: str, interval: float) -> None:
        known = self._timers.get(fragment)
        if known is not None and known[0] == interval:
            return
        self._stop(fragment)
        self._timers[fragment] = (interval, asyncio.create_task(self._every(fragment, interval)))

    def _stop(self, fragment: str) -> None:
        known = self._timers.pop(fragment, None)
        if known is not None:
            known[1].cancel()

    async def _every(self, fragment: str, interval: float) -> None:
        with contextlib.suppress(LostSessionError):
            while True:
                await asyncio.sleep(interval)
                await self._send(self._message(fragment, automatic=True))

    def _find(self, key: str) -> _Shown:
        for name, shown in self._shown.items():
            if _key(name).startswith(key):
                return shown
        raise LostSessionError(f"the page shows no {key!r}")


def _key(name: str) -> str:
    """Return the key that the page's code gave a widget: ids end with it."""
    return name.split("-", 2)[-1]


def _told(element: Element) -> bool:
    """Whether the server sets the widget's value, whatever the page showed."""
    kind = element.WhichOneof("type")
    return bool(kind and getattr(getattr(element, kind), "set_value", False))
