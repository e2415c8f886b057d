"""Signing in with an account: a real OpenID Connect provider, and a list of owners' addresses."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard

pytestmark = pytest.mark.browser

OWNER = "teacher@school.example"
SECRETS = """
[digitlab]
owners = ["Teacher@School.example"]

[auth]
redirect_uri = "{url}/oauth2callback"
cookie_secret = "only-for-this-test-only-for-this-test"
client_id = "digit-lab"
client_secret = "secret-of-the-test"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    url = f"http://localhost:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{url}/.well-known/openid-configuration")
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    for who, claims in {
        "owner": {"email": OWNER, "email_verified": True},
        "pupil": {"email": "pupil@school.example", "email_verified": True},
        "pretender": {"email": OWNER, "email_verified": False},
    }.items():
        httpx.put(f"{url}/users/{who}", json=claims).raise_for_status()
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, provider: str
) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("oidc")
    shutil.copytree(PROJECT_ROOT / "runs" / "example-adam", folder / "runs" / "example-adam")
    secrets = folder / "secrets.toml"
    dashboard = Dashboard(
        folder / "runs",
        folder / "data",
        folder / "log",
        settings={"DIGITLAB_SHARE": "1"},
        options=["--secrets.files", str(secrets)],
    )
    dashboard.url = f"http://localhost:{free_port()}"
    secrets.write_text(SECRETS.format(url=dashboard.url, provider=provider))
    dashboard.start(again=True)
    yield dashboard
    for context in browser.contexts:
        context.close()
    dashboard.stop()
    assert "only-for-this-test" not in dashboard.log_text()


def sign_in(page: Page, lab: Dashboard, who: str) -> None:
    # The provider's own page wants a style sheet from elsewhere.
    page.context.route(
        lambda url: urlsplit(url).hostname != "localhost", lambda route: route.fulfill(body="")
    )
    page.goto(lab.url)
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Sign in with your account").click()
    page.locator("input[name=sub]").fill(who)
    page.locator("button, input[type=submit]").first.click()
    page.get_by_role("button", name="Share").click(timeout=60_000)


def test_somebody_on_the_list_is_the_owner(page: Page, lab: Dashboard) -> None:
    sign_in(page, lab, "owner")
    expect(page.get_by_text("You are signed in as the owner")).to_be_visible()


def test_the_owner_may_then_change_things(page: Page, lab: Dashboard) -> None:
    sign_in(page, lab, "owner")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Import")).to_be_enabled()


def test_somebody_else_is_a_visitor(page: Page, lab: Dashboard) -> None:
    sign_in(page, lab, "pupil")
    expect(page.get_by_text("You are a visitor")).to_be_visible()


def test_an_address_that_the_provider_has_not_verified_makes_no_owner(
    page: Page, lab: Dashboard
) -> None:
    sign_in(page, lab, "pretender")
    expect(page.get_by_text("You are a visitor")).to_be_visible()


def test_who_signs_out_is_a_visitor_again(page: Page, lab: Dashboard) -> None:
    sign_in(page, lab, "owner")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_timeout(1_000)
    page.goto(lab.url)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("You are a visitor")).to_be_visible()
