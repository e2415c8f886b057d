"""What the queue asks of an engine: start, stop and poll one command, nothing else."""

from pathlib import Path
from typing import Protocol

from core.runs.records import Process


class Engine(Protocol):
    """Runs `python -m core.runs.worker RUN_DIR` somewhere."""

    def start(self, folder: Path) -> None:
        """Start the worker of the run in `folder`; it must outlive this process."""

    def stop(self, process: Process, *, force: bool) -> None:
        """Ask `process` to end, or end it at once with `force`."""

    def ended(self) -> dict[str, int]:
        """Return exit codes, by run id, of workers started here that ended since last asked."""
