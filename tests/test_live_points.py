"""The curves of runs that train, as browsers get them: all at first, then what is new."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import httpx
import numpy as np
import pytest

from core.errors import RunNotFoundError
from core.runs.labels import relabel
from core.runs.store import RunStore
from core.ui import live_curves as module
from core.ui.curve_charts import CurveSection, curve_section
from core.ui.curve_controls import CurveView
from core.ui.live_curves import CURVES_ROUTE, PAUSE_HEADER, LiveCurves
from tests.support import server_routes
from tests.support.growing import GrowingRun

EPOCHS = CurveView("both", "epochs", False, False, False, 0.0)
STEPS = CurveView("both", "steps", False, False, False, 0.9)
SECONDS = CurveView("both", "seconds", False, True, False, 0.6, "both", "interval")
APART = CurveView("train", "images", True, False, True, 0.9)


class Browser:
    """What a page does with the answers: the client's side, written out."""

    def __init__(self, live: LiveCurves, key: str) -> None:
        self.live, self.key = live, key
        self.revision = ""
        self.layouts: dict[str, Any] = {}
        self.traces: dict[str, list[dict[str, Any]]] = {}
        self.received = 0  # points in the last answer

    def ask(self) -> dict[str, Any]:
        text = self.live.answer(self.key, self.revision)
        assert text is not None
        answer: dict[str, Any] = json.loads(text)
        self.revision = answer["revision"]
        self.received = 0
        for name, news in answer["charts"].items():
            self.layouts[name] = news.get("layout") or self.layouts[name]
            if "traces" in news:
                old = self.traces.get(name, [])
                self.traces[name] = [
                    self._renewed(old[place] if place < len(old) else None, trace)
                    for place, trace in enumerate(news["traces"])
                ]
        return answer

    def _renewed(self, old: dict[str, Any] | None, news: dict[str, Any] | None) -> dict[str, Any]:
        if news is None:
            assert old is not None
            return old
        ways = []
        for place, (kept, x, y) in enumerate(news["ways"]):
            self.received += len(x)
            before = old["ways"][place] if old and place < len(old["ways"]) else ([], [])
            assert len(before[0]) >= kept
            ways.append((before[0][:kept] + x, before[1][:kept] + y))
        style = news.get("style") or (old or {})["style"]
        return {"style": style, "ways": ways}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is worked out, without the pause of a second."""
    monkeypatch.setattr(module, "_SECONDS", 0.0)


@pytest.fixture
def live(store: RunStore) -> LiveCurves:
    return LiveCurves(lambda ids, view: section_of(store, ids, view))


def section_of(store: RunStore, ids: Sequence[str], view: CurveView) -> CurveSection:
    return curve_section(store, [store.read(run_id) for run_id in ids], view)


def grown(store: RunStore, steps: int, **options: Any) -> GrowingRun:
    run = GrowingRun(store, **options)
    run.grow(steps)
    return run


def watch(live: LiveCurves, view: CurveView, *runs: GrowingRun) -> Browser:
    key, _ = live.register([run.id for run in runs], view)
    return Browser(live, key)


# What an answer holds


def test_the_first_answer_holds_every_point(store: RunStore, live: LiveCurves) -> None:
    run = grown(store, 350)
    browser = watch(live, EPOCHS, run)
    browser.ask()
    loss = browser.traces["loss_epochs_linear_linear"]
    assert [trace["ways"][0][0] for trace in loss] == [[1, 2, 3]] * 2
    rows = store.epochs(run.id)
    assert loss[1]["ways"][0][1] == pytest.approx(rows["validation_loss"].tolist(), rel=1e-5)


def test_later_answers_hold_new_points_only(store: RunStore, live: LiveCurves) -> None:
    run = grown(store, 1_300)
    browser = watch(live, STEPS, run)
    browser.ask()
    assert browser.received > 2_000
    run.grow(50)
    browser.ask()
    # Raw and smoothed loss, and at most the last bucket of each.
    assert 100 <= browser.received <= 110


def test_without_new_points_there_is_nothing_to_send(store: RunStore, live: LiveCurves) -> None:
    browser = watch(live, STEPS, grown(store, 150))
    browser.ask()
    revision = browser.revision
    assert browser.ask() == {"revision": revision, "charts": {}}


@pytest.mark.parametrize("view", [EPOCHS, STEPS, SECONDS, APART])
def test_what_a_browser_puts_together_is_what_a_new_one_gets(
    store: RunStore, live: LiveCurves, view: CurveView
) -> None:
    chance = np.random.default_rng(0)
    runs = [GrowingRun(store, f"seed {seed}", seed=seed) for seed in range(3)]
    browser = watch(live, view, *runs)
    for _ in range(40):
        for run in runs:
            run.grow(int(chance.integers(0, 120)))
        browser.ask()
        other = watch(live, view, *runs)
        other.ask()
        assert browser.traces == other.traces
        assert browser.layouts == other.layouts


def test_a_browser_that_missed_some_answers_gets_what_came_since(
    store: RunStore, live: LiveCurves
) -> None:
    run = grown(store, 700)
    slow, quick = watch(live, STEPS, run), watch(live, STEPS, run)
    slow.ask()
    for _ in range(3):
        run.grow(20)
        quick.ask()
    slow.ask()
    assert slow.traces == quick.traces
    assert slow.received <= 130


def test_a_browser_that_missed_many_answers_gets_all(store: RunStore, live: LiveCurves) -> None:
    run = grown(store, 700)
    slow, quick = watch(live, STEPS, run), watch(live, STEPS, run)
    slow.ask()
    for _ in range(10):
        run.grow(20)
        quick.ask()
    slow.ask()
    assert slow.traces == quick.traces
    assert slow.received > 1_500


@pytest.mark.parametrize("have", ["", "deadbeef-1", "00000000-999999999999"])
def test_an_unknown_revision_gets_all(store: RunStore, live: LiveCurves, have: str) -> None:
    browser = watch(live, STEPS, grown(store, 300))
    browser.ask()
    browser.revision = have
    browser.ask()
    assert browser.received > 600


def test_a_revision_of_another_server_gets_all(store: RunStore) -> None:
    run = grown(store, 300)
    before = watch(LiveCurves(lambda ids, view: section_of(store, ids, view)), STEPS, run)
    before.ask()
    after = watch(LiveCurves(lambda ids, view: section_of(store, ids, view)), STEPS, run)
    after.revision = before.revision
    after.ask()
    assert after.received > 600


def test_a_history_that_was_cut_back_is_sent_anew(store: RunStore, live: LiveCurves) -> None:
    run = grown(store, 300)
    browser = watch(live, STEPS, run)
    browser.ask()
    path = store.folder(run.id) / "steps.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:100]))
    browser.ask()
    assert {len(trace["ways"][0][0]) for trace in browser.traces["loss_steps_linear_linear"]} == {
        100,
        3,
    }


def test_a_new_name_is_sent_without_any_point(store: RunStore, live: LiveCurves) -> None:
    run = grown(store, 300)
    browser = watch(live, STEPS, run)
    browser.ask()
    relabel(store, run.id, name="another <b>name</b>")
    browser.ask()
    assert browser.received == 0
    names = {trace["style"]["name"] for trace in browser.traces["loss_steps_linear_linear"]}
    assert any("another &lt;b&gt;name" in name for name in names)


def test_a_band_of_seeds_sends_only_its_new_end(store: RunStore, live: LiveCurves) -> None:
    view = CurveView("train", "steps", False, False, False, 0.9, "mean", "interval")
    runs = [grown(store, 1_200, seed=seed) for seed in range(3)]
    browser = watch(live, view, *runs)
    browser.ask()
    for run in runs:
        run.grow(50)
    browser.ask()
    # The band's two sides and the mean, on fifty steps and the last bucket.
    assert 150 <= browser.received <= 180


def test_numbers_are_short_and_steps_are_whole(store: RunStore, live: LiveCurves) -> None:
    browser = watch(live, STEPS, grown(store, 120))
    browser.ask()
    for trace in browser.traces["loss_steps_linear_linear"]:
        x, y = trace["ways"][0]
        assert all(type(value) is int for value in x)
        assert max(len(str(value).replace(".", "").lstrip("0")) for value in y) <= 6


# Views and their keys


def test_pages_with_the_same_view_share_a_key(store: RunStore, live: LiveCurves) -> None:
    run, other = grown(store, 10), grown(store, 10)
    keys = [
        live.register(ids, view)[0]
        for ids, view in [
            ([run.id], STEPS),
            ([run.id], STEPS),
            ([run.id], EPOCHS),
            ([run.id, other.id], STEPS),
            ([other.id, run.id], STEPS),
        ]
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def test_another_servers_key_is_another(store: RunStore) -> None:
    run = grown(store, 10)
    keys = {
        LiveCurves(lambda ids, view: section_of(store, ids, view)).register([run.id], STEPS)[0]
        for _ in range(2)
    }
    assert len(keys) == 2


def test_thirty_viewers_cost_one_computation_a_second(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.9)
    computed: list[float] = []

    def compute(ids: Sequence[str], view: CurveView) -> CurveSection:
        computed.append(time.monotonic())
        return section_of(store, ids, view)

    run = grown(store, 100)
    live = LiveCurves(compute)
    viewers = [watch(live, STEPS, run) for _ in range(30)]
    begun = time.monotonic()
    for viewer in viewers:
        viewer.ask()
    assert len(computed) <= 1 + (time.monotonic() - begun) / 0.9


def test_the_view_asked_for_least_recently_makes_room(store: RunStore) -> None:
    live = LiveCurves(lambda ids, view: section_of(store, ids, view), most_views=2)
    runs = [grown(store, 10) for _ in range(3)]
    keys = [live.register([run.id], STEPS)[0] for run in runs[:2]]
    assert live.answer(keys[0], "")
    live.register([runs[2].id], STEPS)
    assert live.answer(keys[0], "")
    assert live.answer(keys[1], "") is None


def test_a_view_that_nobody_has_asked_for_of_late_is_forgotten(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveCurves(lambda ids, view: section_of(store, ids, view))
    key, _ = live.register([grown(store, 10).id], STEPS)
    monkeypatch.setattr(module, "_FORGOTTEN_SECONDS", 0.0)
    live.register([grown(store, 10).id], STEPS)
    assert live.answer(key, "") is None


def test_a_view_of_a_deleted_run_is_refused(store: RunStore, live: LiveCurves) -> None:
    run = grown(store, 100)
    browser = watch(live, STEPS, run)
    run.end()
    store.delete(run.id)
    with pytest.raises(RunNotFoundError):
        browser.ask()


# What is there without work


def test_nothing_is_ready_before_somebody_has_asked(
    store: RunStore, live: LiveCurves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS", 60.0)
    key, _ = live.register([grown(store, 10).id], STEPS)
    assert live.ready(key, "") is None


def test_an_answer_is_ready_for_the_next_who_asks(
    store: RunStore, live: LiveCurves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS", 60.0)
    key, _ = live.register([grown(store, 10).id], STEPS)
    answer = live.answer(key, "")
    assert answer is not None
    assert live.ready(key, "") == answer


def test_an_answer_that_is_old_is_not_ready(store: RunStore, live: LiveCurves) -> None:
    key, _ = live.register([grown(store, 10).id], STEPS)
    live.answer(key, "")
    assert live.ready(key, "") is None


def test_nothing_is_ready_of_a_view_that_nobody_registered(live: LiveCurves) -> None:
    assert live.ready("0" * 64, "") is None


def test_nobody_waits_for_what_is_ready_while_it_is_worked_out(store: RunStore) -> None:
    begun, done = threading.Event(), threading.Event()

    def slowly(ids: Sequence[str], view: CurveView) -> CurveSection:
        begun.set()
        done.wait(10)
        return section_of(store, ids, view)

    live = LiveCurves(slowly)
    run = grown(store, 10)
    thread = threading.Thread(target=live.register, args=([run.id], STEPS))
    thread.start()
    begun.wait(10)
    (key,) = live._feeds
    assert live.ready(key, "") is None
    assert thread.is_alive()
    done.set()
    thread.join()


# The route


Ask: TypeAlias = Callable[..., httpx.Response]


@pytest.fixture
def ask(live: LiveCurves, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Send a request to the server's own routes and return the answer."""
    monkeypatch.setattr("core.ui.server.live_curves", lambda: live)

    def send(key: str, have: str = "", method: str = "GET") -> httpx.Response:
        return server_routes.ask(f"{CURVES_ROUTE}/{key}", params={"have": have}, method=method)

    return send


