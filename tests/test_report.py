"""The report: one file with everything, the same figures as the runs, nothing in it that runs."""

import base64
import hashlib
import html
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.analysis.confusion import confusion_matrix
from core.analysis.paired import compare_predictions
from core.analysis.verdict import verdict_sentence
from core.cli.app import main
from core.errors import RunError, RunNotFoundError, RunStateError
from core.recipes import find_recipe
from core.report.page import build_report, plotly_script
from core.runs import files
from core.runs.results import write_predictions
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT

HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
PAIR = ["example-sgd", "example-adam"]


class Page(HTMLParser):
    """What a browser would make of a page: its text, its scripts, its elements."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag if tag in ("script", "style") else ""
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] += data
        elif self._open != "style":
            self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def figures(self) -> dict[str, Any]:
        """The charts by their key."""
        return {chart["key"]: chart["figure"] for chart in json.loads(self.scripts[0])}


@pytest.fixture
def examples(tmp_path: Path) -> RunStore:
    """A store of its own with the two example runs."""
    for name in PAIR:
        shutil.copytree(PROJECT_ROOT / "runs" / name, tmp_path / "runs" / name)
    return RunStore(tmp_path / "runs")


def change(store: RunStore, run_id: str, **fields: Any) -> None:
    """Write fields of a run's config.json anew, as if its settings or words had been others."""
    path = store.folder(run_id) / files.CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def copies(store: RunStore, count: int) -> list[str]:
    """Make `count` runs of the Adam example, each with a long name and a seed of its own."""
    ids = []
    for number in range(count):
        run_id = f"copy{number:02}"
        shutil.copytree(store.folder("example-adam"), store.root / run_id)
        config = store.read(run_id).config.model_dump(mode="json") | {"seed": number}
        change(store, run_id, name=f"{number} {'long name ' * 15}", colour=number, config=config)
        ids.append(run_id)
    return ids


def as_answers(change_answers: Callable[..., np.ndarray], store: RunStore, run_id: str) -> None:
    """Write a run's answers anew: `change_answers` gets and returns labels and logits."""
    found = store.predictions(run_id)
    labels, logits = change_answers(found.labels, found.logits)
    write_predictions(store.folder(run_id), labels, logits)


def test_it_begins_with_the_verdict_of_the_compare_page(examples: RunStore) -> None:
    sgd, adam = (examples.predictions(run_id) for run_id in PAIR)
    comparison = compare_predictions(sgd.labels, sgd.predicted, adam.predicted)
    names = [examples.read(run_id).name for run_id in PAIR]
    assert verdict_sentence(comparison, *names) in Page(build_report(examples, PAIR)).text


def test_its_accuracies_are_those_of_the_runs(examples: RunStore) -> None:
    text = Page(build_report(examples, PAIR)).text
    for run_id in PAIR:
        found = examples.predictions(run_id)
        right = int((found.labels == found.predicted).sum())
        assert f"{right:,} of 10,000 test images read right (MNIST)" in text


def test_its_curves_are_those_of_the_runs(examples: RunStore) -> None:
    figures = Page(build_report(examples, PAIR)).figures
    lines = {trace["meta"]: trace for trace in figures["accuracy"]["data"]}
    epochs = examples.epochs("example-adam")
    drawn = lines["Adam (article 1), validation"]
    assert drawn["x"] == epochs["epoch"].tolist()
    assert drawn["y"] == pytest.approx((100 * epochs["validation_accuracy"]).tolist(), rel=1e-4)


def test_long_curves_are_thinned_and_keep_their_peaks(examples: RunStore) -> None:
    figures = Page(build_report(examples, PAIR)).figures
    steps = examples.steps("example-sgd")
    (drawn,) = (
        trace
        for trace in figures["batches"]["data"]
        if trace["meta"] == "SGD (article 1), batch, before smoothing"
    )
    assert len(drawn["y"]) <= 1_000 < len(steps)
    assert max(drawn["y"]) == pytest.approx(steps["loss"].max(), rel=1e-4)
    assert min(drawn["y"]) == pytest.approx(steps["loss"].min(), rel=1e-4)


def test_every_cell_of_a_matrix_says_its_count(examples: RunStore) -> None:
    page = Page(build_report(examples, ["example-sgd"]))
    found = examples.predictions("example-sgd")
    hints = [str(cell["title"]) for cell in page.named("td") if "title" in cell]
    counts = [int(re.findall(r"([\d,]+) times", hint)[0].replace(",", "")) for hint in hints]
    assert counts == confusion_matrix(found.labels, found.predicted).ravel().tolist()


def test_two_runs_have_the_difference_of_their_matrices(examples: RunStore) -> None:
    page = Page(build_report(examples, PAIR))
    matrices = [
        confusion_matrix(found.labels, found.predicted)
        for found in (examples.predictions(run_id) for run_id in PAIR)
    ]
    gap = int(matrices[0][9, 4] - matrices[1][9, 4])
    more = f"a 9 read as 4: {gap:,} times more by SGD (article 1)"
    assert more in [cell.get("title") for cell in page.named("td")]


