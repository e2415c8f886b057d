"""The embedded engine: each worker is a detached process on this machine."""

import os
import subprocess  # nosec B404 # of this program's own modules
import sys
from pathlib import Path

import psutil

from core.runs import files
from core.runs.processes import find_process
from core.runs.records import Process
from core.settings import PROJECT_ROOT, without_secrets


class LocalEngine:
    """Starts workers in sessions of their own, so that none dies with the dashboard."""

    def __init__(self, data_root: Path, threads: int) -> None:
        self._data_root = data_root
        self._threads = threads
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, folder: Path) -> None:
        """Start the worker of the run in `folder`."""
        environment = without_secrets(os.environ) | {
            "DIGITLAB_DATA": str(self._data_root),
            "PYTHONPATH": os.pathsep.join(
                filter(None, (str(PROJECT_ROOT), os.environ.get("PYTHONPATH")))
            ),
            # Both names: which one torch's matrix library reads depends on how it was built.
            "OMP_NUM_THREADS": str(self._threads),
            "MKL_NUM_THREADS": str(self._threads),
        }
        with (folder / files.WORKER_LOG).open("ab") as log:
            # No shell, and all that is not ours is a folder's path, in an argument of its own.
            self._children[folder.name] = subprocess.Popen(  # nosec B603
                [sys.executable, "-m", "core.runs.worker", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
            )

    def stop(self, process: Process, *, force: bool) -> None:
        """Send SIGTERM, which the worker answers within a step, or SIGKILL with `force`."""
        found = find_process(process)
        if found is None:
            return
        try:
            found.kill() if force else found.terminate()
        except psutil.Error:
            return

    def ended(self) -> dict[str, int]:
        """Return exit codes of ended workers by run id, and let the system forget them."""
        codes = {
            run_id: code
            for run_id, child in self._children.items()
            if (code := child.poll()) is not None
        }
        for run_id in codes:
            del self._children[run_id]
        return codes
