"""`show`: one run as a whole, and how the command line finds a run by its id."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core import words
from core.analysis.wording import state_word
from core.cli.listing import facts
from core.cli.recipes import show_recipe, write_settings
from core.cli.text import say, write_json, write_pairs, write_table
from core.errors import RunNotFoundError
from core.recipes import RECIPES
from core.runs.queue import waiting_before
from core.runs.records import Run
from core.runs.store import RunStore

_SHORTEST_BEGINNING: Final = 4
_LAST_EPOCHS: Final = 5


def find_run(store: RunStore, text: str) -> Run:
    """Return the run with that id, or the only one whose id begins so (4 characters or more).

    Raises RunNotFoundError, also where several begin so, and RunUnreadableError.
    """
    return store.read(find_run_id(store, text))


def find_run_id(store: RunStore, text: str) -> str:
    """Return the id that `text` is or begins (4 characters or more), of an unreadable run too.

    Raises RunNotFoundError, also where several ids begin so.
    """
    try:
        store.folder(text)
    except RunNotFoundError:
        ids = [run.id for run in store.list() if run.id.startswith(text)]
        if len(text) < _SHORTEST_BEGINNING or not ids:
            raise
    else:
        return text
    if len(ids) > 1:
        listed = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
        raise RunNotFoundError(f"{len(ids)} runs begin with {text}: {listed}.")
    return ids[0]


def show_run(root: Path, text: str, *, as_json: bool) -> int:
    """Write one run: how it stands, its settings, figures and last epochs.

    `text` may be a recipe's name too: its settings and layers are written then.
    """
    if text in RECIPES:
        return show_recipe(RECIPES[text], as_json=as_json)
    store = RunStore(root)
    run = find_run(store, text)
    epochs = store.epochs(run.id)
    if as_json:
        write_json(_everything(store, run, epochs))
        return 0
    runs = [other for other in store.list() if isinstance(other, Run)]
    detail = words.state_detail(run, waiting_before(runs, run.id))
    write_pairs(_heading(run, detail, words.origin(run, store.list())))
    say()
    write_settings(run.config)
    if run.summary is not None:
        _write_section("figures", run.summary.model_dump())
    if run.environment is not None:
        _write_section("trained on", run.environment.model_dump())
    if len(epochs):
        _write_epochs(epochs)
    layers = store.layers(run.id)
    if len(layers):
        _write_layers(run, layers)
    return 0


def _everything(store: RunStore, run: Run, epochs: pd.DataFrame) -> dict[str, Any]:
    parts = run.model_dump(mode="json")
    return {
        **parts["info"],
        **facts(store, run),
        "progress": parts["status"],
        "summary": parts["summary"],
        "environment": parts["environment"],
        "epochs": epochs.to_dict("records"),
        "layers": store.layers(run.id).to_dict("records"),
    }


def _heading(run: Run, detail: str, origin: str) -> list[tuple[str, str]]:
    info = run.info
    state = state_word(run)
    pairs = [
        ("id", run.id),
        ("name", info.name),
        ("recipe", info.recipe or "own settings"),
        ("created", datetime.fromtimestamp(info.created).astimezone().isoformat(" ", "seconds")),
        ("status", f"{state}: {detail}" if detail else state),
        ("attempt", str(run.status.attempt) if run.status.attempt > 1 else ""),
        ("origin", f"{origin} ({info.continued_from})" if origin else ""),
        ("test", words.test_accuracy(run.summary)),
        ("time", words.run_time(run)),
        ("group", info.group or ""),
        ("tags", ", ".join(info.tags)),
        ("notes", info.notes),
    ]
    return [(name, value) for name, value in pairs if value]


def _write_section(title: str, values: dict[str, Any]) -> None:
    say()
    say(title)
    write_pairs([(f"  {name}", _readable(value)) for name, value in values.items()])


def _write_epochs(epochs: pd.DataFrame) -> None:
    say()
    say("last epochs")
    shown = epochs.dropna(axis="columns", how="all").tail(_LAST_EPOCHS)
    rows = [[_readable(value) for value in row] for row in shown.itertuples(index=False)]
    write_table(
        [f"  {shown.columns[0]}", *shown.columns[1:]], [[f"  {r[0]}", *r[1:]] for r in rows]
    )


def _write_layers(run: Run, layers: pd.DataFrame) -> None:
    """Write the figures of each layer with weights after the last epoch."""
    last = int(layers["epoch"].max())
    say()
    say(f"layers after epoch {last}")
    names = dict(enumerate(words.weighted_layers(run.config), start=1))
    columns = list(words.LAYER_FIGURES)
    rows = [
        [
            f"  {names.get(int(row['layer']), row['layer'])}",
            *(words.layer_figure(column, row[column]) for column in columns),
        ]
        for row in layers[layers["epoch"] == last].to_dict("records")
    ]
    write_table(["  layer", *words.LAYER_FIGURES.values()], rows)


def _readable(value: Any) -> str:
    """Write a figure or what a run was trained on."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
