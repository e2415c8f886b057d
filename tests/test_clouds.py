"""What the files for hosted services say, and that the entry point of one starts here."""

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from core.settings import PROJECT_ROOT
from tests.support.dashboard import Dashboard

DEPLOY = PROJECT_ROOT / "docs" / "deploy"


class CloudDashboard(Dashboard):
    """Started by the entry point for Streamlit Community Cloud, without any setting of ours."""

    script = "docs/deploy/community-cloud/dashboard.py"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudDashboard]:
    folder = tmp_path_factory.mktemp("cloud")
    shutil.copytree(PROJECT_ROOT / "runs" / "example-adam", folder / "runs" / "example-adam")
    dashboard = CloudDashboard(folder / "runs", folder / "data", folder / "log")
    dashboard.start()
    yield dashboard
    dashboard.stop()


def test_the_entry_point_listens_to_the_proxy_in_front(cloud: CloudDashboard) -> None:
    port = int(cloud.url.rpartition(":")[2])
    found = psutil.Process(cloud.pid).net_connections("inet")
    listening = {one.laddr for one in found if one.status == psutil.CONN_LISTEN}
    assert listening == {("0.0.0.0", port)}


def test_the_entry_point_answers_to_whatever_it_is_called_there(cloud: CloudDashboard) -> None:
    named = {"Host": "somebody-digits.example"}
    assert httpx.get(f"{cloud.url}/compare", headers=named).status_code == 200


def test_the_entry_point_knows_visitors(cloud: CloudDashboard) -> None:
    assert "digitlab_visitor" in httpx.get(cloud.url).cookies


def test_its_requirements_are_the_project_s() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    text = (DEPLOY / "community-cloud" / "requirements.txt").read_text()
    assert [line for line in text.splitlines() if line[:1] != "#"] == project["dependencies"]


def test_a_space_is_told_the_port_of_the_dockerfile() -> None:
    exposed = (PROJECT_ROOT / "Dockerfile").read_text().partition("EXPOSE ")[2].split()[0]
    assert f"app_port: {exposed}\n" in (DEPLOY / "space-readme.md").read_text()


@pytest.mark.parametrize("name", ["nginx.conf", "digit-lab.service", "install.sh", "start.sh"])
def test_the_guide_names_every_file_that_it_needs(name: str) -> None:
    assert f"deploy/{name}" in Path(DEPLOY).with_suffix(".md").read_text()
