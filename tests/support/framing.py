"""A page of elsewhere, on an origin of its own, that shows the dashboard in a frame."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

_PAGE = (
    "<!doctype html><html lang=en><title>Elsewhere</title><h1>A page of elsewhere</h1>"
    '<iframe title="Digit Lab" src="{}" width="1000" height="1200"></iframe>'
)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        shown = parse_qs(urlsplit(self.path).query).get("show", ["about:blank"])[0]
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(_PAGE.format(escape(shown)).encode())

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class Elsewhere:
    """The other server; `origin` is what it is called."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def showing(self, address: str) -> str:
        """Return the address of its page that has `address` in a frame."""
        return f"{self.origin}/?show={quote(address, safe='')}"


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """Run the other server; to a browser, 127.0.0.1 is another site than localhost."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Elsewhere(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
