"""The page of the field test without a browser: what it refuses, tells and offers the owner."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.field_test.limits import SessionCount
from core.field_test.store import DrawingStore
from core.runs.results import write_weights
from core.settings import PROJECT_ROOT
from core.ui.drawing_export import drawing_exports
from core.ui.services import services
from tests.support.dashboard import Dashboard
from tests.support.drawings import digit_on_pad, keep
from tests.support.server_routes import ask
from tests.support.trained_runs import use_runs

BOTH = ("example-sgd", "example-adam")


@pytest.fixture
def drawings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DrawingStore]:
    """The drawings of this process's pages, whose runs are the two examples."""
    for example in BOTH:
        shutil.copytree(PROJECT_ROOT / "runs" / example, tmp_path / "runs" / example)
    monkeypatch.delenv("DIGITLAB_DRAWINGS", raising=False)
    use_runs(monkeypatch, tmp_path / "runs")
    yield services().drawings
    services.cache_clear()


def field_test(runs: tuple[str, ...] = BOTH, **address: str) -> AppTest:
    """The field test of these runs with the sheet of drawings open."""

    def script(ids: list[str]) -> None:
        from core.ui.field_test_view import draw_field_test
        from core.ui.services import services

        draw_field_test([services().store.read(run_id) for run_id in ids])

    page = AppTest.from_function(script, kwargs={"ids": list(runs)}, default_timeout=60)
    for name, value in {"open": "drawings", **address}.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    return " ".join(part.proto.body for part in page.get("html"))


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def kinds(page: AppTest) -> list[str]:
    (choice,) = [one for one in page.button_group if one.label == "Show"]
    return [option.rsplit("  ", 1)[0] for option in choice.options]


def test_a_visitor_over_the_limit_keeps_the_drawing_on_the_pad_and_not_on_the_disk(
    drawings: DrawingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pad lives in a browser.
    monkeypatch.setattr("core.ui.field_round_view.draw_pad", lambda _: lambda: digit_on_pad(1)[0])
    page = field_test()
    session = page.session_state["field_test"]
    page.button(key="field_done").click().run()
    assert len(session.count.kept) == len(drawings.listed()) == 1
    page.button(key="field_next").click().run()
    session.count = SessionCount([-1e6] * drawings.limits.session)
    page.button(key="field_done").click().run()
    assert "as many as are taken in one. Thank you." in told(page)
    assert len(drawings.listed()) == 1
    assert len(session.count.kept) == drawings.limits.session


def test_the_owner_cannot_speak_for_a_drawings_maker(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    page = field_test(drawing=kept.id)
    assert {"hide_drawing", "delete_drawing"} <= keys(page)
    assert not [button.label for button in page.button if "mistake" in button.label]


def test_the_sheet_shows_all_drawings_at_first_and_all_can_be_hidden(
    drawings: DrawingStore,
) -> None:
    keep(drawings, 3)
    page = field_test()
    assert kinds(page)[0] == "all that count"
    assert "1 to 3 of 3 drawings" in told(page)
    assert {"hide_all", "delete_all"} <= keys(page)


@pytest.mark.parametrize("chosen", [{"kind": "misread"}, {"kind": "right"}, {"answer": "3"}])
def test_nothing_is_done_at_once_with_what_models_chose(
    drawings: DrawingStore, chosen: dict[str, str]
) -> None:
    keep(drawings, 3)
    page = field_test(**chosen)
    assert not {"hide_all", "delete_all"} & keys(page)
    assert "would make them look better than they are" in told(page)


def test_the_board_tells_what_the_owner_took_out_and_what_that_did(drawings: DrawingStore) -> None:
    kept = keep(drawings, 4)
    drawings.mark(kept[0].id, hidden=True)
    drawings.discard([kept[1].id])
    page = told(field_test())
    assert "Not counted: 1 hidden by the owner and 1 deleted (in the bin)." in page
    assert "With the hidden drawings counted too:" in page
    drawings.discard([one.id for one in kept[2:]])
    page = told(field_test())
    assert "No drawing counts at present" in page
    assert "Nobody has drawn yet" not in page


def test_without_a_run_that_answers_nothing_is_called_read_right(drawings: DrawingStore) -> None:
    keep(drawings, 2)
    assert "read right by all" in kinds(field_test())
    assert kinds(field_test((), kind="right")) == ["all that count"]
    folder = services().store.folder("example-sgd")
    weights = services().store.weights("example-sgd")
    write_weights(folder, {k: np.full_like(v, 3e38) for k, v in weights.items()})
    page = field_test(("example-sgd",), kind="right")
    assert kinds(page) == ["all that count"]
    assert "cannot answer. Its saved weights" in page.warning[0].value


def test_what_cannot_be_exported_is_said_beside_the_file(drawings: DrawingStore) -> None:
    one, _ = keep(drawings, 2)
    path = drawings.root / f"{one.id}.json"
    path.write_text(path.read_text().replace('"picture": "', '"picture": "????'))
    page = field_test()
    assert page.button(key="export_drawings").label == "Export 2 drawings"
    page.button(key="export_drawings").click().run()
    assert "(1 drawing, " in told(page)
    assert page.warning[0].value.startswith("1 drawing is not in the zip file")
    assert one.id in page.warning[0].value
    keep(drawings, 1, first=2)
    page.run()
    assert "Ready:" in told(page)  # where a class draws, some are always newer
    assert "has changed since: export again" in told(page)
    link = re.search(r'href="([^"]+)"', told(page))
    assert link is not None
    assert ask(link[1]).headers["Content-Length"] == str(len(ask(link[1]).content))
    drawing_exports().make(mistakes=False)
    assert ask(link[1]).status_code == 404
    page.run()
    assert "Ready:" not in told(page)


def test_a_dashboard_under_test_takes_no_setting_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITLAB_DRAWINGS", "/somebody/elses/drawings")
    given = Dashboard(tmp_path / "runs", tmp_path / "data", tmp_path / "log").environment()
    assert "DIGITLAB_DRAWINGS" not in given
    assert given["DIGITLAB_RUNS"] == str(tmp_path / "runs")
