"""Makes the embedded search index again from the event log, where it was lost or is an old one."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from everyword_events import Event, EventLog, TranscriptRefined
from search.contract import CONTRACT
from search.service import SearchService

if TYPE_CHECKING:
    from search.adapters.sqlite.index import SqliteWordIndex

_TOLD_EVERY_S: Final = 2.0


def refill_index(service: SearchService, index: "SqliteWordIndex", log: EventLog) -> None:
    """Take in all that the log tells of episodes, and say how far it is where it takes long.

    Two processes that start at once both do it: whatever one wrote, the other finds done.
    """
    types = [consumed.__name__ for consumed in CONTRACT.consumes]
    total, newest = 0, dict[str, str]()
    for recorded in log.scan(types=types):
        total += 1
        if isinstance(recorded.event.data, TranscriptRefined):
            newest[recorded.event.meta.episode_id] = recorded.event.meta.event_id
    told_at = time.monotonic()

    def progress(done: int) -> None:
        nonlocal told_at
        if time.monotonic() > told_at + _TOLD_EVERY_S:
            told_at = time.monotonic()
            share = f"{done:,} of {total:,} events, {100 * done // max(1, total)} %"
            sys.stderr.write(f"everyword: making the search index again: {share}\n")

    def events() -> Iterator[Event]:
        for recorded in log.scan(types=types):
            meta, data = recorded.event.meta, recorded.event.data
            if not isinstance(data, TranscriptRefined) or newest[meta.episode_id] == meta.event_id:
                yield recorded.event

    service.refill(events(), progress=progress)
    index.mark_complete()
