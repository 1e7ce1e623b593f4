"""What an event's model needs is made by its first use, whichever thread that is in."""

import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from everyword_events import CATALOGUE, InvalidInput, parse_event

THREADS = 32
wires = [file.read_text("utf-8") for file in sorted(Path(sys.argv[1]).glob("*.json"))]
assert not any(kind.__pydantic_complete__ for kind in CATALOGUE.values())
together = Barrier(THREADS)

def read(first):
    together.wait(timeout=60)
    events = [parse_event(wire) for wire in (*wires[first:], *wires[:first])]
    try:
        parse_event(wires[0].replace('"episode_id"', '"another_id"'))
    except InvalidInput as error:
        return sorted(event.to_json() for event in events), str(error)

sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(THREADS) as pool:
    told = list(pool.map(read, [number % 4 for number in range(THREADS)]))
assert len(told[0][0]) == len(wires) >= len(CATALOGUE)
assert "episode_id" in told[0][1]
assert told == told[:1] * THREADS
"""


def test_32_threads_that_read_their_first_events_at_once_all_read_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, str(GOLDEN)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
