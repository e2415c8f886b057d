"""What visitors may take up, asked of a real server with room for two pages and 3 MB of uploads."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.support.dashboard import SHARED, Dashboard, owner_cookies
from tests.support.raw_session import RawSession
from tests.support.workers import wait_until

FULL = "Digit Lab is full at the moment: 2 people are looking. Try again in a minute."
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("visits")
    settings = {"DIGITLAB_MAX_SESSIONS": "2", "DIGITLAB_MAX_UPLOADS_GB": "0.003"}
    dashboard = Dashboard(folder / "runs", folder / "data", folder / "log", settings=settings)
    dashboard.start()
    yield dashboard
    dashboard.stop()


def opened(server: Dashboard) -> AbstractContextManager[ClientConnection]:
    """Open a page as a browser does, by what it says to the server."""
    address = server.url.replace("http", "ws", 1)
    return connect(f"{address}/_stcore/stream", subprotocols=["streamlit"])  # type: ignore[list-item]


def metric(server: Dashboard, name: str) -> float:
    text = httpx.get(f"{server.url}/metrics").text
    values = [line.split()[-1] for line in text.splitlines() if line.startswith(name)]
    return float(values[0]) if values else 0.0


def nobody_looks(server: Dashboard) -> None:
    wait_until(lambda: metric(server, "digitlab_sessions ") == 0)


@pytest.fixture
def full(server: Dashboard) -> Iterator[list[ClientConnection]]:
    """Two open pages, as many as there may be."""
    nobody_looks(server)
    with opened(server) as first, opened(server) as second:
        yield [first, second]


def test_a_full_dashboard_says_so_in_a_sentence(server: Dashboard, full) -> None:
    answer = httpx.get(f"{server.url}/compare", headers=HTML)
    assert (answer.status_code, FULL in answer.text) == (503, True)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Dashboard]:
    """A shared dashboard with room for one page."""
    settings = {**SHARED, "DIGITLAB_MAX_SESSIONS": "1"}
    dashboard = Dashboard(tmp_path / "runs", tmp_path / "data", tmp_path / "log", settings=settings)
    dashboard.start()
    yield dashboard
    dashboard.stop()


def test_the_owner_gets_into_a_full_dashboard(shared: Dashboard) -> None:
    cookies = owner_cookies(shared.url)
    with opened(shared):
        assert httpx.get(shared.url, headers=HTML).status_code == 503
        assert httpx.get(shared.url, headers=HTML, cookies=cookies).status_code == 200
        with RawSession(shared.url, cookies) as session:
            session.open("")
            assert session.widgets


def test_the_page_of_a_full_dashboard_tries_again_by_itself(server: Dashboard, full) -> None:
    assert '<meta http-equiv="refresh"' in httpx.get(server.url, headers=HTML).text


def test_a_page_that_is_loaded_already_is_sent_to_that_sentence(server: Dashboard, full) -> None:
    message = ForwardMsg()
    with opened(server) as third:
        message.ParseFromString(third.recv(timeout=10))
    assert message.WhichOneof("type") == "auth_redirect"


def test_pages_that_are_open_stay(server: Dashboard, full) -> None:
    httpx.get(server.url, headers=HTML)
    with opened(server) as third:
        third.recv(timeout=10)
    assert [page.ping().wait(10) for page in full] == [True, True]


def test_health_is_told_to_a_full_dashboard_too(server: Dashboard, full) -> None:
    assert httpx.get(f"{server.url}/healthz", headers=HTML).status_code == 200


def test_who_is_turned_away_is_counted(server: Dashboard, full) -> None:
    httpx.get(server.url, headers=HTML)
    wait_until(lambda: metric(server, 'digitlab_refusals_total{kind="sessions"}') > 0)


def test_once_somebody_has_left_there_is_room(server: Dashboard) -> None:
    nobody_looks(server)
    with opened(server), opened(server):
        pass
    wait_until(lambda: httpx.get(server.url, headers=HTML).status_code == 200)


@pytest.mark.browser
def test_a_visitor_reads_the_sentence_and_gets_in_later(
    server: Dashboard, browser: Browser
) -> None:
    nobody_looks(server)
    context = browser.new_context()
    page: Page = context.new_page()
    with opened(server), opened(server):
        page.goto(server.url)
        expect(page.get_by_role("status")).to_have_text(FULL)
    expect(page.locator("h1")).to_contain_text("How does a computer learn", timeout=60_000)
    context.close()


@pytest.mark.browser
def test_a_page_that_lost_its_place_reads_the_sentence(server: Dashboard, browser: Browser) -> None:
    nobody_looks(server)
    context = browser.new_context()
    page = context.new_page()
    # Loaded while there was room, connected when there is none.
    held: list[object] = []
    page.route_web_socket(lambda url: "/_stcore/stream" in url, lambda route: held.append(route))
    page.goto(server.url)
    wait_until(lambda: (page.wait_for_timeout(50), held)[1])
    with opened(server), opened(server):
        held[0].connect_to_server()  # type: ignore[attr-defined]
        expect(page.get_by_role("status")).to_have_text(FULL, timeout=20_000)
        context.close()


# Uploads


@pytest.mark.browser
def test_a_file_too_many_is_refused_with_a_sentence(
    server: Dashboard, browser: Browser, tmp_path: Path
) -> None:
    nobody_looks(server)
    zipped = tmp_path / "runs.zip"
    zipped.write_bytes(bytes(4_000_000))
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.url)
    page.get_by_role("button", name="Import").first.click(timeout=60_000)
    page.locator("input[type=file]").first.set_input_files(str(zipped))
    page.get_by_role("dialog").get_by_role("button", name="Import").click()
    expect(page.get_by_text("as much memory as they may (3 MB)")).to_be_visible(timeout=20_000)
    context.close()


@contextmanager
def able_to_upload(server: Dashboard) -> Iterator[tuple[str, httpx.Client]]:
    """An open page's id, and a client that may upload for it."""
    with httpx.Client(base_url=server.url) as client:
        client.get("/_stcore/health")
        client.get("/_stcore/host-config")
        token = client.cookies.get("_streamlit_xsrf", "")
        client.headers["X-Xsrftoken"] = token
        with opened(server) as page:
            message = ForwardMsg()
            ask = BackMsg()
            ask.rerun_script.query_string = ""
            page.send(ask.SerializeToString())
            while message.WhichOneof("type") != "new_session":
                message.ParseFromString(page.recv(timeout=30))
            yield message.new_session.initialize.session_id, client


