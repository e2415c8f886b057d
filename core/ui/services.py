"""What every page and the server share: one store, one queue, one download a process."""

import functools
from dataclasses import dataclass

from core.field_test.answers import AnswerBook
from core.field_test.store import DrawingStore
from core.learning.download import Download
from core.runs.disk import disk_of
from core.runs.engines.local import LocalEngine
from core.runs.index import RunIndex
from core.runs.queue import RunQueue
from core.runs.store import RunStore
from core.settings import Settings, core_count, read_settings


@dataclass(frozen=True)
class Services:
    """The parts that live as long as the dashboard's process."""

    settings: Settings
    store: RunStore
    queue: RunQueue
    download: Download
    drawings: DrawingStore
    answer_book: AnswerBook


@functools.cache
def services() -> Services:
    """Return the process's services, made at the first call. Raises ConfigError."""
    settings = read_settings()
    index = RunIndex(settings.cache, settings.runs) if settings.cache else None
    store = RunStore(settings.runs, index, disk_of(settings))
    threads = max(1, core_count() // settings.slots)
    engine = LocalEngine(settings.data, threads)
    return Services(
        settings=settings,
        store=store,
        queue=RunQueue(store, engine, settings.slots),
        download=Download(settings.data),
        drawings=DrawingStore(settings.drawings),
        answer_book=AnswerBook(),
    )
