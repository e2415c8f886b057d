"""`share`: the dashboard for everybody in the network, with its addresses and a QR code."""

import argparse
import http.client
import os
import signal
import subprocess  # nosec B404 # of this program's own server
import sys
import time
from collections.abc import Sequence
from typing import Final

from core.cli.passphrase import can_sign_in, offer_to_set
from core.cli.qr_text import write_qr
from core.cli.text import note, plain, say
from core.errors import DigitLabError
from core.settings import PROJECT_ROOT, Settings
from core.sharing.addresses import Address, shareable_addresses
from core.sharing.listening import EVERYWHERE_4, listening_address
from core.sharing.public_url import PublicUrl
from core.sharing.reach import Reach, reach_of_host

_START_SECONDS: Final = 120
_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def share(asked: argparse.Namespace, settings: Settings) -> int:
    """Serve the dashboard to the network until it is ended; visitors' rules hold.

    Raises ConfigError if the port is taken, or what the passphrase is kept in cannot be used.
    """
    address = listening_address(asked.port)
    offer_to_set(settings)
    note("Starting the dashboard …")
    server = _Server(_command(asked, address), _environment(asked, settings))
    if not server.answers(asked.port, asked.public_url):
        raise DigitLabError("The dashboard did not start; what it said stands above.")
    found = shareable_addresses(asked.port, _base_path(asked.public_url))
    if address == EVERYWHERE_4:
        found = [each for each in found if not each.host.startswith("[")]
    _tell(asked.public_url, found, asked.port)
    _tell_who_may_what(settings)
    sys.stdout.flush()
    return server.wait()


class _Server:
    """The dashboard's process; what ends this one ends that one too."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._told = False
        # Before it starts, or Ctrl-C in between would leave it alone.
        for kind in _SIGNALS:
            signal.signal(kind, self._end)
        # In a session of its own: a terminal would send Ctrl-C to both, and it would hear it twice.
        self._process = subprocess.Popen(  # nosec B603 # no shell, nothing that came in
            command, cwd=PROJECT_ROOT, env=environment, start_new_session=True
        )

    def answers(self, port: int, public: PublicUrl | None) -> bool:
        """Wait until it answers; False if it ended instead, or was told to."""
        path = f"{_base_path(public)}/healthz"
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and not self._told and time.monotonic() < deadline:
            if _is_healthy(port, path):
                return True
            time.sleep(0.2)
        self._end()
        self._process.wait()
        return False

    def wait(self) -> int:
        """Wait until it has ended, and return the exit code."""
        code = self._process.wait()
        if self._told:
            say("\nNobody else can open Digit Lab any more. Runs go on training.")
            return 0
        raise DigitLabError(f"The dashboard ended by itself (exit code {code}).")

    def _end(self, *_signal: object) -> None:
        if self._told:
            self._process.kill()  # asked twice
        self._told = True
        if self._process.poll() is None:
            self._process.terminate()


def _command(asked: argparse.Namespace, address: str) -> list[str]:
    options = {
        "server.address": address,
        "server.port": str(asked.port),
        "server.headless": "true",
        "server.baseUrlPath": _base_path(asked.public_url).strip("/"),
        "logger.hideWelcomeMessage": "true",
    }
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py"]
    return command + [f"--{name}={value}" for name, value in options.items() if value]


def _environment(asked: argparse.Namespace, settings: Settings) -> dict[str, str]:
    hosts = (*settings.hosts, *([asked.public_url.host] if asked.public_url else []))
    own = {
        "DIGITLAB_SHARE": "1",
        "DIGITLAB_RUNS": str(settings.runs),
        "DIGITLAB_DATA": str(settings.data),
        "DIGITLAB_DRAWINGS": str(settings.drawings),
        "DIGITLAB_HOSTS": " ".join(hosts),
    }
    return {**os.environ, **own}


def _tell(public: PublicUrl | None, found: Sequence[Address], port: int) -> None:
    links = [*([public.url] if public else []), *(each.url for each in found)]
    if not links:
        say(
            "This computer is in no network, so nobody else can open Digit Lab; here it is at "
            f"http://localhost:{port}. Join a network, then share again."
        )
        return
    say("\nDigit Lab is shared. Others open")
    for link in links:
        say(f"  {plain(link)}")
    say()
    write_qr(links[0])
    say(_from_where(public, found))


def _from_where(public: PublicUrl | None, found: Sequence[Address]) -> str:
    if public is not None and reach_of_host(public.host) is Reach.INTERNET:
        return (
            f"Whether the internet reaches {plain(public.url)} depends on what stands in front; it "
            "cannot be checked from here. Try it on a phone with its Wi-Fi off."
        )
    if any(each.reach is Reach.INTERNET for each in found):
        return (
            "One of these addresses is a public one: unless a firewall stands in between, the "
            "whole internet can open it. Within the same network all of them work."
        )
    return (
        "They must be in the same network, such as the same Wi-Fi. From outside nobody can open "
        "it, unless your router or a tunnel lets them through."
    )


def _tell_who_may_what(settings: Settings) -> None:
    say("They are visitors: they may look, compare and draw, and change nothing of yours.")
    if can_sign_in(settings):
        say("To start and change runs yourself, sign in with your passphrase under Share.")
    else:
        say(
            "Nobody can sign in as owner, because no passphrase is set: `python -m core "
            "passphrase` sets one."
        )
    say("Ctrl-C ends it.")


def _base_path(public: PublicUrl | None) -> str:
    return public.path if public else ""


def _is_healthy(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
