"""A process that appends to a log, and prints the id of every event whose append returned.

`python log_child.py PATH EPISODE COUNT` (0: for ever) appends to SQLite; with `--dynamodb SOCKET
COUNT` to DynamoDB, whose calls it sends to the process behind the socket.
"""

import sys
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from everyword_events import EventLog
from everyword_events.aws.log import DynamoEventLog
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import ready


class Remote:
    """Stands for boto3's client."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**options: Any) -> Any:
            self._pipe.send((name, options))
            answer = self._pipe.recv()
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, name: str) -> Any:
        raise NotImplementedError(name)


def append(log: EventLog, episode_id: str, most: int) -> None:
    for number in range(most) if most else count():
        event = ready(str(number), episode_id=episode_id)
        log.append([event])
        sys.stdout.write(f"{event.meta.event_id}\n")
        sys.stdout.flush()


def main() -> None:
    where, name, most = sys.argv[1:]
    if where == "--dynamodb":
        with Client(name) as pipe:
            client: Any = Remote(pipe)
            append(DynamoEventLog(client, "event-log"), "e", int(most))
            pipe.send(None)
    else:
        with SqliteBus(Path(where), ()) as log:
            append(log, name, int(most))


if __name__ == "__main__":
    main()
