"""The top of the Compare page in a real browser: verdicts over seeds, time to reach, warnings."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.runs import files
from core.runs.results import read_predictions, write_predictions
from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Dashboard]:
    """A dashboard with the example runs, and each of them as if trained with two more seeds."""
    folder = tmp_path_factory.mktemp("seeded")
    runs = folder / "runs"
    for optimizer in ("sgd", "adam"):
        example = PROJECT_ROOT / "runs" / f"example-{optimizer}"
        shutil.copytree(example, runs / example.name)
        for seed in (1, 2):
            copy_with_seed(example, runs / f"{optimizer}-{seed}", optimizer.upper(), seed)
    yield from running(browser, Dashboard(runs, folder / "data", folder / "log"))


def copy_with_seed(example: Path, target: Path, name: str, seed: int) -> None:
    """Copy a run under another seed, with some answers changed, as another seed would."""
    shutil.copytree(example, target)
    info = json.loads((target / files.CONFIG).read_text())
    info["config"]["seed"] = info["config"]["seed"] + seed
    info |= {"name": f"{name}, seed {info['config']['seed']}", "example": False}
    (target / files.CONFIG).write_text(json.dumps(info))
    found = read_predictions(target)
    logits = found.logits.copy()
    changed = np.random.default_rng(seed).choice(len(logits), 15 * seed, replace=False)
    logits[changed] = np.roll(logits[changed], 1, axis=1)
    write_predictions(target, found.labels.astype(np.int64), logits)


def compare(page: Page, dashboard: Dashboard, *ids: str) -> None:
    page.goto(f"{dashboard.url}/compare?{'&'.join(f'runs={run_id}' for run_id in ids)}")
    expect(page.locator(".dl-verdict")).to_be_visible(timeout=30_000)


def test_runs_that_differ_in_the_seed_alone_get_one_verdict_over_the_seeds(
    page: Page, seeded: Dashboard
) -> None:
    compare(page, seeded, "sgd-1", "sgd-2", "adam-1", "adam-2")
    verdict = page.locator(".dl-verdict")
    expect(verdict).to_contain_text("ADAM (2 seeds) reads 97.")
    expect(verdict).to_contain_text("the luck of the seeds")
    expect(verdict).to_contain_text("it does not cover other test images")
    expect(page.locator(".dl-who > span")).to_have_count(2)
    page.get_by_text("How we know").click()
    expect(page.get_by_text("paired t test over the seeds that both have").first).to_be_visible()


def test_a_run_against_several_seeds_of_another_reads_naturally(
    page: Page, seeded: Dashboard
) -> None:
    compare(page, seeded, "example-sgd", "adam-1", "adam-2")
    expect(page.locator(".dl-verdict")).to_contain_text(
        "on average, SGD (article 1), a single run,"
    )


def test_more_than_two_sides_are_corrected_for_their_number(page: Page, seeded: Dashboard) -> None:
    config = seeded.runs / "adam-2" / files.CONFIG
    before = config.read_text()
    info = json.loads(before)
    info["config"] |= {"batch_size": 128, "epochs": 5}
    config.write_text(json.dumps(info))
    try:
        compare(page, seeded, "example-sgd", "example-adam", "adam-2")
        expect(page.locator(".dl-verdict")).to_contain_text("Adam (article 1) reads most")
        page.get_by_text("How we know").click()
        expect(page.get_by_text("Holm 1979").first).to_be_visible()
        expect(page.get_by_text("The runs train for different numbers of epochs")).to_be_visible()
    finally:
        config.write_text(before)


def test_the_time_to_reach_is_a_table_with_not_reached_in_words(
    page: Page, seeded: Dashboard
) -> None:
    compare(page, seeded, "example-sgd", "example-adam")
    table = page.locator(".st-key-reach table")
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table.locator("tbody tr").first).to_contain_text("not reached")
    expect(table.locator("tbody tr").nth(1)).to_contain_text("epoch 1")
    expect(table).to_contain_text("validation")


def test_the_seed_alone_is_said_to_differ(page: Page, seeded: Dashboard) -> None:
    compare(page, seeded, "adam-1", "adam-2")
    expect(page.get_by_text("They differ only in their seed")).to_be_visible()
    expect(page.get_by_text("only the seed (1, 2)")).to_be_visible()
