"""The dashboard behind a real nginx, by the site in docs/deploy: TLS and a base path."""

import io
import os
import shutil
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from core.settings import PROJECT_ROOT
from tests.support.browser import ARGUMENTS, find_chromium
from tests.support.dashboard import Dashboard, running
from tests.support.nginx import ABSENT, NAME, find, proxied
from tests.support.pictures import seven
from tests.support.visitor import draw_stroke

pytestmark = pytest.mark.browser
SITE = PROJECT_ROOT / "docs" / "deploy" / "nginx.conf"
COMPARED = "compare?runs=example-sgd&runs=example-adam"
PASSPHRASE = "seven wet badgers"
# Milliseconds: a server that has just started still reads its libraries.
FIRST_PAGE = 90_000
SEVEN = ((0.25, 0.2), (0.75, 0.2), (0.4, 0.85))


class Site(NamedTuple):
    """The proxied dashboard: as a browser calls it, and where it really is."""

    url: str
    plain: str
    port: int

    def get(self, path: str) -> httpx.Response:
        """Ask for a path of the host, as a program does."""
        host = {"Host": f"{NAME}:{self.port}"}
        return httpx.get(f"https://127.0.0.1:{self.port}{path}", headers=host, verify=False)

    def post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """Send a form to a path of the host, as its own page does."""
        own = {"Host": f"{NAME}:{self.port}", "Origin": f"https://{NAME}:{self.port}"}
        address = f"https://127.0.0.1:{self.port}{path}"
        return httpx.post(address, data=fields, headers=own, verify=False, timeout=30)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    if not (find("nginx") and find("openssl")):
        if os.environ.get("DIGITLAB_REQUIRE_NGINX"):
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    folder = tmp_path_factory.mktemp("site")
    for example in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / example, folder / "runs" / example)
    chosen = {
        "DIGITLAB_SHARE": "1",
        "DIGITLAB_HOSTS": NAME,
        "DIGITLAB_PASSPHRASE": PASSPHRASE,
        "STREAMLIT_SERVER_BASE_URL_PATH": "lab",
    }
    lab = Dashboard(folder / "runs", folder / "data", folder / "log", settings=chosen)
    for dashboard in running(browser, lab):
        server = dashboard.url.removeprefix("http://").replace("localhost", "127.0.0.1")
        with proxied(SITE, server, folder) as (secure, plain):
            yield Site(f"https://{NAME}:{secure}/lab", f"http://127.0.0.1:{plain}", secure)


@pytest.fixture(scope="module")
def own_browser(browser: Browser) -> Iterator[Browser]:
    """A browser that takes the name of the site for this computer's."""
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    chromium = browser.browser_type
    own = chromium.launch(executable_path=find_chromium(), args=[*ARGUMENTS, rules])
    yield own
    own.close()


@pytest.fixture
def visitor(own_browser: Browser) -> Iterator[Page]:
    """A visitor's page, who trusts the certificate; an error in its console fails the test."""
    context = own_browser.new_context(ignore_https_errors=True)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    yield page
    context.close()
    # On a deep link, Streamlit's page first looks for its server below the page's own address.
    assert [error for error in errors if "status of 404" not in error] == []


def test_a_deep_link_opens_a_comparison(visitor: Page, site: Site) -> None:
    visitor.goto(f"{site.url}/{COMPARED}")
    expect(visitor.get_by_text("far larger than chance").first).to_be_visible(timeout=FIRST_PAGE)


def test_a_chart_finds_its_script(visitor: Page, site: Site) -> None:
    visitor.goto(f"{site.url}/{COMPARED}")
    expect(visitor.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=FIRST_PAGE)


def test_a_stroke_is_answered(visitor: Page, site: Site) -> None:
    visitor.goto(f"{site.url}/draw?runs=example-adam")
    draw_stroke(visitor, SEVEN)
    expect(visitor.locator(".dl-answer").first).not_to_have_attribute("data-answer", "–")


def test_a_picture_can_be_handed_in(visitor: Page, site: Site) -> None:
    visitor.goto(f"{site.url}/draw?way=picture&runs=example-adam")
    expect(visitor.locator("input[type=file]")).to_be_attached()
    visitor.locator("input[type=file]").set_input_files([picture()])
    expect(visitor.get_by_text("It reads a 7.")).to_be_attached()


def test_moving_between_pages_stays_below_the_base_path(visitor: Page, site: Site) -> None:
    visitor.goto(f"{site.url}/{COMPARED}")
    visitor.get_by_role("link", name="Mistakes").click()
    expect(visitor.get_by_role("heading", name="Mistakes", exact=True)).to_be_visible()
    visitor.wait_for_url(f"{site.url}/mistakes*")


def picture() -> FilePayload:
    buffer = io.BytesIO()
    seven("black", "white").save(buffer, "PNG")
    return {"name": "seven.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def test_plain_http_is_sent_to_tls(site: Site) -> None:
    answer = httpx.get(f"{site.plain}/lab/compare", headers={"Host": NAME})
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}/lab/compare")


def test_the_browser_is_told_to_stay_with_tls(site: Site) -> None:
    assert "max-age" in site.get("/lab/").headers["Strict-Transport-Security"]


def test_health_lies_below_the_base_path_too(site: Site) -> None:
    assert site.get("/lab/healthz").status_code == 200


def test_another_name_is_refused(site: Site) -> None:
    answer = httpx.get(
        f"https://127.0.0.1:{site.port}/lab/", headers={"Host": "evil.example"}, verify=False
    )
    assert answer.status_code == 400


def test_the_owner_signs_in_by_a_cookie_for_tls_and_the_base_path_alone(site: Site) -> None:
    answer = site.post("/lab/digitlab/sign-in", {"passphrase": PASSPHRASE, "next": "/lab/"})
    cookie = answer.headers["Set-Cookie"]
    assert {"Path=/lab", "Secure", "HttpOnly", "SameSite=strict"} <= {*cookie.split("; ")}
