"""A real nginx with a site of ours, on ports that the system chose."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "lab.example.org"
ABSENT = "There is no nginx or no openssl on this machine, so nothing was tried behind a proxy."
_MAIN = """daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def find(program: str) -> str | None:
    """Return the path of a program that may lie where only administrators look; None without."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")


@contextmanager
def proxied(site: Path, server: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run nginx with the file `site` before `server` (host:port); yield its TLS and plain port."""
    secure, plain = _free_ports()
    _make_certificate(folder)
    text = site.read_text(encoding="utf-8")
    for there, here in (
        ("listen 443", f"listen 127.0.0.1:{secure}"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        (f"/etc/ssl/{NAME}/", f"{folder}/"),
        ("127.0.0.1:8501", server),
    ):
        assert there in text, f"{site.name} has no {there!r} any more"
        text = text.replace(there, here)
    (folder / "site.conf").write_text(text, encoding="utf-8")
    # Started by root, it would look into these folders as somebody who may not.
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_MAIN.format(user=user, folder=folder), encoding="utf-8")
    command = [find("nginx") or "nginx", "-p", folder, "-e", folder / "error.log"]
    process = subprocess.Popen([*command, "-c", folder / "nginx.conf"])
    try:
        _wait_for(secure, process, folder / "error.log")
        yield secure, plain
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _make_certificate(folder: Path) -> None:
    subprocess.run(
        [
            *(find("openssl") or "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
            *("-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"),
            *("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            said = log.read_text(errors="replace") if log.exists() else ""
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        else:
            return
