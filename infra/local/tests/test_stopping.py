"""The server ends when it is told to: after its children, and with nothing left behind."""

import signal
import time
from pathlib import Path

import psutil
import pytest

from support.clips import three_seconds
from support.stack import Everyword


@pytest.mark.parametrize(("asked", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_server_waits_for_its_children_and_tidies_up(
    tmp_path: Path, asked: signal.Signals, code: int
) -> None:
    everyword = Everyword(tmp_path / "data")
    recording = tmp_path / "talk.wav"
    recording.write_bytes(three_seconds(1))
    with everyword.up() as (_, server):
        everyword("add", str(recording))
        ends_at = time.monotonic() + 120
        while len(children := psutil.Process(server.pid).children(recursive=True)) < 2:
            assert time.monotonic() < ends_at, "the recognition process does not start"
            time.sleep(0.1)
        server.send_signal(asked)
        assert server.wait(120) == code
        assert not any(child.is_running() for child in children)
    assert not (everyword.data / "server.json").exists()
