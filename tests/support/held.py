"""A line to the server on which answers can be held back, as on a phone far from a mast."""

import time

from playwright.sync_api import Page, WebSocketRoute


class HeldLine:
    """What the server tells a page, from its next visit on; what the page tells it goes at once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._route: WebSocketRoute | None = None
        self._held: list[bytes] | None = None
        page.route_web_socket(lambda url: "/_stcore/stream" in url, self._connect)

    def hold(self) -> None:
        """Keep back what the server says from now on."""
        self._held = []

    def wait_for(self, text: str) -> None:
        """Wait until the server has said this, of which the page knows nothing yet."""
        deadline = time.monotonic() + 30
        while not any(text.encode() in message for message in self._held or []):
            assert time.monotonic() < deadline, f"The server has not said {text!r}"
            self._page.wait_for_timeout(50)

    def release(self) -> None:
        """Let the page have what was kept back, in its order, and all that follows."""
        held, self._held = self._held or [], None
        assert self._route is not None
        for message in held:
            self._route.send(message)

    def _connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        self._route = route

        def pass_on(message: str | bytes) -> None:
            if self._held is None:
                route.send(message)
            else:
                self._held.append(message if isinstance(message, bytes) else message.encode())

        server.on_message(pass_on)
