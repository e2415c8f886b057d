"""Under which addresses others get here, how far a link reaches, and its QR code."""

import io
import socket

import numpy as np
import psutil
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from core.errors import ConfigError
from core.sharing.addresses import shareable_addresses
from core.sharing.listening import listening_address
from core.sharing.public_url import read_public_url
from core.sharing.qr import qr_svg, qr_terminal, terminal_columns
from core.sharing.reach import Reach, reach_of, reach_of_host

LINK = "http://192.168.178.23:8501/compare?runs=example-sgd&runs=example-adam"
PIXELS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("localhost", Reach.COMPUTER),
        ("127.0.0.1", Reach.COMPUTER),
        ("[::1]", Reach.COMPUTER),
        ("192.168.178.23", Reach.NETWORK),
        ("10.0.0.7", Reach.NETWORK),
        ("100.101.102.103", Reach.NETWORK),  # of a provider's or a VPN's own
        ("[fd00::2]", Reach.NETWORK),
        ("laptop", Reach.NETWORK),
        ("Laptop.local", Reach.NETWORK),
        ("laptop.fritz.box", Reach.NETWORK),
        ("8.8.8.8", Reach.INTERNET),
        ("[2001:4860::1]", Reach.INTERNET),
        ("lab.example.org", Reach.INTERNET),
    ],
)
def test_a_host_tells_how_far_a_link_reaches(host: str, reach: Reach) -> None:
    assert reach_of_host(host) is reach


def test_a_link_to_localhost_says_how_to_let_others_in() -> None:
    assert "make share" in reach_of("localhost", "localhost")


def test_a_link_to_localhost_of_a_shared_dashboard_names_the_other_addresses() -> None:
    assert "one of its other addresses" in reach_of("localhost", "0.0.0.0")


def test_a_link_by_a_private_address_is_said_to_work_in_the_same_network_only() -> None:
    assert "same network only" in reach_of("192.168.178.23", "0.0.0.0")


def test_whether_the_internet_reaches_a_public_name_is_said_to_be_unknown() -> None:
    assert "cannot be checked from here" in reach_of("lab.example.org", "127.0.0.1")


def test_every_shareable_address_is_one_of_this_computer_s_own_or_its_name() -> None:
    own = {one.address for card in psutil.net_if_addrs().values() for one in card}
    hosts = [address.host.strip("[]") for address in shareable_addresses(8501)]
    assert all(host in own or socket.gethostbyname(host) in own for host in hosts)


def test_no_shareable_address_is_this_computer_s_alone() -> None:
    reaches = {address.reach for address in shareable_addresses(8501)}
    assert Reach.COMPUTER not in reaches


def test_shareable_addresses_have_the_port_and_the_base_path() -> None:
    urls = [address.url for address in shareable_addresses(8600, "/lab/")]
    assert all(url.endswith(":8600/lab") for url in urls)


def test_addresses_of_ipv6_come_last() -> None:
    sixes = [address.host.startswith("[") for address in shareable_addresses(8501)]
    assert sixes == sorted(sixes)


def test_a_port_that_is_taken_is_named_with_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} is taken.*--port {port + 1}"):
            listening_address(port)


def test_a_public_link_comes_apart_into_host_and_path() -> None:
    public = read_public_url("https://Lab.example.org:8443/digits/")
    assert (public.url, public.host, public.path) == (
        "https://lab.example.org:8443/digits",
        "lab.example.org",
        "/digits",
    )


@pytest.mark.parametrize(
    "text",
    [
        "lab.example.org",
        "ftp://lab.example.org",
        "https://",
        "https://me:secret@lab.example.org",
        "https://lab.example.org/?a=b",
        "https://lab.example.org/a;b",
        "https://lab.example.org:port",
    ],
)
def test_what_is_no_public_link_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="looks like"):
        read_public_url(text)


def test_the_code_in_a_terminal_reads_as_the_link() -> None:
    lines = [line.removesuffix("\x1b[0m").rpartition("m")[2] for line in qr_terminal(LINK)]
    rows = [[PIXELS[mark][half] for mark in line] for line in lines for half in (0, 1)]
    picture = 255 * (1 - np.array(rows, np.uint8)).repeat(4, 0).repeat(4, 1)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [LINK]


def test_the_code_in_a_terminal_is_as_wide_as_it_says() -> None:
    line = qr_terminal(LINK)[0].removesuffix("\x1b[0m").rpartition("m")[2]
    assert len(line) == terminal_columns(LINK)


@pytest.mark.browser
@pytest.mark.parametrize("ground", ["white", "#14161F"])
def test_the_code_on_a_light_and_a_dark_page_reads_as_the_link(
    browser: Browser, ground: str
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 320})
    page.set_content(f"<body style='margin: 0; background: {ground}'>{qr_svg(LINK)}</body>")
    picture = Image.open(io.BytesIO(page.screenshot()))
    page.close()
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [LINK]


def test_a_link_that_no_code_holds_is_refused_with_a_sentence() -> None:
    with pytest.raises(ConfigError, match="more than a QR code holds"):
        qr_svg("http://lab/" + "x" * 3000)