def test_the_worst_mistakes_are_shown_with_their_pictures(examples: RunStore) -> None:
    page = Page(build_report(examples, PAIR))
    sgd, adam = (examples.predictions(run_id) for run_id in PAIR)
    only_sgd = (sgd.predicted != sgd.labels) & (adam.predicted == adam.labels)
    assert f"Only SGD (article 1) was wrong: {only_sgd.sum():,} digits, the first 12" in page.text
    pictures = [str(image["src"]) for image in page.named("img")]
    assert len(pictures) == 36
    assert all(picture.startswith("data:image/png;base64,") for picture in pictures)


def test_the_first_mistake_is_the_most_confident_one(examples: RunStore) -> None:
    page = Page(build_report(examples, ["example-sgd"]))
    found = examples.predictions("example-sgd")
    own = found.probabilities[np.arange(len(found.labels)), found.predicted]
    worst = int(np.where(found.predicted != found.labels, own, -1).argmax())
    titles = [str(figure["title"]) for figure in page.named("figure") if "title" in figure]
    assert titles[0] == f"Test digit {found.indices[worst]:,}"


def test_all_settings_and_how_it_was_computed_are_in_it(examples: RunStore) -> None:
    text = " ".join(Page(build_report(examples, PAIR)).text.split())
    for part in (
        "learning rate",
        "batch size",
        "Wilson 1927",
        "McNemar (1947",
        "Agresti and Min 2005",
        "MNIST: 60,000 training and 10,000 test images",
        "PyTorch",
        "plotly",
        "example-adam",
    ):
        assert part in text


def test_what_users_typed_is_shown_and_never_read_as_html(examples: RunStore) -> None:
    words = {"name": HOSTILE, "notes": HOSTILE, "tags": [HOSTILE]}
    change(examples, "example-sgd", **words)
    page = Page(build_report(examples, PAIR))
    assert page.text.count(HOSTILE) >= 3
    assert len(page.scripts) == 3
    assert not [image for image in page.named("img") if image["src"] == "x"]
    # Plotly reads tags in a name: it gets them escaped. What numbers are called is no HTML.
    (name,) = {
        trace["name"] for trace in page.figures["loss"]["data"] if "Adam" not in trace["name"]
    }
    assert "<" not in name
    assert html.unescape(name).startswith("</script>")


def test_nothing_in_the_curves_can_end_their_element(examples: RunStore) -> None:
    change(examples, "example-sgd", name=f"<!--<script>{HOSTILE}")
    inline = Page(build_report(examples, PAIR)).scripts[0]
    assert not set("<>&") & set(inline)


