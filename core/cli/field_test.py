"""`field-test` and `export-drawings`: the drawings as a test set for runs, and as a file."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core import words
from core.analysis.confusion import confusion_matrix, confusion_sentence
from core.analysis.judgement import Judgement
from core.cli.chosen import chosen_runs
from core.cli.judgements import judgement_figures, write_sentences, write_statistics
from core.cli.text import LONGEST_NAME, count, note, plain, say, write_json, write_table
from core.errors import ConfigError, FieldTestError, RunError, RunUnreadableError
from core.field_test.answers import AnswerBook, Ask, DrawingAnswers
from core.field_test.exporting import write_dataset
from core.field_test.records import Drawing
from core.field_test.scores import DRAWINGS_CAVEAT, judge, left_out, score
from core.field_test.store import DrawingStore
from core.learning.evaluation import predict, restore_model
from core.runs.files import replacing
from core.runs.records import Run
from core.runs.store import RunStore

MOST_RUNS: Final = 100

Answered = Sequence[tuple[Run, DrawingAnswers]]


def field_test(root: Path, drawings: Path, asked: Sequence[str], *, as_json: bool) -> int:
    """Write how many of the drawings in `drawings` each run of `asked` reads right.

    Raises FieldTestError without a drawing that counts, ConfigError for too many runs,
    RunUnreadableError for a run that cannot answer, and what `chosen_runs` raises.
    """
    store, kept = RunStore(root), DrawingStore(drawings)
    runs = chosen_runs(store, asked)
    if len(runs) > MOST_RUNS:
        raise ConfigError(f"These are {len(runs)} runs: up to {MOST_RUNS} can be tested at once.")
    counted = kept.counted()
    if not counted:
        raise FieldTestError(
            f"There is no drawing in {drawings} to test on. Draw some on the Draw page, under "
            "Field test."
        )
    names = {run_id: plain(name) for run_id, name in words.short_names(runs, LONGEST_NAME).items()}
    answered = _answered(store, runs, names, counted)
    judgement = judge(answered, names)
    not_counted = left_out(kept.listed(), len(kept.binned()))
    if as_json:
        write_json(_figures(answered, judgement, not_counted))
    else:
        _write(answered, names, judgement, not_counted)
    return 0


def export_drawings(drawings: Path, asked: Namespace) -> int:
    """Write the drawings that count as a data set to the zip file `asked.output`.

    Raises ConfigError for a file that is there already or cannot be made, FieldTestError without
    a drawing.
    """
    path: Path = asked.output
    if not path.parent.is_dir():
        raise ConfigError(f"There is no folder {path.parent} to write {path.name} to.")
    if path.exists():
        raise ConfigError(f"{path} is there already: choose another name.")
    with replacing(path) as temporary, temporary.open("wb") as file:
        written, problems = write_dataset(DrawingStore(drawings), file, mistakes=asked.mistakes)
    for problem in problems:
        note(problem)
    size = words.file_size(path.stat().st_size)
    say(f"{plain(str(path))}: {count(written, 'drawing')}, {size}.")
    return 0


def _answered(
    store: RunStore, runs: Sequence[Run], names: dict[str, str], drawings: Sequence[Drawing]
) -> Answered:
    book, ask, found = AnswerBook(), _asking(store), []
    for run in runs:
        try:
            said = book.answers(run, store.weights_version(run.id), drawings, ask)
        except RunError as error:
            raise RunUnreadableError(
                f"{names[run.id]} ({run.id}) cannot answer. {error}"
            ) from error
        found.append((run, said))
    return found


def _asking(store: RunStore) -> Ask:
    def ask(run: Run, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        return predict(run.config, restore_model(run.config, store.weights(run.id)), images)

    return ask


def _write(
    answered: Answered, names: dict[str, str], judgement: Judgement | None, not_counted: str
) -> None:
    rows = []
    for run, said in answered:
        found = score(run, said)
        low, high = found.interval or (0.0, 1.0)
        rows.append(
            [
                names[run.id],
                f"{found.right:,} of {found.count:,}",
                words.percent(found.share),
                f"{100 * low:.1f} to {100 * high:.1f}",
                confusion_sentence(confusion_matrix(said.labels, said.predicted), names[run.id]),
            ]
        )
    write_table(["run", "drawings right", "accuracy", "95 % interval", "mistakes"], rows)
    if not_counted:
        say(not_counted)
    if judgement is not None:
        say()
        write_sentences(judgement)
        say(DRAWINGS_CAVEAT)
        write_statistics(judgement)


def _figures(answered: Answered, judgement: Judgement | None, not_counted: str) -> dict[str, Any]:
    entries = []
    for run, said in answered:
        found = score(run, said)
        entries.append(
            {
                "id": run.id,
                "name": run.name,
                "right": found.right,
                "drawings": found.count,
                "accuracy": found.share,
                "interval": found.interval,
                "confusion_matrix": confusion_matrix(said.labels, said.predicted).tolist(),
            }
        )
    return {
        "runs": entries,
        "not_counted": not_counted or None,
        "verdict": None if judgement is None else judgement_figures(judgement),
    }