@pytest.fixture(scope="module")
def session(server: Dashboard) -> Iterator[tuple[str, httpx.Client]]:
    nobody_looks(server)
    with able_to_upload(server) as found:
        yield found


def upload(session: tuple[str, httpx.Client], name: str, megabytes: float) -> httpx.Response:
    session_id, client = session
    content = bytes(int(megabytes * 1e6))
    return client.put(f"/_stcore/upload_file/{session_id}/{name}", files={"file": ("a", content)})


def test_uploads_are_taken_up_to_the_total(session) -> None:
    assert [upload(session, name, 1.2).status_code for name in ("a", "b")] == [204, 204]


def test_beyond_the_total_nothing_more_is_held(server: Dashboard, session) -> None:
    for name in ("a", "b", "c", "c2", "c3"):
        upload(session, name, 1.2)
    assert metric(server, "digitlab_upload_bytes ") < 3_000_000


def test_who_hands_in_too_much_is_counted(server: Dashboard, session) -> None:
    for name in ("a", "b", "c"):
        upload(session, name, 1.2)
    wait_until(lambda: metric(server, 'digitlab_refusals_total{kind="uploads"}') > 0)


def test_what_a_visitor_takes_back_makes_room(session) -> None:
    session_id, client = session
    for name in ("a", "b"):
        upload(session, name, 1.2)
    client.delete(f"/_stcore/upload_file/{session_id}/a")
    assert upload(session, "d", 1.2).status_code == 204
    client.delete(f"/_stcore/upload_file/{session_id}/d")


def test_an_upload_that_does_not_say_its_length_is_counted_as_it_comes(session) -> None:
    session_id, client = session

    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        for _ in range(50):
            yield bytes(100_000)
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        answer = client.put(
            f"/_stcore/upload_file/{session_id}/e", content=pieces(), headers=headers
        )
    except httpx.WriteError:  # the server answered, and closed the line, before it was all sent
        return
    assert answer.status_code == 413


def test_a_large_body_is_refused_where_none_has_business(session) -> None:
    _, client = session
    answer = client.post("/digitlab/sign-in", content=bytes(2_000_000))
    assert (answer.status_code, "megabyte" in answer.text) == (413, True)


def test_what_the_last_visitor_left_is_forgotten_though_nobody_comes_after(tmp_path: Path) -> None:
    """Streamlit alone would keep it until the next page is closed."""
    short = ["--server.disconnectedSessionTTL", "1"]
    dashboard = Dashboard(tmp_path / "runs", tmp_path / "data", tmp_path / "log", options=short)
    dashboard.start()
    try:
        with able_to_upload(dashboard) as session:
            upload(session, "a", 1.2)
            assert metric(dashboard, "digitlab_upload_bytes ") > 1e6
        wait_until(lambda: metric(dashboard, "digitlab_upload_bytes ") == 0)
    finally:
        dashboard.stop()
