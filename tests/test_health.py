"""What a real server says of itself: /healthz, /metrics, and its log, asked from outside."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.runs.records import new_status
from core.runs.store import RunStore
from tests.support.dashboard import Dashboard
from tests.support.workers import SHORT, wait_until

SECRET = "hunter2-correct-horse"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with a finished, a cancelled and an unreadable run."""
    folder = tmp_path_factory.mktemp("health")
    dashboard = Dashboard(folder / "runs", folder / "data", folder / "log")
    store = RunStore(dashboard.runs)
    store.create(SHORT, name="NAME-OF-A-RUN")
    store.write_status(store.create(SHORT), new_status("cancelled"))
    (store.root / "broken").mkdir()
    dashboard.start()
    wait_until(lambda: [run.id for run in store.list() if _finished(run)], "the run has finished")
    yield dashboard
    dashboard.stop()


def _finished(run: object) -> bool:
    return getattr(getattr(run, "status", None), "state", "") == "finished"


@pytest.fixture(scope="module")
def health(server: Dashboard) -> dict:
    def looked() -> dict:
        return httpx.get(f"{server.url}/healthz").json()

    wait_until(lambda: looked()["queue"]["running"] == 0)
    return looked()


@pytest.fixture(scope="module")
def metrics(server: Dashboard, health: dict) -> dict[str, float]:
    """Every number by its name and labels, as Prometheus' own parser reads them."""
    wait_until(lambda: 'state="finished"} 1.0' in httpx.get(f"{server.url}/metrics").text)
    text = httpx.get(f"{server.url}/metrics").text
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_healthy_dashboard_says_ok(server: Dashboard, health: dict) -> None:
    assert (httpx.get(f"{server.url}/healthz").status_code, health["status"]) == (200, "ok")


def test_health_tells_of_the_queue(health: dict) -> None:
    assert health["queue"] == {"keeper": True, "waiting": 0, "running": 0, "slots": 2}


def test_health_tells_of_the_disk(health: dict) -> None:
    assert (health["disk"]["state"], health["disk"]["writable"]) == ("ok", True)
    assert health["disk"]["free_bytes"] > 0


def test_health_tells_of_the_data(health: dict) -> None:
    assert health["mnist"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digitlab_runs finished", 1),
        ("digitlab_runs cancelled", 1),
        ("digitlab_runs unreadable", 1),
        ("digitlab_queue_length", 0),
        ("digitlab_slots", 2),
        ("digitlab_queue_keeper", 1),
        ("digitlab_sessions", 0),
        ("digitlab_drawings", 0),
        ("digitlab_disk_state ok", 1),
        ("digitlab_mnist_download idle", 1),
    ],
)
def test_metrics_tell(metrics: dict[str, float], name: str, value: float) -> None:
    assert metrics[name] == value


def test_metrics_tell_how_much_memory_the_process_takes(metrics: dict[str, float]) -> None:
    assert metrics["process_resident_memory_bytes"] > 10_000_000


def test_metrics_tell_how_much_the_runs_take(server: Dashboard) -> None:
    wait_until(lambda: "digitlab_runs_bytes" in httpx.get(f"{server.url}/metrics").text)


@pytest.mark.parametrize("path", ["healthz", "metrics"])
def test_what_anybody_may_ask_names_nothing(server: Dashboard, path: str) -> None:
    text = httpx.get(f"{server.url}/{path}").text
    runs = [run.id for run in RunStore(server.runs).list()]
    found = [word for word in ("NAME-OF", str(server.runs), "/home", *runs) if word in text]
    assert found == []


def test_asked_again_at_once_it_does_not_look_again(server: Dashboard) -> None:
    # The process's own seconds stand in it, which grow with every look.
    with httpx.Client(base_url=server.url) as client:
        texts = [client.get("/metrics").text for _ in range(50)]
    assert len(set(texts)) < 25


def test_the_log_is_lines_of_json(server: Dashboard) -> None:
    lines = (server.runs.parent / "logs" / "digit-lab.jsonl").read_text().splitlines()
    assert all({"time", "level", "logger", "message"} <= json.loads(line).keys() for line in lines)


def test_the_log_says_what_began(server: Dashboard) -> None:
    text = (server.runs.parent / "logs" / "digit-lab.jsonl").read_text()
    assert re.search(r"Digit Lab \S+ begins: 2 slots", text)


def test_no_secret_of_a_request_is_logged(server: Dashboard) -> None:
    headers = {"Cookie": f"a={SECRET}", "Authorization": f"Bearer {SECRET}"}
    for path in ("compare", "healthz", "digitlab/drawings/none/x.zip", "nowhere/%zz"):
        httpx.get(f"{server.url}/{path}?note={SECRET}", headers=headers)
        httpx.post(f"{server.url}/{path}?note={SECRET}", headers=headers, content=SECRET)
    httpx.post(f"{server.url}/digitlab/sign-in", data={"passphrase": SECRET})
    folder: Path = server.runs.parent / "logs"
    everything = server.log_text() + "".join(path.read_text() for path in folder.glob("*.jsonl"))
    assert SECRET not in everything
