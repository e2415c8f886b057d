"""core.ui.plotly_script: the charts' library as browsers get it."""

import gzip

import httpx

from core.ui.plotly_script import PLOTLY_ROUTE, plotly_script
from tests.support.server_routes import ask


def asked(encodings: str) -> httpx.Response:
    return ask(PLOTLY_ROUTE, headers={"Accept-Encoding": encodings})


def test_a_browser_that_unpacks_gets_a_third_of_the_bytes() -> None:
    packed = asked("gzip, deflate, br").extensions["raw"]
    assert gzip.decompress(packed) == plotly_script()
    assert len(packed) < len(plotly_script()) / 3


def test_a_browser_that_cannot_unpack_gets_it_plain() -> None:
    assert asked("identity").extensions["raw"] == plotly_script()


def test_browsers_keep_it() -> None:
    headers = asked("gzip").headers
    assert "max-age" in headers["Cache-Control"]
    assert headers["Vary"] == "Accept-Encoding"
