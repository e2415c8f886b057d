"""The drawings as a data set that others can use: one zip file of arrays, pictures and strokes."""

import io
import json
import shutil
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Sequence
from typing import IO, BinaryIO, Final

import numpy as np
from PIL import Image

from core.access import Action, needs
from core.analysis.wording import joined
from core.config import IMAGE_SIDE
from core.errors import FieldTestError
from core.field_test.records import Drawing, UnreadableDrawing
from core.field_test.scores import taken_out
from core.field_test.store import DrawingStore

_FOLDER: Final = "digit-lab-drawings"
_README: Final = """Drawings of the Digit Lab field test
=====================================

{count} drawings of digits, made on a drawing pad by people who were asked for a digit that was
chosen by chance. A label is what was asked for, not what somebody thinks it looks like.
{left_out}
Nothing about the people who drew them is kept.

drawings.npz      numpy.load("drawings.npz", allow_pickle=False)
  images          uint8 (N, 28, 28): what the models get, white ink on black as in MNIST
  labels          uint8 (N,): the digit that was asked for
  ids             text (N,): the name of each drawing, in the order in which they were made
  times           text (N,): when it was kept, UTC
  mistakes        bool (N,): its maker called it a mistake of their own
digits/7/ID.png   the same 28×28 images, a folder for each label
drawn/7/ID.png    the drawings as they were made, 280×280, dark on white
strokes.jsonl     a line for each drawing: id, label, time, and its strokes, each a list of
                  [x, y] in pixels of the 280×280 picture from the upper left, in the order drawn

The 28×28 images were made as MNIST's were: cut to the ink, the longest side scaled to 20 pixels,
the centre of mass moved to the middle, thin strokes widened. To load the folders with torchvision:

    ImageFolder("digits", transform=Compose([Grayscale(), ToTensor()]))
"""


@needs(Action.EXPORT_DRAWINGS)
def write_dataset(
    store: DrawingStore, file: BinaryIO, *, mistakes: bool = False
) -> tuple[int, list[str]]:
    """Write the drawings that count into `file` as a zip, oldest first; return how many they are.

    With `mistakes` those marked as a mistake too. Second come sentences about those left out since
    they cannot be read, which stand in its README too. Raises FieldTestError if there is none to
    write.
    """
    problems = [one.reason for one in store.listed() if isinstance(one, UnreadableDrawing)]
    written = []
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,  # PNGs are packed already
        tempfile.TemporaryFile() as lines,  # the strokes of all may be hundreds of megabytes
    ):
        for drawing in exportable(store, mistakes=mistakes):
            try:
                original = store.original(drawing.id)
            except FieldTestError as error:
                problems.append(str(error))
                continue
            place = f"{drawing.label}/{drawing.id}.png"
            archive.writestr(f"{_FOLDER}/digits/{place}", _png(drawing))
            archive.writestr(f"{_FOLDER}/drawn/{place}", original.picture)
            facts = {"id": drawing.id, "label": drawing.label, "time": drawing.stamp}
            lines.write(json.dumps(facts | {"strokes": original.strokes}).encode() + b"\n")
            written.append(drawing)
        if not written:
            raise FieldTestError(" ".join(["There is no drawing to export yet.", *problems[:3]]))
        lines.seek(0)
        _add(archive, "strokes.jsonl", lines)
        _add(archive, "drawings.npz", io.BytesIO(_arrays(written)))
        readme = _readme(store, written, problems, mistakes)
        _add(archive, "README.txt", io.BytesIO(readme.encode()))
    return len(written), problems


def exportable(store: DrawingStore, *, mistakes: bool = False) -> list[Drawing]:
    """Return the drawings that an export holds, oldest first."""
    there = [one for one in store.listed() if isinstance(one, Drawing) and not one.hidden]
    return [one for one in reversed(there) if mistakes or not one.mistake]


def _png(drawing: Drawing) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(drawing.digit).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _arrays(drawings: Sequence[Drawing]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        images=np.stack([one.digit for one in drawings]).reshape(-1, IMAGE_SIDE, IMAGE_SIDE),
        labels=np.array([one.label for one in drawings], dtype=np.uint8),
        ids=np.array([one.id for one in drawings]),
        times=np.array([one.stamp for one in drawings]),
        mistakes=np.array([one.mistake for one in drawings], dtype=np.bool_),
    )
    return buffer.getvalue()


def _readme(
    store: DrawingStore, drawings: Sequence[Drawing], problems: Sequence[str], mistakes: bool
) -> str:
    marked, told = sum(one.mistake for one in drawings), []
    if marked:
        told.append(f"{marked:,} of them were called a mistake by their maker.")
    readable = [one for one in store.listed() if isinstance(one, Drawing)]
    missing = taken_out(readable, len(store.binned()), mistakes=not mistakes)
    if missing:
        told.append(f"Not in it: {joined(missing)}.")
    readme = _README.format(
        count=f"{len(drawings):,}", left_out="\n".join(textwrap.fill(one, 99) for one in told)
    )
    if not problems:
        return readme
    return "\n".join([readme, "Left out since they cannot be read:", *problems, ""])


def _add(archive: zipfile.ZipFile, name: str, content: IO[bytes]) -> None:
    entry = zipfile.ZipInfo(f"{_FOLDER}/{name}", time.localtime()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w") as place:
        shutil.copyfileobj(content, place)
