"""A process to be killed: `python index_child.py FILE NOTES SEED` indexes episodes for ever.

Run R of an episode says `runR` as often as `times_said` tells, and nothing else of that kind.
Each put that returned is noted as `EPISODE RUN`, one write a line.
"""

import os
import random
import sys
from pathlib import Path

from search.adapters.sqlite.index import SqliteWordIndex
from search.domain.document import EpisodeDocument
from search.testing.corpus import document

EPISODES = tuple(f"episode-{number}" for number in range(6))


def times_said(run: int) -> int:
    """Return how often run R says `runR`."""
    return 50 + run % 37


def take(episode: str, run: int) -> EpisodeDocument:
    """Return a run of an episode."""
    others = " ".join(f"word{number % 900}" for number in range(1_500))
    return document(episode, f"run{run} " * times_said(run), others, run=f"{run:09}")


def main(file: Path, notes: Path, seed: int) -> None:
    index = SqliteWordIndex(file)
    draw = random.Random(seed)
    noted = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    run = seed * 100_000
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        run += 1
        episode = draw.choice(EPISODES)
        index.put(take(episode, run))
        os.write(noted, f"{episode} {run}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
