"""A shared dashboard in a real browser: what visitors find, signing in, the owner's rules."""

import re
import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.axe import SERIOUS, find_faults
from tests.support.dashboard import PASSPHRASE, SHARED, Dashboard, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("shared")
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, folder / "runs" / name)
    yield from running(
        browser, Dashboard(folder / "runs", folder / "data", folder / "log", settings=SHARED)
    )


def sign_in(page: Page, lab: Dashboard, following: str = "/") -> None:
    page.goto(f"{lab.url}/digitlab/sign-in?next={following}")
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()


def open_share(page: Page) -> None:
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_label("A link to what you see here")).to_be_visible()


def test_a_visitor_is_led_to_what_is_there(page: Page, lab: Dashboard) -> None:
    page.goto(lab.url)
    page.get_by_role("button", name="See SGD against Adam").click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()


def test_what_a_visitor_may_not_do_is_there_disabled_with_the_reason(
    page: Page, lab: Dashboard
) -> None:
    page.goto(lab.url)
    button = page.get_by_role("button", name="Import")
    expect(button).to_be_disabled()
    button.hover(force=True)
    expect(page.get_by_text("Only the owner of this Digit Lab may take in runs")).to_be_visible()


def test_the_menu_of_a_run_says_why_not(page: Page, lab: Dashboard) -> None:
    page.goto(lab.url)
    page.get_by_role("button", name="More for Adam").click()
    menu = page.locator(".dl-menu:popover-open")
    expect(menu.get_by_role("button", name="Delete")).to_be_disabled()
    expect(menu.get_by_text("Only the owner of this Digit Lab may delete runs")).to_be_visible()


def test_the_link_is_of_this_very_view_and_of_an_address_that_others_can_open(
    page: Page, lab: Dashboard
) -> None:
    page.goto(f"{lab.url}/compare?runs=example-sgd&runs=example-adam&axis=steps")
    open_share(page)
    link = page.get_by_label("A link to what you see here").input_value()
    assert link.endswith("/compare?runs=example-sgd&runs=example-adam&axis=steps")


def test_copy_puts_the_link_into_the_clipboard(page: Page, lab: Dashboard) -> None:
    page.goto(f"{lab.url}/draw?runs=example-adam")
    open_share(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    link = page.get_by_label("A link to what you see here").input_value()
    # The dashboard itself may not read what somebody has copied: another page looks.
    other = page.context.new_page()
    other.set_content("<textarea></textarea>")
    other.locator("textarea").press("Control+V")
    assert other.locator("textarea").input_value() == link


def test_the_code_shows_the_picture_of_a_link(page: Page, lab: Dashboard) -> None:
    page.goto(f"{lab.url}/compare?runs=example-adam")
    open_share(page)
    code = page.get_by_alt_text("The same link as a QR code")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.naturalWidth") > 0


def test_who_knows_the_passphrase_is_back_where_they_were_as_owner(
    page: Page, lab: Dashboard
) -> None:
    page.goto(f"{lab.url}/compare?runs=example-adam")
    open_share(page)
    page.get_by_role("link", name="Sign in as owner").click()
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/compare\?runs=example-adam$"))
    open_share(page)
    expect(page.get_by_text("You are signed in as the owner")).to_be_visible()


def test_a_wrong_passphrase_says_so_and_keeps_the_way_back(
    browser: Browser, lab: Dashboard
) -> None:
    # A browser remarks in its console that it was refused.
    page = browser.new_context().new_page()
    page.goto(f"{lab.url}/digitlab/sign-in?next=/mistakes")
    page.get_by_label("Passphrase").fill("not this one at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the owner's passphrase.")
    expect(page.get_by_role("link", name="Back without")).to_have_attribute("href", "/mistakes")


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org", "//example.org", "/\\example.org", "javascript:alert(1)"]
)
def test_the_form_leads_nobody_elsewhere(page: Page, lab: Dashboard, elsewhere: str) -> None:
    page.goto(f"{lab.url}/digitlab/sign-in?next={elsewhere}")
    expect(page.get_by_role("link", name="Back without")).to_have_attribute("href", "/")


def test_no_script_can_read_the_cookies(page: Page, lab: Dashboard) -> None:
    sign_in(page, lab)
    expect(page.get_by_role("button", name="Share")).to_be_visible()
    assert "digitlab_" not in str(page.evaluate("document.cookie"))


def test_who_signs_out_is_a_visitor(page: Page, lab: Dashboard) -> None:
    sign_in(page, lab)
    open_share(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="See SGD against Adam")).to_be_visible()


def test_the_owner_lets_visitors_start_runs_and_one_does_within_the_budget(
    page: Page, lab: Dashboard, browser: Browser
) -> None:
    sign_in(page, lab)
    open_share(page)
    page.get_by_text("What visitors may start").click()
    page.get_by_text("Visitors may start runs").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    visitor = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    visitor.goto(lab.url)
    expect(
        visitor.get_by_text("you may start 2 more runs now, and 100 more epochs")
    ).to_be_visible()
    epochs = visitor.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill("99")
    epochs.press("Enter")
    visitor.get_by_role("button", name="Launch", exact=True).click()
    expect(visitor.get_by_role("heading", name="Compare")).to_be_visible()
    (started,) = (
        run
        for run in RunStore(lab.runs).list()
        if isinstance(run, Run) and run.info.visitor and run.config.epochs == 99
    )
    assert started.info.seconds_allowed == 300
    visitor.goto(lab.url)
    visitor.get_by_role("button", name="Launch", exact=True).click()
    expect(visitor.get_by_text("you may start 1 more within a day")).to_be_visible()
    visitor.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_what_is_behind_share_and_in_the_form(
    browser: Browser, lab: Dashboard, theme: Literal["light", "dark"]
) -> None:
    page = browser.new_context(
        color_scheme=theme, viewport={"width": 390, "height": 844}
    ).new_page()
    page.goto(f"{lab.url}/digitlab/sign-in?next=/compare?runs=example-adam")
    faults = find_faults(page)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()
    open_share(page)
    page.get_by_text("What visitors may start").click()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    faults += find_faults(page)
    assert [str(fault) for fault in faults if fault.impact in SERIOUS] == []
