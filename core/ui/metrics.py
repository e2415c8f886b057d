"""`/metrics`: how the dashboard is, as numbers in Prometheus' text format.

In a registry of our own, so that nothing is published which another library has counted.
"""

from collections.abc import Iterator
from typing import Final, get_args

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import DigitLabError
from core.learning.download import DownloadState
from core.runs.disk import DiskState
from core.runs.records import State
from core.ui.health import FRESH, Health, Kept, health
from core.ui.refusals import refusals
from core.ui.services import services
from core.ui.uploads import upload_bytes
from core.ui.visits import visits

_PHASES: Final = ("idle", "fetching", "failed", "done")


class DigitLabCollector(Collector):
    """Digit Lab's own numbers, as they stand when somebody asks."""

    def collect(self) -> Iterator[Metric]:
        """Yield each family of numbers."""
        found = health.get()
        yield _info(found)
        yield from _of_runs(found)
        yield from _of_disk(found)
        yield from _of_visitors()
        yield from _of_drawings()
        yield _of_download(services().download.state)


def _info(found: Health) -> Metric:
    family = GaugeMetricFamily(
        "digitlab_info", "Digit Lab's version; the value is always 1.", labels=["version"]
    )
    family.add_metric([found.version], 1)
    return family


def _of_runs(found: Health) -> Iterator[Metric]:
    runs = GaugeMetricFamily("digitlab_runs", "Runs by state.", labels=["state"])
    for state in get_args(State):
        runs.add_metric([state], found.states.get(state, 0))
    runs.add_metric(["unreadable"], found.unreadable)
    yield runs
    waiting = found.states.get("queued", 0)
    yield GaugeMetricFamily("digitlab_queue_length", "Runs that wait for a slot.", waiting)
    yield GaugeMetricFamily("digitlab_slots", "Runs that may train at once.", found.slots)
    yield GaugeMetricFamily(
        "digitlab_queue_keeper",
        "1 while this process keeps the queue, 0 while another does.",
        found.keeps_queue,
    )
    healthy = found.condition == "ok"
    yield GaugeMetricFamily("digitlab_healthy", "1 while /healthz says ok.", healthy)


def _of_disk(found: Health) -> Iterator[Metric]:
    if found.disk.free is not None:
        yield GaugeMetricFamily(
            "digitlab_disk_free_bytes", "Free bytes of the disk of the runs.", found.disk.free
        )
    if found.disk.runs is not None:
        yield GaugeMetricFamily(
            "digitlab_runs_bytes", "Bytes of all runs, added up every minute.", found.disk.runs
        )
    states = GaugeMetricFamily(
        "digitlab_disk_state", "1 for the state that the disk is in.", labels=["state"]
    )
    for state in get_args(DiskState):
        states.add_metric([state], found.disk.state == state)
    yield states


def _of_visitors() -> Iterator[Metric]:
    yield GaugeMetricFamily("digitlab_sessions", "Pages that are open now.", visits.open)
    yield CounterMetricFamily(
        "digitlab_sessions_opened", "Pages that were opened since the start.", visits.opened
    )
    yield CounterMetricFamily(
        "digitlab_page_loads", "Pages that were loaded since the start.", visits.pages
    )
    yield GaugeMetricFamily(
        "digitlab_upload_bytes", "Bytes of uploads in memory.", upload_bytes() + visits.arriving
    )
    refused = CounterMetricFamily(
        "digitlab_refusals", "How often a visitor met a limit, by kind.", labels=["kind"]
    )
    for kind, count in sorted(refusals.totals().items()):
        refused.add_metric([kind], count)
    yield refused


def _of_drawings() -> Iterator[Metric]:
    try:
        count = len(services().drawings.listed())
    except DigitLabError:
        return
    yield GaugeMetricFamily("digitlab_drawings", "Drawings of the field test.", count)


def _of_download(state: DownloadState) -> Metric:
    family = GaugeMetricFamily(
        "digitlab_mnist_download", "1 for what the download of MNIST does.", labels=["phase"]
    )
    for phase in _PHASES:
        family.add_metric([phase], state.phase == phase)
    return family


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(DigitLabCollector())
    ProcessCollector(registry=registry)
    return registry


registry: Final = _registry()
_text: Final = Kept(lambda: generate_latest(registry))


def _metrics(_request: Request) -> Response:
    return Response(_text.get(), headers={**FRESH, "Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


metrics_route: Final = Route("/metrics", _metrics)
