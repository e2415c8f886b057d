"""What the preparation of drawings costs and brings: accuracy on MNIST's test images, disturbed.

    python benchmarks/preparation.py [--images 1000] [--write]

Needs MNIST under DIGITLAB_DATA. Every test image is pasted on a pad of 280×280 pixels, anywhere, 60
to 260 pixels large, with ink of any strength, light on dark or dark on light; then prepared with
all steps, and with one left out, and read by a finished run of each recipe. For the thickness of
strokes, the middle lines of the first images are drawn with brushes of several widths. All of it
has a fixed seed. Takes the newest finished run of a recipe under DIGITLAB_RUNS; a recipe without
one is trained first (`python -m core train`), the champion for about a quarter of an hour.
"""

import argparse
import functools
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from measuring import table, today, verdict, write_between

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from core.drawing import to_digit  # noqa: E402
from core.learning.data import load  # noqa: E402
from core.learning.evaluation import predict, restore_model  # noqa: E402
from core.recipes import find_recipe  # noqa: E402
from core.runs.records import Run  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from core.settings import core_count, read_settings  # noqa: E402
from tests.support.pasted import pasted  # noqa: E402
from tests.support.strokes import drawn, strokes_of  # noqa: E402

DOCUMENT: Final = PROJECT / "docs" / "results.md"
# Points that a recipe's accuracy may fall at most; the other two are measured beside them.
MAY_LOSE: Final[Mapping[str, float | None]] = {
    "article1-sgd": 1.5,
    "article1-adam": 1.5,
    "article3-sgd": 1.0,
    "champion": None,
}
STEPS: Final = {
    "center": "without centring",
    "scale": "without scaling",
    "thicken": "without thickness",
}
# Side of the image and width of the brush, pixels; the pad of the page has a brush of 20.
BRUSHES: Final = ((280, 3), (280, 20), (100, 20))
WAYS: Final = ((), *((step,) for step in STEPS), tuple(STEPS))  # the steps left out
_DRAWN: Final = 1_000
_CHUNK: Final = 50


def prepare(pad: np.ndarray, ways: Sequence[Sequence[str]] = WAYS) -> np.ndarray:
    """Return the images `(len(ways), 28, 28)` made of a pad, with some steps left out."""
    return np.stack([to_digit(pad, **dict.fromkeys(left_out, False)).image for left_out in ways])


def paste_and_prepare(index: int, image: np.ndarray) -> np.ndarray:
    """Return what is made, in all ways, of a pad with test image number `index` somewhere on it."""
    return prepare(pasted(image, seed=index))


def draw_and_prepare(side: int, brush: int, image: np.ndarray) -> np.ndarray:
    """Return what is made of the middle lines of an image, with and without their thickness."""
    pad = np.asarray(drawn(strokes_of(image), side, brush))
    return prepare(pad, ((), ("thicken",)))


def run_of(recipe: str, store: RunStore) -> Run:
    """Return the newest finished run of `recipe` in `store`; train one if there is none."""
    config = find_recipe(recipe).config
    found = [
        run
        for run in store.list()
        if isinstance(run, Run) and run.config == config and run.summary is not None
    ]
    if found:
        return max(found, key=lambda run: run.info.created)
    print(f"There is no finished run of {recipe}: training one.", file=sys.stderr)
    command = [sys.executable, "-m", "core", "train", recipe]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    return store.read(done.stdout.split()[-1])


class Readers:
    """The finished runs that are asked about test images."""

    def __init__(self, labels: np.ndarray) -> None:
        store = RunStore(read_settings().runs)
        self._labels = labels
        self._runs = {recipe: run_of(recipe, store) for recipe in MAY_LOSE}
        self._models = {
            recipe: restore_model(run.config, store.weights(run.id))
            for recipe, run in self._runs.items()
        }

    def accuracies(self, images: np.ndarray) -> dict[str, float]:
        """Return the percentage of `images` `(N, 28, 28)` that each run reads right."""
        found = {}
        for recipe, run in self._runs.items():
            read = predict(run.config, self._models[recipe], images).argmax(axis=1)
            found[recipe] = 100 * float((read == self._labels[: len(images)]).mean())
        return found


def pasted_table(readers: Readers, images: np.ndarray, pool: ProcessPoolExecutor) -> str:
    """Measure what preparation costs, and what each step brings, and return the table."""
    made = pool.map(paste_and_prepare, range(len(images)), images, chunksize=_CHUNK)
    prepared, *others = map(readers.accuracies, np.stack(list(made), axis=1))
    plain, rows = readers.accuracies(images), []
    for recipe, allowed in MAY_LOSE.items():
        change = prepared[recipe] - plain[recipe]
        wanted = "" if allowed is None else f"under {allowed} lost ({verdict(-change < allowed)})"
        first = f"{plain[recipe]:.2f} %", f"{prepared[recipe]:.2f} %"
        rest = [f"{one[recipe]:.2f} %" for one in others]
        rows.append((f"`{recipe}`", *first, f"{change:+.2f} points", wanted, *rest))
    head = ("run", "images as they are", "pasted and prepared", "change", "wanted")
    return table((*head, *STEPS.values(), "with none of the three"), rows)


def drawn_table(readers: Readers, images: np.ndarray, pool: ProcessPoolExecutor) -> str:
    """Measure what the step of the strokes' thickness brings, and return the table."""
    rows = []
    for side, brush in BRUSHES:
        work = functools.partial(draw_and_prepare, side, brush)
        made = np.stack(list(pool.map(work, images, chunksize=_CHUNK)), axis=1)
        on, off = map(readers.accuracies, made)
        read = [f"{on[recipe]:.1f} % ({off[recipe]:.1f} %)" for recipe in MAY_LOSE]
        rows.append((f"{side} pixels", f"{brush} pixels", *read))
    return table(("image drawn on", "brush", *(f"`{recipe}`" for recipe in MAY_LOSE)), rows)


def main() -> None:
    """Measure, print, and write the tables where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=10_000, help="so many test images only")
    parser.add_argument(
        "--write",
        nargs="?",
        type=Path,
        const=DOCUMENT,
        metavar="FILE",
        help="write the tables between their markers in FILE, by default docs/results.md",
    )
    options = parser.parse_args()
    test = load("mnist", read_settings().data).test
    images, labels = test.pixels[: options.images].numpy(), test.labels[: options.images].numpy()
    readers, few = Readers(labels), images[:_DRAWN]
    with ProcessPoolExecutor(core_count()) as pool:
        text = (
            f"Measured on {today()} on {len(images):,} test images.\n\n"
            f"{pasted_table(readers, images, pool)}\n\n"
            f"The middle lines of the first {len(few):,} test images, drawn with a round brush; in "
            f"brackets without the step of the thickness.\n\n{drawn_table(readers, few, pool)}"
        )
    print(text)
    if options.write:
        write_between(options.write, "preparation", text)


if __name__ == "__main__":
    main()
