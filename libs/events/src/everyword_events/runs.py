"""Newest run wins: which run is newer, and what the next one is called. Decided here alone.

Run ids are UUIDv7 (RFC 9562), which sort by the time they were made. A clock may be set back, so
that time alone never decides: a new run's id is later than every run the episode's log has.
"""

from collections.abc import Iterable
from typing import Final

import uuid_utils

from everyword_events.envelope import Event, new_run_id
from everyword_events.ports import EventLog

_UUID_CHARACTERS: Final = 36
_MOST_MS: Final = (1 << 48) - 1


def is_newer(run_id: str, than: str | None) -> bool:
    """Tell whether `run_id` was started after the run `than` (None: there was none)."""
    return than is None or run_id > than


def is_stale(run_id: str, held: str | None) -> bool:
    """Tell whether a projection that holds run `held` must ignore an event of `run_id`.

    An event of the run it holds is not stale: applying it again gives the same state.
    """
    return held is not None and run_id < held


def newest_run(events: Iterable[Event]) -> str | None:
    """Return the newest run among `events`."""
    return max((event.meta.run_id for event in events), default=None)


def next_run_id(log: EventLog, episode_id: str) -> str:
    """Return the id of a new run of the episode: by the clock, and after every run it had."""
    return later_run_id(newest_run(each.event for each in log.of_episode(episode_id)))


def later_run_id(than: str | None) -> str:
    """Return a new run id that sorts after the run `than`, whatever the clock says."""
    now = new_run_id()
    if than is None or now > than:
        return now
    try:
        late_ms = int(uuid_utils.UUID(than).int >> 80) + 1
    except ValueError:
        late_ms = _MOST_MS + 1
    if late_ms > _MOST_MS or len(than) != _UUID_CHARACTERS:  # none of our ids: sorts after itself
        return f"{than}-{now}"
    return f"{late_ms >> 16:08x}-{late_ms & 0xFFFF:04x}{now[13:]}"
