"""What may be typed after `python -m core`: an exit code and a sentence, whatever it is."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.runs import files
from tests.fuzz.folders import HARMED, WHOLE, folder_with_runs, said
from tests.fuzz.hostile import texts
from tests.fuzz.properties import Property
from tests.fuzz.watch import only_within

# Nothing that is typed may name a place outside the example's folder: whoever types may write
# where they like, and this is no place to try it. A NUL cannot be typed.
_words: SearchStrategy[str] = texts.filter(
    lambda word: not word.startswith(("-", "/", "~")) and ".." not in word
)
_ids = st.one_of(st.sampled_from((WHOLE, HARMED, "example", "")), _words)
_many_ids = st.lists(_ids, max_size=4)
# None that would train: what is asked for is looked at all the same.
_settings = st.builds(
    "{}={}".format,
    st.one_of(
        st.sampled_from(("lr", "epochs", "optimizer", "hidden", "seed", "batch_size")), texts
    ),
    st.one_of(st.sampled_from(("0.1,0.2", "1;2", "sgd,adam", "1:9:1", "1e-3")), texts),
)


def _command(name: str, *parts: SearchStrategy[list[str]]) -> SearchStrategy[list[str]]:
    return st.tuples(*parts).map(lambda found: [name, *(word for part in found for word in part)])


def _one(word: SearchStrategy[str]) -> SearchStrategy[list[str]]:
    return word.map(lambda text: [text])


def _option(name: str, value: SearchStrategy[str]) -> SearchStrategy[list[str]]:
    given = value.map(lambda text: [f"{name}={text}"])
    return st.one_of(st.just([]), given, value.map(lambda text: [name, text]))


def command_lines() -> SearchStrategy[list[str]]:
    """Give command lines of every command that neither trains nor fetches."""
    recipes = _one(st.one_of(st.sampled_from(("article1-sgd", "article1-adam")), _words))
    file = st.sampled_from(("out.zip", "report.html", "a/b.zip", ".", "nul\0led", "x" * 300))
    flags = st.sampled_from(([], ["--json"], ["--archived"], ["--bin"], ["--off"], ["--help"]))
    return st.one_of(
        _command("sweep", recipes, _option("--vary", _settings), _option("--set", _settings),
                 _option("--seeds", texts), st.just(["--dry-run"])),
        _command("train", recipes, _option("--set", _settings), st.just(["--set", "nothing=1"])),
        _command("show", _one(_ids), flags),
        _command("compare", _many_ids, flags),
        _command("runs", flags, st.lists(_words, max_size=2)),
        _command("recipes", flags),
        _command("report", _many_ids, _option("-o", file)),
        _command("rename", _one(_ids), _one(_words)),
        _command("note", _one(_ids), _one(_words)),
        _command("tag", _many_ids, _option("--add", texts), _option("--remove", texts)),
        _command("star", _many_ids, flags),
        _command("archive", _many_ids, flags),
        _command("delete", _many_ids),
        _command("restore", _many_ids),
        _command("empty-bin", flags),
        _command("export", _many_ids, _option("-o", file)),
        _command("import", _one(st.one_of(st.sampled_from(("runs", ".", "nothing")), _words))),
        _command("field-test", _many_ids, flags),
        _command("export-drawings", _option("-o", file)),
        st.lists(_words, max_size=4),
    )  # fmt: skip


def check_command_line(words: list[str]) -> None:
    """It ends with 0, 1 or 2, with a sentence where it fails, and leaves the rest alone."""
    with folder_with_runs() as place, _inside(place), only_within(place):
        where = ["--runs", str(place / "runs"), "--data", str(place / "data")]
        code, complaint = said([*where, *words])
        assert code in (0, 1, 2)
        assert not code or complaint.strip(), "it fails without a word"
        assert "Traceback" not in complaint
        assert not list(place.rglob(files.WORKER_LOG)), "it trains"


@contextlib.contextmanager
def _inside(place: Path):  # type: ignore[no-untyped-def]
    before = Path.cwd()
    variables = {name: os.environ.get(name) for name in ("DIGITLAB_DRAWINGS",)}
    os.environ["DIGITLAB_DRAWINGS"] = str(place / "drawings")
    os.chdir(place)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(place / "drawings", ignore_errors=True)


COMMANDS: Final = Property(
    "command lines", st.deferred(command_lines), check_command_line, quick=50
)