def test_only_its_own_scripts_may_run(examples: RunStore) -> None:
    page = Page(build_report(examples, PAIR))
    policy = next(
        str(meta["content"])
        for meta in page.named("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    allowed = re.search(r"script-src ([^;]*);", policy)
    assert allowed is not None
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in page.scripts[1:]
    ]
    assert allowed[1].split() == hashes
    assert policy.startswith("default-src 'none'")


def test_it_names_no_other_file_and_no_address(examples: RunStore) -> None:
    page = Page(build_report(examples, PAIR))
    assert page.named("link") == []
    assert not [script for script in page.named("script") if "src" in script]
    assert not [name for name, attributes in page.elements if "href" in attributes]


def size_without_plotly(report: str) -> int:
    return len(report.encode()) - len(plotly_script().encode())


def test_two_runs_stay_far_below_the_limit(examples: RunStore) -> None:
    assert size_without_plotly(build_report(examples, PAIR)) < 500_000


def test_a_hundred_runs_stay_below_3_mb_beside_plotly(examples: RunStore) -> None:
    report = build_report(examples, [*PAIR, *copies(examples, 98)])
    assert size_without_plotly(report) < 3_000_000
    assert report.count('<figure class="matrix') == 4
    assert "Shown are 4 of the 100 runs" in Page(report).text


def test_a_run_named_twice_is_in_it_once(examples: RunStore) -> None:
    assert build_report(examples, ["example-sgd"] * 2).count('<figure class="matrix') == 1


def test_one_run_has_no_verdict_and_all_else(examples: RunStore) -> None:
    report = build_report(examples, ["example-adam"])
    assert 'class="verdict"' not in report
    assert set(Page(report).figures) == {
        "accuracy", "loss", "batches", "per-digit", "calibration",
    }  # fmt: skip
    assert "What differs" not in report


def test_runs_of_one_name_are_told_apart(examples: RunStore) -> None:
    change(examples, "example-sgd", name="mine", example=False)
    change(examples, "example-adam", name="mine", example=False)
    page = Page(build_report(examples, PAIR))
    assert len({trace["meta"] for trace in page.figures["accuracy"]["data"]}) == 4


def test_names_alike_in_their_first_letters_stay_apart(examples: RunStore) -> None:
    change(examples, "example-sgd", name="x" * 150 + "a")
    change(examples, "example-adam", name="x" * 150 + "b")
    page = Page(build_report(examples, PAIR))
    assert len({trace["meta"] for trace in page.figures["accuracy"]["data"]}) == 4
    assert "x" * 150 + "a" in page.text


def test_other_test_images_are_not_compared(examples: RunStore) -> None:
    as_answers(lambda labels, logits: (labels[:360], logits[:360]), examples, "example-sgd")
    page = Page(build_report(examples, PAIR))
    assert "Not all of these runs were judged on the same test images." in page.text
    assert 'class="verdict"' not in build_report(examples, PAIR)


def test_a_run_without_a_mistake_has_none_to_show(examples: RunStore) -> None:
    as_answers(lambda labels, _: (labels, 9.0 * np.eye(10)[labels]), examples, "example-sgd")
    text = Page(build_report(examples, ["example-sgd"])).text
    assert "SGD (article 1) was wrong: 0 digits" in text


def test_damaged_answers_are_said_and_the_curves_stay(examples: RunStore) -> None:
    (examples.folder("example-sgd") / files.PREDICTIONS).write_bytes(b"PK torn")
    page = Page(build_report(examples, PAIR))
    assert "predictions.npz of run example-sgd is damaged" in page.text
    assert any("SGD" in trace["name"] for trace in page.figures["loss"]["data"])


def test_it_says_what_a_run_continues(examples: RunStore) -> None:
    change(examples, "example-adam", continued_from="example-sgd")
    assert "continues “SGD (article 1)”" in Page(build_report(examples, ["example-adam"])).text


def test_runs_that_differ_in_the_seed_alone_are_one_side(examples: RunStore) -> None:
    text = " ".join(Page(build_report(examples, copies(examples, 3))).text.split())
    assert "Only the seed (0, 1, 2), which sets what is left to chance." in text


def test_without_pictures_it_says_so(examples: RunStore) -> None:
    (examples.folder("example-sgd") / files.DIGITS).unlink()
    page = Page(build_report(examples, ["example-sgd"]))
    assert page.named("img") == []
    assert "picture not kept" in page.text


def test_an_unfinished_run_is_refused_in_a_sentence(examples: RunStore) -> None:
    waiting = examples.create(find_recipe("article1-sgd").config, name="waiting one")
    with pytest.raises(RunStateError, match=r"waiting one .* has not finished \(waiting\)"):
        build_report(examples, ["example-sgd", waiting])


def test_an_unknown_run_none_and_too_many_are_refused(examples: RunStore) -> None:
    with pytest.raises(RunNotFoundError, match="There is no run 'gone'"):
        build_report(examples, ["gone"])
    with pytest.raises(RunError, match="at least one finished run"):
        build_report(examples, [])
    with pytest.raises(RunError, match="up to 100 runs, not 101"):
        build_report(examples, [f"run{number}" for number in range(101)])


def report_by_command(store: RunStore, *words: str) -> int:
    return main(["report", *words, "--runs", str(store.root)])


def test_the_command_writes_the_same_file(
    examples: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.html"
    assert report_by_command(examples, *PAIR, "-o", str(path)) == 0
    assert capsys.readouterr().out == f"{path}: 2 runs, {path.stat().st_size / 1e6:.1f} MB.\n"

    def without_date(text: str) -> str:
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "", text)

    assert without_date(path.read_text()) == without_date(build_report(examples, PAIR))


def test_the_command_keeps_a_file_that_is_there_unless_forced(
    examples: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.html"
    path.write_text("precious")
    assert report_by_command(examples, *PAIR, "-o", str(path)) == 2
    assert "is there already: choose another name or add --force" in capsys.readouterr().err
    assert path.read_text() == "precious"
    assert report_by_command(examples, *PAIR, "-o", str(path), "--force") == 0
    assert path.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["gone"], 1, "There is no run 'gone'"),
        (["example-adam", "-o", "{folder}"], 2, "is a folder: name a file"),
        (["example-adam", "-o", "{folder}/none/out.html"], 2, "There is no folder"),
        ([], 2, "required: ID"),
    ],
)
def test_what_the_command_cannot_do_it_says_and_leaves_nothing(
    examples: RunStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    complaint: str,
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    given = [word.format(folder=out) for word in words]
    given += [] if "-o" in given else ["-o", str(out / "report.html")]
    assert report_by_command(examples, *given) == code
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert list(out.iterdir()) == []


def test_an_end_while_writing_leaves_the_old_file_whole(
    examples: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out" / "report.html"
    path.parent.mkdir()
    path.write_text("precious")

    def half(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:1000])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    assert report_by_command(examples, *PAIR, "-o", str(path), "--force") == 1
    assert path.read_text() == "precious"
    assert list(path.parent.iterdir()) == [path]
