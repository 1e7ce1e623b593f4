"""The server ends when it is told to: after its children, and with nothing left behind."""

import signal
from pathlib import Path

import httpx
import psutil
import pytest

from support.stack import Everyword


@pytest.mark.parametrize(("asked", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_server_waits_for_its_children_and_tidies_up(
    tmp_path: Path, asked: signal.Signals, code: int
) -> None:
    everyword = Everyword(tmp_path / "data")
    with everyword.up() as (url, server):
        httpx.get(f"{url}/v1/search", params={"q": "storm"}, timeout=60).raise_for_status()
        children = psutil.Process(server.pid).children(recursive=True)
        assert len(children) >= 2
        server.send_signal(asked)
        assert server.wait(120) == code
        assert not any(child.is_running() for child in children)
    assert not (everyword.data / "server.json").exists()
