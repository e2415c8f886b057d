"""Addresses of pages and of the server's own routes, with anything in them."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from streamlit.testing.v1 import AppTest

from core.settings import PROJECT_ROOT
from core.ui.digit_route import DIGITS_ROUTE
from core.ui.drawing_export import EXPORT_ROUTE, FILE_NAME
from core.ui.live_curves import CURVES_ROUTE
from core.ui.plotly_script import PLOTLY_ROUTE
from core.ui.services import services
from tests.fuzz.folders import HARMED, WHOLE
from tests.fuzz.hostile import whole_texts
from tests.fuzz.properties import Property
from tests.fuzz.watch import only_within
from tests.support.server_routes import ask

_SOURCES: Final = PROJECT_ROOT / "core" / "ui"
_READING: Final = re.compile(
    r"(?:address\.read(?:_all)?|linked|draw_segments|draw_select|draw_switch|_select"
    r"|draw_percent_slider)\(\s*\"([a-z_]+)\""
    r"|(?:_PARAMETER|PARAMETER|_NAME)(?:: Final)? = \"([a-z_]+)\""
    r"|key=\"([a-z_]+)\",\s*bind=\"query-params\""
)
_FOLDS: Final = re.compile(r"draw_fold\(\s*\"([a-z_]+)\"")
_PAGES: Final = ("runs", "compare", "mistakes", "draw")


def parameters() -> list[str]:
    """Return the name of every parameter that a page reads, found in the pages' code."""
    found = {"runs"}
    for path in [*_SOURCES.glob("*.py"), *(PROJECT_ROOT / "pages").glob("*.py")]:
        for names in _READING.findall(path.read_text(encoding="utf-8")):
            found.update(filter(None, names))
    return sorted(found)


def folds() -> list[str]:
    """Return the names of the folds whose names do not depend on a run."""
    texts = [path.read_text(encoding="utf-8") for path in _SOURCES.glob("*.py")]
    return sorted({name for text in texts for name in _FOLDS.findall(text)})


_USUAL: Final = (
    WHOLE,
    HARMED,
    "adam lr>0.01",
    "any",
    "none",
    "0",
    "3",
    "9",
    "log",
    "steps",
    "each",
)
_USUAL_TOO: Final = ("pad", "picture", "test", "all", "90-100", "on", "off", "true", "tsne", "bin")


def addresses() -> SearchStrategy[tuple[str, dict[str, list[str]]]]:
    """Give a page and what stands in its address."""
    names = st.one_of(st.sampled_from(parameters()), whole_texts.filter(bool))
    opened = st.lists(st.sampled_from(folds()), max_size=6).map(".".join)
    values = st.one_of(whole_texts, st.sampled_from(_USUAL + _USUAL_TOO))
    queries = st.dictionaries(names, st.lists(values, min_size=1, max_size=3), max_size=6)
    chosen = st.sampled_from(([], [WHOLE], [HARMED, WHOLE], [WHOLE, WHOLE], ["gone", HARMED]))
    return st.builds(
        lambda page, query, runs, fold: (
            page,
            {**({"runs": runs} if runs else {}), **({"open": [fold]} if fold else {}), **query},
        ),
        st.sampled_from(_PAGES),
        queries,
        chosen,
        opened,
    )


@contextlib.contextmanager
def pages_over_examples() -> Iterator[Path]:
    """Let the pages of this process show two example runs, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="digitlab-fuzz-") as place:
        for name in (WHOLE, HARMED):
            shutil.copytree(PROJECT_ROOT / "runs" / name, Path(place) / "runs" / name)
        variables = {
            "DIGITLAB_RUNS": f"{place}/runs",
            "DIGITLAB_DATA": f"{place}/data",
            "DIGITLAB_CACHE": f"{place}/cache",
            "DIGITLAB_DRAWINGS": f"{place}/drawings",
            "DIGITLAB_OFFLINE": "1",
        }
        before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        services.cache_clear()
        try:
            yield Path(place)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
            services.cache_clear()


def check_address(asked: tuple[str, dict[str, list[str]]]) -> None:
    """The page opens, with sentences about what its address names that is not there."""
    page, query = asked
    shown = AppTest.from_function(_page, kwargs={"page": page}, default_timeout=60)
    with only_within(services().settings.runs.parent):
        for name, values in query.items():
            shown.query_params[name] = values
        shown.run()
    assert not shown.exception, shown.exception[0].value
    assert shown.title[0].value


def _page(page: str) -> None:
    import runpy

    from core.ui import address
    from core.ui.frame import draw_frame, guarded
    from core.ui.links import PAGES

    address.settle()
    draw_frame()
    with guarded():
        runpy.run_path(str(PAGES / f"{page}.py"))


_KEY: Final = "0" * 64
_PATHS: Final = ("/healthz", PLOTLY_ROUTE, f"{CURVES_ROUTE}/{_KEY}", f"{DIGITS_ROUTE}/digits/3.png")
_FORMS: Final = (
    f"{CURVES_ROUTE}/{{}}",
    f"{DIGITS_ROUTE}/{{}}/1.png",
    f"{DIGITS_ROUTE}/digits/{{}}",
    f"{DIGITS_ROUTE}/mnist/{{}}.png",
    f"{EXPORT_ROUTE}/{{}}/{FILE_NAME}",
    "/{}",
    "/healthz/{}",
)
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW")
_HEADERS: Final = ("Host", "Accept-Encoding", "Range", "Cookie", "X-Forwarded-For", "If-None-Match")


def requests() -> SearchStrategy[dict[str, Any]]:
    """Give requests to the server's own routes."""
    hostile = whole_texts.map(lambda text: quote(text[:3_000], safe=""))
    raw = whole_texts.map(lambda text: quote(text[:3_000], safe="/.;=&+!*'(),~@%"))
    paths = st.one_of(
        st.sampled_from(_PATHS),
        st.builds(str.format, st.sampled_from(_FORMS), st.one_of(hostile, raw)),
    )
    values = whole_texts.map(lambda text: quote(text[:2_000], safe=' /;,=*"-'))
    return st.fixed_dictionaries(
        {
            "path": paths,
            "method": st.sampled_from(_METHODS),
            "params": st.dictionaries(
                st.one_of(st.just("have"), whole_texts), whole_texts, max_size=3
            ),
            "headers": st.dictionaries(st.sampled_from(_HEADERS), values, max_size=3),
        }
    )


def check_request(asked: dict[str, Any]) -> None:
    """The server answers, and never with an error of its own."""
    with only_within(services().settings.runs.parent):
        answer = ask(**asked)
    assert answer.status_code < 500
    assert b"Traceback" not in answer.content
    assert "set-cookie" not in answer.headers


ADDRESSES: Final = Property("addresses of pages", st.deferred(addresses), check_address, quick=10)
ROUTES: Final = Property("requests to own routes", st.deferred(requests), check_request, quick=80)
