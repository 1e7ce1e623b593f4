"""The server ends when it is told to: after its children, and with nothing left behind."""

import signal
from pathlib import Path

import pytest

from support.stack import Everyword


@pytest.mark.parametrize(("asked", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_server_waits_for_its_children_and_tidies_up(
    tmp_path: Path, asked: signal.Signals, code: int
) -> None:
    everyword = Everyword(tmp_path / "data")
    with everyword.up() as (_, server):
        children = everyword.at_full_strength(server)
        server.send_signal(asked)
        assert server.wait(120) == code
        assert not any(child.is_running() for child in children)
    assert not (everyword.data / "server.json").exists()
