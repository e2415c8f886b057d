"""The queue: first in first out over the run folders, rebuilt from them at every look."""

import logging
import threading
import time
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.access import OWNER, Action, acting_as, asks, require
from core.errors import DigitLabError, RunStateError
from core.runs import files
from core.runs.changes import changing
from core.runs.engines.base import Engine
from core.runs.fair import advance
from core.runs.groups import GroupStore
from core.runs.records import Run, State, Status
from core.runs.store import RunStore

# A worker looks at every step whether it shall stop; one that does not within this is ended.
_GRACE_SECONDS: Final = 1.0
_LOOK_EVERY_SECONDS: Final = 0.3
# To look at thousands of ended runs each time would keep a processor busy for nothing. A run that
# another process resumes is seen at once all the same: see core.runs.resuming.
_ENDED_SECONDS: Final = 5.0
_CONCERNED: Final[frozenset[State]] = frozenset({"queued", "running", "crashed"})

_log = logging.getLogger(__name__)


class RunQueue:
    """Starts waiting runs while slots are free, ends cancelled ones, notices crashed ones.

    Only one process at a time keeps the queue of a root: the one that holds its lock. Others
    wait for the lock and meanwhile see everything through the disk.
    """

    def __init__(self, store: RunStore, engine: Engine, slots: int) -> None:
        self._store = store
        self._groups = GroupStore(store.root)
        self._engine = engine
        self.slots = slots
        self._starting: set[str] = set()
        self._crashed: dict[str, Run] = {}  # those that were looked after
        self._lock: FileLock | None = None
        self._lock_mark = ""
        self.notice = ""  # a sentence for the owner on what happened to the folder of runs
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_keeper(self) -> bool:
        """Whether this process keeps the queue at this moment."""
        holds = self._lock is not None and self._lock.is_locked
        return holds and (self._thread is None or self._thread.is_alive())

    @property
    def is_looking(self) -> bool:
        """Whether the thread lives that keeps the queue, or waits for its turn to keep it."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Keep the queue in a thread of this process until `stop`."""
        self._thread = threading.Thread(target=self._keep, name="run-queue", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop keeping the queue; workers run on and are found again by the next keeper."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._release()

    def look(self) -> None:
        """Compare the run folders with the workers once, and act on what differs."""
        if not self._acquire():
            return
        listed = self._store.list(at_most_old=_ENDED_SECONDS)
        runs = [run for run in listed if isinstance(run, Run)]
        # Asked last: what ended is told only once, and the listing may fail.
        ended = self._engine.ended()
        concerned = [
            run for run in runs if run.status.state in _CONCERNED or run.id in self._starting
        ]
        crashed = {run.id: run for run in concerned if run.status.state == "crashed"}
        for run in concerned:
            if run.status.state == "running" or run.id in crashed:
                if self._crashed.get(run.id) is not run:
                    self._look_after(run)
            elif run.id in self._starting and run.id in ended:
                self._note_stillborn(run)
        self._crashed = crashed
        begun = {run.id for run in concerned if run.status.state != "queued"}
        self._starting -= begun | ended.keys()
        # Of those that ended now `concerned` has the state before; what is left waiting starts.
        self._fill_slots([run for run in concerned if run.id not in ended])
        advance(self._store, self._groups, runs, cancel)
        self._store.save_index()

    def _look_after(self, run: Run) -> None:
        """`run` was running when its status was written; the store has seen if that still holds."""
        cancelled = _cancel_requested_for(self._store, run.id)
        if run.status.state == "crashed":
            if cancelled is not None:
                self._judge(run, _cancelled(run.status), "running", "crashed")
            else:
                self._judge(run, run.status, "running")
        elif cancelled is not None and run.status.process is not None:
            self._engine.stop(run.status.process, force=cancelled > _GRACE_SECONDS)

    def _note_stillborn(self, run: Run) -> None:
        reason = "Its process ended before it began: see worker.log in the run's folder."
        self._judge(run, _ended(run.status, "crashed", reason), "queued")

    def _judge(self, run: Run, status: Status, *before: State) -> None:
        """Write what became of `run`, unless it is in none of the states `before` any more.

        After the runs were listed it may have begun and ended, or somebody has resumed it.
        """
        with changing(self._store.root):
            stored = files.read_json(self._store.folder(run.id) / files.STATUS)
            if stored.get("state") in before and stored.get("attempt", 1) == run.status.attempt:
                self._store.write_status(run.id, status)

    def _fill_slots(self, runs: list[Run]) -> None:
        busy = len(self._starting) + sum(run.status.state == "running" for run in runs)
        waiting = [r for r in runs if r.status.state == "queued" and r.id not in self._starting]
        for run in sorted(waiting, key=lambda run: run.id)[: max(0, self.slots - busy)]:
            if _cancel_requested_for(self._store, run.id) is not None:
                self._judge(run, _cancelled(run.status), "queued")
            elif self._has_room():
                self._start(run)

    def _has_room(self) -> bool:
        disk = self._store.disk
        return disk is None or disk.look().state != "stopped"

    def _start(self, run: Run) -> None:
        try:
            self._engine.start(self._store.folder(run.id))
        except OSError as error:
            _log.exception("Run %s could not be started", run.id)
            reason = f"Its process could not be started ({error.strerror})."
            self._judge(run, _ended(run.status, "failed", reason), "queued")
        else:
            self._starting.add(run.id)

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                # What was allowed when it was asked for, the queue carries out.
                with acting_as(OWNER):
                    self.look()
            except (OSError, DigitLabError) as error:
                # Read-only, full, or gone: what is wrong says it all, and the next look may do
                # better.
                _log.warning("The queue waits: %s", error)
            except Exception:  # noqa: BLE001 - see below
                # A run deleted between two glances, a full disk, a folder nobody thought of: the
                # next look may do better, and without this thread no run would ever start again.
                _log.exception("The queue could not finish its look at the runs")
            self._stop.wait(_LOOK_EVERY_SECONDS)

    def _acquire(self) -> bool:
        path = self._store.root / files.QUEUE_LOCK
        if self.is_keeper:
            if _inode(path) == self._lock_mark:
                return True
            # What is held is a file that is no longer there: another process may hold the new one.
            self._release()
            self._note_vanished()
        self._store.root.mkdir(parents=True, exist_ok=True)
        # The thread that keeps the queue is not the one that lets it go.
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._lock, self._lock_mark = lock, _inode(path)
        return True

    def _note_vanished(self) -> None:
        if self._store.root.exists():
            return
        moment = time.strftime("%d %B %Y, %H:%M")
        self.notice = (
            f"The folder of runs, {self._store.root}, was deleted or moved on {moment}. It was "
            "made anew, empty: bring it back from a copy, and the runs are here again."
        )
        _log.error("%s", self.notice)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


@asks(Action.CANCEL)
def cancel(store: RunStore, run_id: str) -> None:
    """Cancel a run: at once while it waits, within two seconds while it trains.

    Works from any process: the request lies in the run's folder, and the keeper of the queue
    carries it out. Raises AccessError if it is not the visitor's own who asks, RunStateError if
    the run has ended already.
    """
    run = store.read(run_id)
    require(Action.CANCEL, by=run.info.visitor)
    if not run.active:
        raise RunStateError(f"{run.name} has ended already ({run.status.state}).")
    (store.folder(run_id) / files.CANCEL).touch()
    if run.status.state == "queued":
        store.write_status(run_id, _cancelled(run.status))


def waiting_before(runs: list[Run], run_id: str) -> int:
    """Return how many waiting runs start before `run_id`."""
    return sum(run.status.state == "queued" and run.id < run_id for run in runs)


def _cancelled(status: Status) -> Status:
    return _ended(status, "cancelled", "Cancelled.")


def _ended(status: Status, state: State, reason: str) -> Status:
    # Of the status before: an attempt keeps its number.
    return status.model_copy(update={"state": state, "reason": reason, "heartbeat": time.time()})


def _cancel_requested_for(store: RunStore, run_id: str) -> float | None:
    """Return for how many seconds a cancel request has lain there, None if there is none."""
    try:
        asked = (store.folder(run_id) / files.CANCEL).stat().st_mtime
    except OSError:
        return None
    # A clock set back must not keep a run alive for ever.
    return abs(time.time() - asked)


def _inode(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"
