"""A visitor without a browser sends whatever an owner's page would send: nothing comes of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from core.field_test.store import DrawingStore
from core.runs.bin import discard
from core.runs.groups import GroupStore
from core.runs.labels import relabel
from core.runs.queue import cancel
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.dashboard import SHARED, Dashboard, owner_cookies
from tests.support.drawings import NO_LIMITS, keep
from tests.support.groups import TINY, fair
from tests.support.growing import GrowingRun
from tests.support.raw_session import RawSession, Widget

KINDS = (
    "cancel", "resume", "continue", "edit", "star", "unstar", "archive", "unarchive", "export",
    "delete", "restore", "remove",
)  # fmt: skip
TOGETHER = ("star", "unstar", "tag", "archive", "unarchive", "export", "delete")


class Lab:
    """A shared dashboard with something of every kind, which changes nothing by itself."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "lab"
        store = self.store = RunStore(self.root / "runs")
        for name in ("example-sgd", "example-adam"):
            (store.root / name).parent.mkdir(parents=True, exist_ok=True)
            copy(PROJECT_ROOT / "runs" / name, store.root / name)
        copy(store.root / "example-adam", store.root / "binned")
        config = store.root / "binned" / "config.json"
        config.write_text(config.read_text().replace('"example": true', '"example": false'))
        copy(store.root / "binned", store.root / "own")
        copy(store.root / "binned", store.root / "archived")
        discard(store, "binned")
        relabel(store, "archived", archived=True)
        # It takes the only slot, and its process is this one: nothing is ever started.
        self.training = GrowingRun(store, "training").id
        self.group = fair(store, GroupStore(store.root))
        self.waiting = store.create(TINY, name="waiting")
        self.cancelled = store.create(TINY, name="cancelled")
        cancel(store, self.cancelled)
        self.drawings = [one.id for one in keep(DrawingStore(self.root / "drawings", NO_LIMITS), 3)]
        self.dashboard = Dashboard(
            store.root, folder / "data", folder / "log", slots=1, settings=SHARED
        )

    @property
    def pages(self) -> list[tuple[str, str]]:
        """Every page in every part, as its address has it."""
        compared = f"runs={self.training}&runs={self.waiting}&runs=example-sgd"
        finished = "runs=example-sgd&runs=example-adam&runs=own"
        return [
            ("", ""),
            ("", "show=archived"),
            ("", "show=bin"),
            ("compare", compared),
            ("compare", finished),
            ("mistakes", finished),
            ("draw", finished),
            ("draw", f"way=test&open=drawings&{finished}"),
            ("draw", f"way=test&drawing={self.drawings[0]}&{finished}"),
        ]

    def contents(self) -> dict[str, bytes]:
        """Return every file there is but locks."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not path.name.endswith(".lock")
        }


def copy(source: Path, target: Path) -> None:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    lab.dashboard.start()
    yield lab
    lab.dashboard.stop()
    assert "Traceback" not in lab.dashboard.log_text()


@pytest.fixture
def visitor(lab: Lab) -> Iterator[RawSession]:
    with RawSession(lab.dashboard.url) as session:
        yield session


@pytest.fixture
def owner(lab: Lab) -> Iterator[RawSession]:
    with RawSession(lab.dashboard.url, owner_cookies(lab.dashboard.url)) as session:
        yield session


def pressable(session: RawSession) -> list[Widget]:
    return [w for w in session.widgets.values() if w.kind in ("button", "menu_button")]


def refused(session: RawSession) -> bool:
    return any("Only the owner" in sentence for sentence in session.said)


@pytest.mark.parametrize("place", range(9))
def test_no_button_of_an_owners_page_does_anything(
    lab: Lab, visitor: RawSession, owner: RawSession, place: int
) -> None:
    before = lab.contents()
    page, query = lab.pages[place]
    owner.open(page, query)
    visitor.open(page, query)
    buttons = {w.id: w for w in [*pressable(owner), *pressable(visitor)]}
    assert buttons or page == "mistakes"
    for button in buttons.values():
        for option in TOGETHER if button.kind == "menu_button" else [""]:
            visitor.press(button, option)
            visitor.open(page, query)
    assert visitor.exceptions == []
    assert lab.contents() == before


@pytest.mark.parametrize("kind", KINDS)
def test_no_click_in_the_table_of_runs_does_anything(
    lab: Lab, visitor: RawSession, kind: str
) -> None:
    before = lab.contents()
    for run_id in (lab.training, lab.waiting, lab.cancelled, "own", "example-sgd", "binned"):
        visitor.open("", "")
        table = visitor.find("run_table")
        visitor.click_component(table, "action", {"kind": kind, "run": run_id})
    assert visitor.exceptions == []
    assert lab.contents() == before


def test_a_click_that_is_refused_says_so(lab: Lab, visitor: RawSession) -> None:
    visitor.open("", "")
    visitor.click_component(visitor.find("run_table"), "action", {"kind": "star", "run": "own"})
    assert refused(visitor)


def test_what_is_typed_into_the_dialog_is_not_saved(lab: Lab, visitor: RawSession) -> None:
    before = lab.contents()
    visitor.open("", "")
    visitor.click_component(visitor.find("run_table"), "action", {"kind": "edit", "run": "own"})
    save = visitor.find("label_save")
    name = WidgetState(id=visitor.find("label_name").id, string_value="taken over")
    visitor.send(name, WidgetState(id=save.id, trigger_value=True), fragment=save.fragment)
    assert refused(visitor)
    assert lab.contents() == before


def test_the_same_click_of_the_owner_does_something(lab: Lab, owner: RawSession) -> None:
    before = lab.contents()
    owner.open("", "")
    for kind in ("star", "unstar"):
        owner.click_component(owner.find("run_table"), "action", {"kind": kind, "run": "own"})
        assert not refused(owner)
    after = lab.contents()
    assert after["runs/own/config.json"] != before["runs/own/config.json"] or (
        '"starred": false' in after["runs/own/config.json"].decode()
    )


def test_who_looks_into_the_bin_by_its_link_sees_nothing_of_it(
    lab: Lab, visitor: RawSession
) -> None:
    visitor.open("", "show=bin")
    assert refused(visitor)
    assert not any(widget.key.startswith("bin_table") for widget in visitor.widgets.values())


def test_a_forged_cookie_makes_nobody_owner(lab: Lab) -> None:
    before = lab.contents()
    with RawSession(lab.dashboard.url, {"digitlab_owner": "A" * 43}) as session:
        session.open("", "")
        session.click_component(session.find("run_table"), "action", {"kind": "star", "run": "own"})
        assert refused(session)
    assert lab.contents() == before


def test_headers_of_an_owner_make_nobody_owner(lab: Lab) -> None:
    claims = {"X-Forwarded-User": "owner", "X-Forwarded-For": "127.0.0.1"}
    with RawSession(lab.dashboard.url, headers=claims) as session:
        session.open("", "")
        session.click_component(session.find("run_table"), "action", {"kind": "star", "run": "own"})
        assert refused(session)


def test_who_signs_out_is_a_visitor_at_once_in_every_tab(lab: Lab) -> None:
    cookies = owner_cookies(lab.dashboard.url)
    with RawSession(lab.dashboard.url, cookies) as session:
        session.open("", "")
        httpx.post(f"{lab.dashboard.url}/digitlab/sign-out", cookies=cookies)
        session.click_component(session.find("run_table"), "action", {"kind": "star", "run": "own"})
        assert refused(session)


def test_the_file_of_an_export_is_its_owners(lab: Lab, owner: RawSession) -> None:
    owner.open("draw", "way=test&open=drawings&runs=example-sgd&runs=example-adam")
    owner.press(owner.find("export_drawings"))
    link = next(s for s in owner.said if "digit-lab-drawings.zip" in s)
    address = lab.dashboard.url + link.partition('href="')[2].partition('"')[0]
    assert httpx.get(address).status_code == 403
    assert httpx.get(address, cookies=dict(owner.cookies)).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/healthz", "/digitlab/plotly.min.js", "/digitlab/curves/x", "/", "/compare"]
)
def test_no_other_route_takes_a_change(lab: Lab, method: str, path: str) -> None:
    answer = httpx.request(method, f"{lab.dashboard.url}{path}", content=b"x")
    assert answer.status_code in (403, 404, 405)