def test_the_route_answers_all_and_then_what_is_new(
    store: RunStore, live: LiveCurves, ask: Ask
) -> None:
    run = grown(store, 600)
    key, _ = live.register([run.id], STEPS)
    first = ask(key)
    assert first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == "no-store"
    run.grow(10)
    second = ask(key, first.json()["revision"])
    assert second.json()["revision"] != first.json()["revision"]
    assert len(second.content) < len(first.content) / 20


def test_the_route_says_after_how_many_seconds_to_ask_again(
    store: RunStore, live: LiveCurves, ask: Ask
) -> None:
    key, _ = live.register([grown(store, 10).id], STEPS)
    assert ask(key).headers[PAUSE_HEADER] == "1"


@pytest.mark.parametrize(
    ("key", "have"),
    [
        ("0" * 64, ""),
        ("x", ""),
        ("..%2f..%2fruns", ""),
        ("%00", ""),
        ("a" * 10_000, ""),
        ("KEY", "' OR 1=1"),
        ("KEY", "9" * 10_000),
        ("KEY", "deadbeef-"),
        ("KEY", "deadbeef-1\n"),
        ("KEY", "😀"),
    ],
)
def test_what_no_page_asks_for_is_not_found(
    store: RunStore, live: LiveCurves, ask: Ask, key: str, have: str
) -> None:
    known, _ = live.register([grown(store, 10).id], STEPS)
    assert ask(key.replace("KEY", known), have).status_code == 404


def test_a_view_whose_run_is_gone_is_not_found(store: RunStore, live: LiveCurves, ask: Ask) -> None:
    run = grown(store, 10)
    key, _ = live.register([run.id], STEPS)
    run.end()
    store.delete(run.id)
    assert ask(key).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_route_only_answers(store: RunStore, live: LiveCurves, ask: Ask, method: str) -> None:
    key, _ = live.register([grown(store, 10).id], STEPS)
    assert ask(key, method=method).status_code == 405
