"""Names, notes and tags written by hand to do harm are shown as text on every page."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.support.dashboard import Dashboard, running
from tests.support.hostile_runs import FOLDER, LETTERS, MARKDOWN, SCRIPT, make_hostile_runs

pytestmark = pytest.mark.browser

TRIO = "runs=hostile-a&runs=hostile-b&runs=hostile-c"
PAIR = "runs=hostile-a&runs=hostile-b"
FOLDS = "open=believed.confused.differs.drawings.earlier.facts.files.how.inside.layers.people.soon"
PAGES = {
    "runs": "?fold=groups&open=results_harm.settings_harm.earlier",
    "three": f"compare?{TRIO}&{FOLDS}",
    "two": f"compare?{PAIR}&{FOLDS}",
    "gone": f"compare?runs={quote(FOLDER)}&runs=hostile-d&runs={quote(SCRIPT)}&runs=hostile-a",
    "mistakes": f"mistakes?{TRIO}",
    "digit": f"mistakes?{PAIR}&group=all&digit=8",
    "draw": f"draw?{TRIO}&{FOLDS}.ink",
    "field test": f"draw?{TRIO}&way=test&{FOLDS}",
}
# What would be there if a name had been read as anything but text.
TRACES = """() => ({
  elements: document.querySelectorAll('#injected').length,
  executed: window.hit ?? null,
  formulas: document.querySelectorAll('.katex').length,
  links: [...document.querySelectorAll('a[href]')].map(link => link.href)
    .filter(address => !address.startsWith(location.origin)),
  errors: document.querySelectorAll('[data-testid=stException]').length,
  marked: [...document.querySelectorAll('em, del, sup')].map(found => found.outerHTML),
  tooWide: document.querySelector('[data-testid=stMain]').scrollWidth > 2
    + document.querySelector('[data-testid=stMain]').clientWidth,
})"""
HARMLESS = {
    "elements": 0,
    "executed": None,
    "formulas": 0,
    "links": [],
    "errors": 0,
    "marked": [],
    "tooWide": False,
}


@pytest.fixture(scope="module")
def harmed(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard over runs whose names, notes and tags were written to do harm."""
    folder = tmp_path_factory.mktemp("hostile")
    make_hostile_runs(folder / "runs")
    yield from running(browser, Dashboard(folder / "runs", folder / "data", folder / "log"))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", PAGES)
def test_what_is_called_to_do_harm_is_shown_as_text(
    page: Page, harmed: Dashboard, name: str, width: int
) -> None:
    asked: list[str] = []
    dialogs: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((harmed.url, "data:", "blob:")):
            asked.append(request.url)

    page.on("request", note)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{harmed.url}/{PAGES[name]}")
    expect(page.locator("h1")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )
    expect(
        page.get_by_text(MARKDOWN[10:40] if name != "gone" else SCRIPT[:30]).first
    ).to_be_visible()
    page.wait_for_timeout(1_000)  # for what is drawn in the browser: charts, matrices
    assert page.evaluate(TRACES) == HARMLESS
    assert (asked, dialogs) == ([], [])


def test_letters_that_turn_or_command_are_left_out(page: Page, harmed: Dashboard) -> None:
    page.goto(f"{harmed.url}/")
    row = page.locator("tr[data-run=hostile-c]")
    expect(row).to_contain_text("=1+1 gnp.exe turned <br>two<sup>3</sup> %{x} {{7*7}} ${7*7} [31m")
    text = row.inner_text()
    assert not [letter for letter in LETTERS if not letter.isprintable() and letter in text]


def test_a_name_of_ten_thousand_characters_gets_a_sentence(page: Page, harmed: Dashboard) -> None:
    page.goto(f"{harmed.url}/")
    expect(page.locator("tr[data-run=hostile-d]")).to_contain_text(
        "config.json: name: String should have at most 200 characters"
    )
