"""kill -9 of publishers and consumers of one bus, at random points: nothing lost, nothing twice."""

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from everyword_events import ServiceContract, TranscriptReady, TranscriptRefined
from everyword_events.sqlite.bus import SqliteBus
from support.waiting import PATIENCE_S

KILLS = 30
SEED = 20260304
ROLES = ("publisher", "refine", "captions")
CHILD = Path(__file__).with_name("bus_children.py")
CONTRACTS = (
    ServiceContract("refine", consumes=(TranscriptReady,), emits=(TranscriptRefined,)),
    ServiceContract("captions", consumes=(TranscriptRefined,)),
)


class Children:
    """One process per role, started again when it was killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, role: str) -> None:
        command = [sys.executable, str(CHILD), role, str(self._folder)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._running[role] = child
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"

    def kill(self, role: str) -> None:
        child = self._running.pop(role)
        assert child.poll() is None, f"{role} ended by itself"
        child.kill()
        child.communicate()

    def kill_all(self) -> None:
        for role in list(self._running):
            self.kill(role)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    started = Children(tmp_path)
    yield started
    started.kill_all()


def noted(folder: Path, role: str) -> Counter[str]:
    """Return how often each event was noted; a last line cut short by the kill counts as none."""
    return Counter((folder / f"{role}.log").read_text().split("\n")[:-1])


@pytest.mark.slow
def test_killed_publishers_and_consumers_lose_and_double_nothing(
    tmp_path: Path, children: Children
) -> None:
    draw = random.Random(SEED)
    for role in ROLES:
        children.start(role)
    with SqliteBus(tmp_path / "bus.sqlite3", CONTRACTS) as bus:
        in_hand_when_killed = 0
        for _ in range(KILLS):
            time.sleep(draw.uniform(0, 0.3))
            role = draw.choice(ROLES)
            children.kill(role)
            if role != "publisher":
                in_hand_when_killed += bus.pending()[role].in_flight
            children.start(role)
        children.kill("publisher")
        deadline = time.monotonic() + PATIENCE_S
        while any(depth.unfinished for depth in bus.pending().values()):
            assert time.monotonic() < deadline, bus.pending()
            time.sleep(0.1)
        children.kill_all()

        acknowledged = set(noted(tmp_path, "publisher"))
        refined, captioned = noted(tmp_path, "refine"), noted(tmp_path, "captions")
        journal = [recorded.event for recorded in bus.scan()]
        dead = bus.list()

    inputs = {e.meta.event_id for e in journal if isinstance(e.data, TranscriptReady)}
    outputs = [e for e in journal if isinstance(e.data, TranscriptRefined)]
    assert len(acknowledged) > 100
    assert acknowledged <= inputs
    assert set(refined) == inputs
    assert Counter(e.meta.causation_id for e in outputs) == dict.fromkeys(inputs, 1)
    assert set(captioned) == {e.meta.event_id for e in outputs}
    assert dead == []
    assert in_hand_when_killed > 0, "no kill hit work in hand: the test proves nothing"
    assert (refined + captioned).total() > len(set(refined) | set(captioned)), "nothing was redone"
    check = sqlite3.connect(tmp_path / "bus.sqlite3")
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()
