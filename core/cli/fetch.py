"""`fetch`: MNIST into the data folder."""

import sys
import time
from pathlib import Path
from typing import Final

from tqdm import tqdm

from core.cli.text import plain, say
from core.errors import DataError
from core.learning.download import Download
from core.learning.fetch import ARCHIVE_BYTES
from core.learning.idx import mnist_folder

_LOOK_EVERY_SECONDS: Final = 0.2
# Where nobody watches, in a log, a bar is only in the way.
_QUIET_SECONDS: Final = 30.0


def fetch(data_root: Path, mirror: str | None) -> int:
    """Fetch MNIST unless it is there, and write where it lies. Raises DataError."""
    download = Download(data_root, mirror)
    download.start()
    try:
        _watch(download)
    finally:
        download.stop()
    if download.state.phase != "done":
        raise DataError(download.state.error)
    say(f"MNIST is in {plain(str(mnist_folder(data_root)))}.")
    return 0


def _watch(download: Download) -> None:
    with tqdm(
        total=ARCHIVE_BYTES,
        unit="B",
        unit_scale=True,
        desc="MNIST",
        file=sys.stderr,
        mininterval=0.2 if sys.stderr.isatty() else _QUIET_SECONDS,
        leave=False,
    ) as bar:
        while (state := download.state).phase == "fetching":
            bar.update(round(state.share * ARCHIVE_BYTES) - bar.n)
            time.sleep(_LOOK_EVERY_SECONDS)
