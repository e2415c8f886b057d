"""What runs read on many pictures, as a table: a row a picture."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from core import words
from core.drawing.batch import Reading
from core.runs.records import Run

LINES = " / "  # between the numbers on the lines of one picture


def readings_table(
    runs: Sequence[Run],
    readings: Sequence[Reading],
    said: Mapping[str, npt.NDArray[np.floating]],
) -> pd.DataFrame:
    """Return a row for each picture: how many digits it shows, what each run reads and how surely.

    `said` holds by run id the probabilities `(N, 10)` of all digits of all pictures, one after
    the other; runs that are not in it have no columns. A number is text, so that zeros in front
    stay; how sure a run is of it is the probability, in [0, 1], of its least sure digit.
    """
    names = words.distinct_names(runs)
    table = pd.DataFrame(
        {
            "picture": [reading.name for reading in readings],
            "digits": [len(reading.images) for reading in readings],
        }
    )
    ends = np.cumsum([0, *(len(reading.images) for reading in readings)])
    for run in runs:
        if run.id not in said:
            continue
        answers, shares = said[run.id].argmax(axis=1), said[run.id].max(axis=1)
        parts = [slice(start, end) for start, end in pairwise(ends.tolist())]
        numbers = [
            LINES.join(reading.numbers(answers[part].tolist()))
            for reading, part in zip(readings, parts, strict=True)
        ]
        least = [
            round(float(shares[part].min()), 4) if len(shares[part]) else None for part in parts
        ]
        table[f"{names[run.id]} reads"] = pd.array(numbers, dtype="str")
        table[f"{names[run.id]} is sure of it"] = pd.array(least, dtype="Float64")
    table["remark"] = [reading.remark for reading in readings]
    return table
