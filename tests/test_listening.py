"""Whether a request shows that it came from elsewhere: an address never shows the contrary."""

import pytest

from core.ui.listening import came_through_proxy, host_in, is_local_host

HERE = {"host": "localhost:8501", "origin": "http://localhost:8501"}


def test_a_browser_on_this_computer_shows_no_proxy() -> None:
    assert not came_through_proxy(HERE)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "127.0.0.1"},
        {"x-real-ip": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"via": "1.1 proxy"},
        {"x-forwarded-proto": "https"},
        {"x-forwarded-host": "localhost"},
        {"host": "lab.example.org"},
        {"host": "192.168.1.20:8501"},
        {"host": ""},
        {"host": "localhost.example.org"},
        {"host": "localhost:8501:x"},
        {"origin": "https://lab.example.org"},
        {"origin": "null"},
        {"origin": "http://["},
    ],
)
def test_any_sign_of_elsewhere_makes_a_visitor(headers: dict[str, str]) -> None:
    assert came_through_proxy(HERE | headers)


def test_a_request_without_a_host_is_a_visitors() -> None:
    assert came_through_proxy({})


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_names_of_this_computer(host: str) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.nip.io"]
)
def test_what_others_can_reach_is_not_local(host: str) -> None:
    assert not is_local_host(host)


def test_a_host_is_read_without_its_port() -> None:
    assert host_in("//[::1]:8501") == "::1"
