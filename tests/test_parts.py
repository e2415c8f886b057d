"""Parts of the Compare page: a choice redraws what it is about, and nothing above takes it away."""

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator

import pytest

from core.settings import PROJECT_ROOT
from core.ui.turns import _InTurn
from tests.support.dashboard import Dashboard
from tests.support.loops import run_to_end
from tests.support.raw_session import RawSession

BOTH = "runs=example-sgd&runs=example-adam"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("parts")
    for name in ("example-sgd", "example-adam"):
        shutil.copytree(PROJECT_ROOT / "runs" / name, folder / "runs" / name)
    found = Dashboard(folder / "runs", folder / "data", folder / "log")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def session(dashboard: Dashboard) -> Iterator[RawSession]:
    with RawSession(dashboard.url) as found:
        found.open("compare", BOTH)
        yield found


@pytest.mark.parametrize(
    ("control", "option"), [("link_axis", "steps"), ("link_matrix", "% of each answer")]
)
def test_a_choice_redraws_its_part_alone(session: RawSession, control: str, option: str) -> None:
    session.choose(session.find(control), option)
    assert session.parts == [session.find(control).fragment]


def test_parts_keep_their_name_whatever_stands_above_them(dashboard: Dashboard) -> None:
    found = []
    for link in (BOTH, "runs=example-sgd", f"{BOTH}&runs=gone"):
        with RawSession(dashboard.url) as session:
            session.open("compare", link)
            found.append(session.find("link_axis").fragment)
    assert len(set(found)) == 1


def test_a_script_ends_only_when_the_server_knows_what_it_did() -> None:
    """Streamlit forgets what a script drew if a request arrives between the two."""

    async def serve() -> list[str]:
        happened: list[str] = []
        runner = object.__new__(_InTurn)
        runner.loop = asyncio.get_running_loop()

        def end_script() -> None:
            runner.loop.call_soon_threadsafe(happened.append, "the server knows")
            runner._wait_until_told()
            happened.append("the script has ended")

        thread = threading.Thread(target=end_script)
        thread.start()
        time.sleep(0.2)  # the server is busy
        assert happened == []
        await asyncio.to_thread(thread.join)
        return happened

    assert run_to_end(serve()) == ["the server knows", "the script has ended"]


def test_a_script_ends_also_when_the_server_has_gone() -> None:
    runner = object.__new__(_InTurn)
    runner.loop = asyncio.new_event_loop()
    runner.loop.close()
    runner._wait_until_told()
