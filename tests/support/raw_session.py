"""A session without a browser: Streamlit's messages over a WebSocket, whatever a page sends."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

# Where a component's clicks are told.
EVENTS = "$$STREAMLIT_INTERNAL_KEY_{}__events"
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Widget:
    """Something on the page that can be acted on, and the fragment that it lies in."""

    id: str
    kind: str
    label: str
    fragment: str
    disabled: bool

    @property
    def key(self) -> str:
        """The key that the page's code gave it: ids end with it."""
        return self.id.split("-", 2)[-1]


@dataclass
class RawSession:
    """One visit; `said` holds the alerts, exceptions and HTML of the last answer."""

    url: str
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    widgets: dict[str, Widget] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)  # that the last answer redrew; none: all
    _page: str = ""
    _query: str = ""

    def __enter__(self) -> Self:
        """Connect as a browser does."""
        host = urlsplit(self.url).netloc
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connecting = connect(
            f"ws://{host}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={**({"Cookie": cookie} if cookie else {}), **self.headers},
            max_size=None,
        )
        self._leaving = ExitStack()
        self._socket = self._leaving.enter_context(connecting)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        self._leaving.close()

    def open(self, page: str, query: str = "") -> None:
        """Open a page by its link; "" is the first one."""
        self.widgets.clear()
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        self._query = query
        self._ask(message)

    def send(self, *states: WidgetState, fragment: str = "") -> None:
        """Tell the states of widgets and wait for the answer."""
        message = BackMsg()
        message.rerun_script.widget_states.widgets.extend(states)
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.query_string = self._query
        # Of a part that this page does not have, nothing would ever be heard.
        known = {widget.fragment for widget in self.widgets.values()}
        message.rerun_script.fragment_id = fragment if fragment in known else ""
        self._ask(message)

    def press(self, widget: Widget, option: str = "delete") -> None:
        """Press a button, whether the page lets it be pressed or not; of a menu an `option`."""
        state = WidgetState(id=widget.id)
        if widget.kind == "menu_button":
            state.string_trigger_value.data = option
        else:
            state.trigger_value = True
        self.send(state, fragment=widget.fragment)

    def choose(self, widget: Widget, option: str) -> None:
        """Press the button of a row that this stands on."""
        state = WidgetState(id=widget.id)
        state.string_array_value.data.append(option)
        self.send(state, fragment=widget.fragment)

    def click_component(self, widget: Widget, event: str, value: object) -> None:
        """Tell a click into a component of the project's own."""
        told = json.dumps([{"event": event, "value": value}])
        state = WidgetState(id=EVENTS.format(widget.id), json_trigger_value=told)
        self.send(state, fragment=widget.fragment)

    def find(self, key: str) -> Widget:
        """Return the widget whose key begins so."""
        return next(widget for widget in self.widgets.values() if widget.key.startswith(key))

    def _ask(self, message: BackMsg) -> None:
        self.said.clear()
        message.rerun_script.context_info.url = self.url
        self._socket.send(message.SerializeToString())
        while True:
            data = self._socket.recv(timeout=_PATIENCE_SECONDS)
            answer = ForwardMsg()
            answer.ParseFromString(data if isinstance(data, bytes) else data.encode())
            kind = answer.WhichOneof("type")
            if kind == "script_finished":
                if answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return
            elif kind == "new_session":
                self.parts = list(answer.metadata.run.fragment_ids)
            elif kind == "navigation":
                self._page = answer.navigation.page_script_hash
            elif kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                self._note(answer.delta.new_element, answer.delta.fragment_id)

    def _note(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type") or ""
        if kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert":
            self.said.append(element.alert.body)
        elif kind == "html":
            self.said.append(element.html.body)
        part = getattr(element, kind, None)
        name = getattr(part, "id", "")
        if name:
            self.widgets[name] = Widget(
                name,
                kind,
                str(getattr(part, "label", "")),
                fragment,
                bool(getattr(part, "disabled", False)),
            )
