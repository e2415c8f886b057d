"""The headers of every answer, and the names that the server answers to."""

from collections.abc import Sequence

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from core.errors import ConfigError
from core.settings import read_settings
from core.ui.base_path import BasePath
from core.ui.headers import SecurityHeaders
from core.ui.hosts import HostGuard, is_own_host
from tests.support.loops import run_to_end

ELSEWHERE = "https://example.org"


def ask(app: object, url: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            return await client.get(url)

    return run_to_end(answer())


def headers(url: str, embedders: Sequence[str] = ()) -> httpx.Headers:
    return ask(SecurityHeaders(PlainTextResponse("page"), embedders), url).headers


def policy(url: str, embedders: Sequence[str] = ()) -> dict[str, str]:
    text = headers(url, embedders)["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in text.split("; "))


def test_scripts_come_from_the_server_alone() -> None:
    sources = policy("http://localhost:8501/")["script-src"].split()
    assert [source for source in sources if not source.startswith("'sha256-")] == [
        "'self'",
        "blob:",
        "'unsafe-eval'",
    ]


def test_streamlit_s_own_inline_script_is_known_by_its_hash() -> None:
    assert policy("http://localhost:8501/")["script-src"].count("'sha256-") == 1


def test_nothing_is_asked_of_another_host() -> None:
    found = policy("http://localhost:8501/")
    assert not any("http" in sources or "*" in sources for sources in found.values())


def test_nobody_else_may_frame_a_page_unless_told_so() -> None:
    assert policy("http://localhost:8501/?embed=true")["frame-ancestors"] == "'self'"


def test_a_listed_page_may_frame_one_that_is_asked_for_as_embedded() -> None:
    found = policy("http://localhost:8501/draw?runs=a&Embed=True", [ELSEWHERE])
    assert found["frame-ancestors"] == f"'self' {ELSEWHERE}"


@pytest.mark.parametrize(
    "path",
    ["/draw", "/draw?embed=false", "/digitlab/sign-in?embed=true", "/lab/digitlab/x?embed=true"],
)
def test_a_listed_page_may_frame_nothing_else(path: str) -> None:
    assert policy(f"http://localhost:8501{path}", ["*"])["frame-ancestors"] == "'self'"


def test_the_camera_is_for_the_page_itself_and_the_microphone_for_nobody() -> None:
    found = headers("http://localhost:8501/")["Permissions-Policy"].split(", ")
    assert {"camera=(self)", "microphone=()"} <= set(found)


def test_no_other_host_learns_the_address_of_a_page() -> None:
    assert headers("http://localhost:8501/")["Referrer-Policy"] == "same-origin"


def test_a_browser_may_not_guess_what_a_file_is() -> None:
    assert headers("http://localhost:8501/")["X-Content-Type-Options"] == "nosniff"


def test_by_tls_the_name_is_kept_to_tls() -> None:
    assert "Strict-Transport-Security" in headers("https://lab.example.org/")


@pytest.mark.parametrize(
    "url",
    ["http://lab.example.org/", "https://localhost/", "https://192.168.0.2/", "https://[::1]/"],
)
def test_elsewhere_no_name_is_kept_to_tls(url: str) -> None:
    assert "Strict-Transport-Security" not in headers(url)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST."]
)
def test_localhost_is_always_the_server_s_name(host: str) -> None:
    assert is_own_host(host, (), shared=False)


@pytest.mark.parametrize("host", ["192.168.0.2:8501", "laptop:8501", "laptop.local", "[fd00::2]:1"])
def test_names_of_the_network_are_a_shared_server_s(host: str) -> None:
    assert is_own_host(host, (), shared=True)
    assert not is_own_host(host, (), shared=False)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "a@localhost", "localhost/x", "[", "]["]
)
def test_other_names_are_not_the_server_s(host: str) -> None:
    assert not is_own_host(host, (), shared=True)


def test_a_public_name_is_the_server_s_where_it_was_named() -> None:
    assert is_own_host("Lab.Example.org:443", ("lab.example.org",), shared=False)


def test_a_foreign_name_is_refused_with_a_sentence() -> None:
    answer = ask(HostGuard(PlainTextResponse("page"), (), lambda: True), "http://evil.example/")
    assert (answer.status_code, "make share" in answer.text) == (400, True)


def test_whoever_watches_over_the_server_may_ask_by_any_name() -> None:
    guard = HostGuard(PlainTextResponse("ok"), (), lambda: False)
    assert ask(guard, "http://10.1.2.3:8501/lab/healthz").text == "ok"


def test_own_routes_lie_below_the_base_path_too() -> None:
    seen = []

    async def own(request: object) -> PlainTextResponse:
        return PlainTextResponse("own")

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        seen.append(scope["root_path"])
        await PlainTextResponse("other")(scope, receive, send)  # type: ignore[arg-type]

    moved = BasePath(app, "/lab/", [Route("/digitlab/{key}", own)])
    for path in ("/lab/digitlab/x", "/digitlab/x", "/lab/compare"):
        ask(moved, f"http://localhost{path}")
    assert seen == ["/lab", "", ""]


def test_the_pages_that_may_frame_it_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITLAB_EMBED", " https://Example.org, http://127.0.0.1:8080 ")
    assert read_settings().embedders == ("https://example.org", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "text", ["example.org", "https://example.org/page", "https://a.org; script-src *", "'none'"]
)
def test_what_is_no_origin_gets_into_no_header(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DIGITLAB_EMBED", text)
    with pytest.raises(ConfigError, match="DIGITLAB_EMBED must hold a page's origin"):
        read_settings()


def test_every_page_may_frame_a_shared_dashboard_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITLAB_EMBED", "*")
    monkeypatch.delenv("DIGITLAB_SHARE", raising=False)
    with pytest.raises(ConfigError, match="DIGITLAB_SHARE=1"):
        read_settings()


def test_a_public_name_has_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITLAB_HOSTS", "https://lab.example.org")
    with pytest.raises(ConfigError, match="DIGITLAB_HOSTS must hold a host's name"):
        read_settings()
