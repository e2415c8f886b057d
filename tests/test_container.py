"""The Dockerfile's steps, taken in a clean folder: no engine that runs containers is needed."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest

from core.settings import PROJECT_ROOT

DOCKERFILE = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
UNPRIVILEGED = "nobody"
NO_OTHER_USER = "Nobody but this user can run a Python of this version here."


class Container(NamedTuple):
    """What runs where the Dockerfile's steps were taken."""

    folder: Path
    data: Path
    port: int
    process: "subprocess.Popen[bytes]"
    environment: dict[str, str]
    user: str | None


def last(instruction: str) -> str:
    """Return what the Dockerfile says last under an instruction."""
    return re.findall(rf"^{instruction}\s+(.*)$", DOCKERFILE, re.MULTILINE)[-1].strip()


def exec_form(text: str) -> list[str]:
    """Return the words of a command that is written as a list."""
    words: list[str] = json.loads(text[text.index("[") :])
    return words


def python_for_others() -> str | None:
    """Return a Python of this version that an unprivileged user may run."""
    own = Path(sys.executable).resolve()
    for python in (own, Path(f"/usr/bin/python3.{sys.version_info.minor}")):
        if python.exists() and all(folder.stat().st_mode & 0o005 for folder in python.parents):
            return str(python)
    return None


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """The image and a container of it: its steps, its environment, its user, its command."""
    as_other = os.geteuid() == 0 and python_for_others() is not None
    user = UNPRIVILEGED if as_other else None
    # Not among the other tests' folders, which their user alone may enter.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder, data = Path(place, "image"), Path(place, "data")
        copy_tree(folder)
        install(folder, python_for_others() or sys.executable)
        data.mkdir()
        if user:
            shutil.chown(data, user)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        environment = own_environment(data, port)
        with Path(place, "log").open("wb") as log:
            process = subprocess.Popen(
                exec_form(last("CMD")),
                cwd=folder,
                env=environment,
                user=user,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until_healthy(folder, environment, process)
            yield Container(folder, data, port, process, environment, user)
        finally:
            process.kill()
            process.wait()


def copy_tree(folder: Path) -> None:
    """Copy what git knows, as `COPY . .` copies a clean checkout, without what is left out."""
    left_out = (PROJECT_ROOT / ".dockerignore").read_text().splitlines()
    tops = {line.strip("/") for line in left_out if not set(line) & set("*!# ")}
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if name.partition("/")[0] in tops or not (PROJECT_ROOT / name).exists():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT_ROOT / name, folder / name)


def install(folder: Path, python: str) -> None:
    """Take the step that installs, with the packages that are here instead of 7 GB of new ones."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    own = next((folder / ".venv" / "lib").glob("python3*")) / "site-packages"
    (own / "here.pth").write_text("\n".join(path for path in sys.path if "site-packages" in path))
    script = re.findall(r"sh (docs/deploy/install\.sh)", DOCKERFILE)[0]
    subprocess.run(
        ["sh", script],
        cwd=folder,
        check=True,
        env=os.environ | {"PIP_OPTIONS": "--no-deps --no-build-isolation"},
    )


def own_environment(data: Path, port: int) -> dict[str, str]:
    """Return what the Dockerfile sets, with another place for the volume and another port."""
    found = dict(re.findall(r"(DIGITLAB_\w+)=(\S+)", last("ENV")))
    moved = {name: value.replace("/data", str(data), 1) for name, value in found.items()}
    mine = {"PATH": os.environ["PATH"], "HOME": str(data), "PORT": str(port)}
    return moved | mine | {"DIGITLAB_OFFLINE": "1"}


def healthy(folder: Path, environment: dict[str, str]) -> bool:
    check = exec_form(last("HEALTHCHECK"))
    return subprocess.run(check, cwd=folder, env=environment, check=False).returncode == 0


def wait_until_healthy(
    folder: Path, environment: dict[str, str], process: "subprocess.Popen[bytes]"
) -> None:
    deadline = time.monotonic() + 120
    while not healthy(folder, environment):
        said = (folder.parent / "log").read_text(errors="replace")
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.5)


def test_the_container_is_healthy(container: Container) -> None:
    assert healthy(container.folder, container.environment)


def test_where_nothing_runs_the_check_fails(container: Container) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert not healthy(container.folder, container.environment | {"PORT": str(port)})


def test_a_page_opens(container: Container) -> None:
    answer = httpx.get(f"http://127.0.0.1:{container.port}/compare")
    assert (answer.status_code, "Streamlit" in answer.text) == (200, True)


def test_the_examples_are_in_the_new_volume(container: Container) -> None:
    assert (container.data / "runs" / "example-adam" / "summary.json").exists()


def test_it_listens_to_others(container: Container) -> None:
    sockets = psutil.Process(container.process.pid).net_connections("inet")
    assert {one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN} == {"0.0.0.0"}


def test_the_image_s_user_is_not_root() -> None:
    assert last("USER") not in ("root", "0")


def test_it_runs_as_an_unprivileged_user(container: Container) -> None:
    if os.geteuid() == 0 and container.user is None:
        pytest.skip(NO_OTHER_USER)
    assert psutil.Process(container.process.pid).uids().effective != 0


def test_everything_that_is_written_lies_in_the_volume(container: Container) -> None:
    if container.user is None:
        pytest.skip(NO_OTHER_USER)
    written = {path for path in container.folder.rglob("*") if path.owner() == container.user}
    assert written == set()


def test_all_that_lasts_lies_in_the_volume() -> None:
    assert last("VOLUME") == "/data"
    assert all(
        value.startswith("/data/") for _, value in re.findall(r"(DIGITLAB_\w+)=(\S+)", last("ENV"))
    )


def test_no_run_or_secret_of_this_computer_gets_into_the_image() -> None:
    left_out = (PROJECT_ROOT / ".dockerignore").read_text().splitlines()
    assert {"/runs/*", "/drawings", "/data", ".streamlit/secrets.toml"} <= {*left_out}


def test_told_to_stop_it_ends_by_itself(container: Container) -> None:
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(timeout=30) in (0, -signal.SIGTERM)
