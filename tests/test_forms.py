"""The sidebar form in a real browser, and that no setting is missing from it."""

import pytest
from playwright.sync_api import Page, expect

from core.config import RunConfig
from core.runs.store import RunStore
from core.ui.forms import BASIC, GROUPS
from tests.support.dashboard import Dashboard


def test_every_setting_has_one_place_in_the_form() -> None:
    placed = [*BASIC, *(field for group in GROUPS.values() for field in group)]
    assert sorted(placed) == sorted(RunConfig.model_fields)


def choose(page: Page, label: str, option: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # a list that opens while the page scrolls closes again
    field.click()
    page.get_by_role("option", name=option, exact=True).click()


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


@pytest.mark.browser
def test_a_cnn_is_set_up_mended_looked_at_and_launched(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    launch = page.get_by_role("button", name="Launch", exact=True)
    page.get_by_text("More settings").click()
    expect(page.get_by_label("Convolution channels", exact=True)).to_have_count(0)
    choose(page, "Model", "sliding windows (CNN)")
    expect(page.get_by_label("Convolution channels", exact=True)).to_have_value("16, 32")

    fill(page, "Window size (pixels)", "4")
    expect(page.get_by_role("alert")).to_have_text("Window size must be an odd number, got 4.")
    expect(launch).to_be_disabled()
    fill(page, "Window size (pixels)", "3")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(launch).to_be_enabled()

    fill(page, "Training images", "99999")
    expect(page.get_by_role("alert")).to_contain_text("Training images must be at most 1,197")
    fill(page, "Training images", "100")
    fill(page, "Epochs", "1")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Layers", exact=True).click()
    expect(page.locator(".dl-layers")).to_contain_text("16 × 28 × 28")
    page.keyboard.press("Escape")

    launch.click()
    expect(page.locator("h1")).to_have_text("Compare")
    (run,) = RunStore(dashboard.runs).list()
    config = RunStore(dashboard.runs).read(run.id).config
    assert (config.model, config.channels, config.kernel_size) == ("cnn", (16, 32), 3)
    assert (config.train_size, config.epochs) == (100, 1)


@pytest.mark.browser
def test_another_optimizer_brings_its_usual_rate_and_settings(
    page: Page, dashboard: Dashboard
) -> None:
    page.goto(dashboard.url)
    # By its role: the field it takes the place of stays in the page for a moment, without one.
    rate = page.get_by_role("spinbutton", name="Learning rate", exact=True)
    choose(page, "Optimizer", "Adagrad")
    expect(rate).to_have_value("0.01")
    page.get_by_text("More settings").click()
    expect(page.get_by_label("Adagrad's slowing", exact=True)).to_be_visible()
    expect(page.get_by_label("Momentum", exact=True)).to_have_count(0)
    choose(page, "Optimizer", "SGD")
    expect(rate).to_have_value("0.001")
