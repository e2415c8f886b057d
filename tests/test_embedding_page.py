"""The dashboard in a frame of another page, and its headers in a real browser."""

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from core.settings import PROJECT_ROOT
from tests.support.browser import ARGUMENTS, find_chromium
from tests.support.dashboard import Dashboard, running
from tests.support.framing import Elsewhere, elsewhere
from tests.support.visitor import draw_stroke

pytestmark = pytest.mark.browser
COMPARED = "compare?runs=example-sgd&runs=example-adam"
PAGES = ("", COMPARED, "mistakes?runs=example-adam", "draw?runs=example-sgd")
# Milliseconds: a server that has just started still reads its libraries.
FIRST_PAGE = 90_000
SEVEN = ((0.25, 0.2), (0.75, 0.2), (0.4, 0.85))
DOTS = """async (script) => {
  await import(script);
  const place = document.body.appendChild(document.createElement("div"));
  await Plotly.newPlot(place, [{ type: "scattergl", mode: "markers", x: [1, 2], y: [1, 2] }]);
  return [place.querySelectorAll("canvas").length > 0, place.textContent];
}"""


@pytest.fixture(scope="module")
def other() -> Iterator[Elsewhere]:
    with elsewhere() as server:
        yield server


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, other: Elsewhere
) -> Iterator[Dashboard]:
    """A dashboard of one's own, without roles, that the other page may show."""
    folder = tmp_path_factory.mktemp("lab")
    for example in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / example, folder / "runs" / example)
    allowed = {"DIGITLAB_EMBED": other.origin}
    lab = Dashboard(folder / "runs", folder / "data", folder / "log", settings=allowed)
    yield from running(browser, lab)


def test_a_foreign_page_shows_a_comparison(page: Page, lab: Dashboard, other: Elsewhere) -> None:
    page.goto(other.showing(f"{lab.url}/{COMPARED}&embed=true"))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("far larger than chance").first).to_be_visible(timeout=FIRST_PAGE)


def test_a_stroke_in_a_foreign_page_is_answered(
    page: Page, lab: Dashboard, other: Elsewhere
) -> None:
    page.goto(other.showing(f"{lab.url}/draw?runs=example-adam&embed=true"))
    frame = page.frame_locator("iframe")
    draw_stroke(page, SEVEN, frame)
    expect(frame.locator(".dl-answer").first).not_to_have_attribute("data-answer", "–")


def test_in_a_frame_a_move_to_another_page_stays_embedded(
    page: Page, lab: Dashboard, other: Elsewhere
) -> None:
    page.goto(other.showing(f"{lab.url}/{COMPARED}&embed=true"))
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name="Draw").click()
    expect(frame.locator("canvas.upper-canvas")).to_be_visible()
    address = page.frames[1].url
    assert "/draw" in address
    assert "embed=true" in address


def test_in_a_frame_nobody_is_the_owner(page: Page, lab: Dashboard, other: Elsewhere) -> None:
    page.goto(other.showing(f"{lab.url}/{COMPARED}&embed=true"))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    frame.get_by_role("link", name="Runs").click()
    # What visitors get in place of the button that trains the two.
    expect(frame.get_by_role("button", name="See SGD against Adam")).to_be_visible()
    expect(frame.get_by_test_id("stSidebar")).to_have_count(0)


def test_in_a_frame_pictures_have_a_way_out(page: Page, lab: Dashboard, other: Elsewhere) -> None:
    page.goto(other.showing(f"{lab.url}/draw?way=picture&runs=example-adam&embed=true"))
    link = page.frame_locator("iframe").get_by_role("link", name="Open it by itself")
    expect(link).to_have_attribute("href", f"{lab.url}/draw?way=picture&runs=example-adam")


def test_without_a_frame_one_s_own_dashboard_has_an_owner(page: Page, lab: Dashboard) -> None:
    page.goto(lab.url)
    expect(page.get_by_role("button", name="Compare SGD with Adam")).to_be_enabled()


@pytest.mark.parametrize("address", [COMPARED, "digitlab/sign-in?embed=true"])
def test_what_is_not_asked_for_as_embedded_is_not_framed(
    browser: Browser, lab: Dashboard, other: Elsewhere, address: str
) -> None:
    page = browser.new_page()
    page.goto(other.showing(f"{lab.url}/{address}"))
    page.wait_for_load_state("networkidle")
    shown = page.frames[1].url
    page.context.close()
    assert shown.startswith("chrome-error:")


def test_a_page_that_is_not_listed_frames_nothing(
    browser: Browser, lab: Dashboard, other: Elsewhere
) -> None:
    page = browser.new_page()
    with elsewhere() as unlisted:
        page.goto(unlisted.showing(f"{lab.url}/{COMPARED}&embed=true"))
        page.wait_for_load_state("networkidle")
        shown = page.frames[1].url
    page.context.close()
    assert shown.startswith("chrome-error:")


@pytest.mark.parametrize("address", PAGES)
def test_no_page_meets_its_own_policy(page: Page, lab: Dashboard, address: str) -> None:
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) =>"
        " (window.refused ??= []).push(`${event.violatedDirective} ${event.blockedURI}`));"
    )
    page.goto(f"{lab.url}/{address}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.refused ?? []") == []


def test_the_policy_stops_a_script_that_somebody_slipped_in(
    browser: Browser, lab: Dashboard
) -> None:
    page = browser.new_page()
    page.goto(f"{lab.url}/{COMPARED}")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend',"
        " '<img src=nothing onerror=\"window.slipped = true\">')"
    )
    page.wait_for_timeout(1_000)
    slipped = page.evaluate("window.slipped ?? false")
    page.context.close()
    assert not slipped


def test_the_policy_lets_the_graphics_card_draw(lab: Dashboard, browser: Browser) -> None:
    # Asked for, so that a machine without Chromium skips; this one draws by software.
    webgl = [*ARGUMENTS, "--enable-unsafe-swiftshader"]
    with browser.browser_type.launch(executable_path=find_chromium(), args=webgl) as own:
        page = own.new_page()
        page.goto(f"{lab.url}/{COMPARED}")
        drawn, text = page.evaluate(DOTS, f"{lab.url}/digitlab/plotly.min.js")
    assert (drawn, "WebGL is not supported" in text) == (True, False)


@pytest.mark.parametrize(
    "path", ["/", "/compare", "/healthz", "/_stcore/health", "/_stcore/host-config", "/static/no"]
)
def test_every_answer_of_the_server_has_the_headers(lab: Dashboard, path: str) -> None:
    found = httpx.get(f"{lab.url}{path}").headers
    assert {"content-security-policy", "x-content-type-options", "permissions-policy"} <= {*found}


def test_the_server_refuses_a_foreign_name(lab: Dashboard) -> None:
    answer = httpx.get(f"{lab.url}/compare", headers={"Host": "evil.example"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("header", "value"), [("Origin", "http://evil.example"), ("Host", "evil.example")]
)
def test_the_server_opens_no_line_for_a_foreign_page(
    lab: Dashboard, header: str, value: str
) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        header: value,
    }
    assert httpx.get(f"{lab.url}/_stcore/stream", headers=upgrade).status_code == 403
