"""`python -m core share` and `passphrase` as the owner types them, in a real terminal."""

import os
import re
import signal
import socket
import urllib.request
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import zxingcpp

from core.passphrase import PassphraseFile
from core.settings import PROJECT_ROOT
from tests.support import command_line
from tests.support.terminal import Terminal

PASSPHRASE = "seven wet badgers"
MARKS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


class Shared(NamedTuple):
    """What the owner saw from the start to the end, and what came of it."""

    shown: str
    opened: dict[str, int]
    code: int
    port: int
    folder: Path


def settings(folder: Path) -> dict[str, str]:
    return {
        "DIGITLAB_RUNS": str(folder / "runs"),
        "DIGITLAB_DATA": str(folder / "data"),
        "DIGITLAB_CACHE": str(folder / "cache"),
        "DIGITLAB_CONFIG": str(folder / "config"),
        "DIGITLAB_OFFLINE": "1",
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def links_in(shown: str) -> list[str]:
    return re.findall(r"^ {2}(https?://\S+)$", shown, re.MULTILINE)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """A first share from the question for the passphrase to Ctrl-C, all its links opened."""
    folder, port = tmp_path_factory.mktemp("share"), free_port()
    terminal = Terminal("share", "--port", str(port), settings=settings(folder))
    for typed in ("short", "short", PASSPHRASE, PASSPHRASE):
        terminal.wait_for(": ")
        terminal.type(f"{typed}\n")
    terminal.wait_for("Ctrl-C ends it.")
    opened = {}
    for link in links_in(terminal.shown):
        with urllib.request.urlopen(f"{link}/compare", timeout=20) as answer:
            opened[link] = answer.status
    terminal.type("\x03")
    code = terminal.end()
    return Shared(terminal.shown, opened, code, port, folder)


@pytest.fixture(scope="module")
def in_a_script(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, int]:
    """What a share without a terminal says, on both streams, until it is told to end."""
    folder, port = tmp_path_factory.mktemp("script"), free_port()
    public = "https://lab.example.org/lab"
    words = ("share", "--port", str(port), "--public-url", public, "--runs", folder / "runs")
    process = command_line.start(*words, settings=settings(folder))
    assert process.stdout is not None
    out = ""
    while "Ctrl-C ends it." not in out:
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        out += line
    with urllib.request.urlopen(f"http://localhost:{port}/lab/healthz", timeout=20) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    done = command_line.wait(process)
    return out + done.stdout, done.stderr, done.returncode


def test_every_printed_link_opens_the_dashboard(shared: Shared) -> None:
    assert shared.opened
    assert set(shared.opened.values()) == {200}


def test_the_code_in_the_terminal_reads_as_the_first_link(shared: Shared) -> None:
    lines = re.findall(r"\x1b\[38;5;16;48;5;231m([ ▀▄█]+)\x1b\[0m", shared.shown)
    rows = [[MARKS[mark][half] for mark in line] for line in lines for half in (0, 1)]
    picture = 255 * (1 - np.array(rows, np.uint8)).repeat(4, 0).repeat(4, 1)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == list(shared.opened)[:1]


def test_a_passphrase_that_is_too_short_is_asked_for_again(shared: Shared) -> None:
    assert "at least 10 characters" in shared.shown


def test_the_passphrase_is_never_shown(shared: Shared) -> None:
    assert PASSPHRASE not in shared.shown


def test_the_passphrase_is_kept(shared: Shared) -> None:
    verifier = PassphraseFile(shared.folder / "config").verifier()
    assert verifier is not None
    assert verifier.matches(PASSPHRASE)


def test_sharing_says_from_where_it_can_be_opened(shared: Shared) -> None:
    assert "From outside nobody can open it" in shared.shown or "public one" in shared.shown


def test_ctrl_c_ends_it_with_a_sentence(shared: Shared) -> None:
    assert (shared.code, shared.shown.splitlines()[-1]) == (
        0,
        "Nobody else can open Digit Lab any more. Runs go on training.",
    )


def test_nothing_listens_any_more_afterwards(shared: Shared) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", shared.port), timeout=5)


def test_without_a_terminal_it_says_how_to_set_a_passphrase(
    in_a_script: tuple[str, str, int],
) -> None:
    assert "Nobody can sign in as owner, because no passphrase is set" in in_a_script[0]


def test_without_a_terminal_it_says_why_there_is_no_code(in_a_script: tuple[str, str, int]) -> None:
    assert "No QR code, because this is no terminal" in in_a_script[1]


def test_the_public_link_comes_first(in_a_script: tuple[str, str, int]) -> None:
    assert links_in(in_a_script[0])[0] == "https://lab.example.org/lab"


def test_a_public_link_is_said_to_be_uncertain(in_a_script: tuple[str, str, int]) -> None:
    assert "cannot be checked from here" in in_a_script[0]


def test_it_ends_well_when_it_is_told_to(in_a_script: tuple[str, str, int]) -> None:
    assert in_a_script[2] == 0


def test_a_port_that_is_taken_ends_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command_line.wait(command_line.start("share", "--port", str(port)))
    assert (done.returncode, done.stderr.partition(",")[0]) == (2, f"Port {port} is taken")


def test_a_narrow_terminal_is_told_how_wide_the_code_is(tmp_path: Path) -> None:
    (tmp_path / "wide.py").write_text(
        "from core.cli.qr_text import write_qr\nwrite_qr('http://192.168.178.23:8501')\n"
    )
    own = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT_ROOT}"}
    terminal = Terminal(settings=own, program="wide", columns=20)
    terminal.end()
    assert "it needs a terminal of 33 columns" in terminal.shown


def test_a_passphrase_typed_differently_is_not_taken(tmp_path: Path) -> None:
    terminal = Terminal("passphrase", settings=settings(tmp_path))
    for typed in (PASSPHRASE, "seven dry badgers", ""):
        terminal.wait_for(": ")
        terminal.type(f"{typed}\n")
    assert terminal.end() == 2
    assert not PassphraseFile(tmp_path / "config").is_set()


def test_a_passphrase_can_be_changed(tmp_path: Path) -> None:
    file = PassphraseFile(tmp_path / "config")
    file.set("six dry badgers")
    terminal = Terminal("passphrase", settings=settings(tmp_path))
    for _ in range(2):
        terminal.wait_for(": ")
        terminal.type(f"{PASSPHRASE}\n")
    assert terminal.end() == 0
    verifier = file.verifier()
    assert verifier is not None
    assert verifier.matches(PASSPHRASE)


def test_a_passphrase_is_not_taken_from_a_pipe() -> None:
    done = command_line.wait(command_line.start("passphrase"))
    assert (done.returncode, "asked for in a terminal" in done.stderr) == (2, True)
