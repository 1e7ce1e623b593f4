"""Tables that the event log tells of: noticed where they are lost, and made again from it."""

import contextlib
import fcntl
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import captions.contract
from captions.service import CaptionsService
from everyword_events import (
    Event,
    EventLog,
    EverywordError,
    TranscriptRefined,
    TransientFailure,
    is_stale,
)
from everyword_events.sqlite.opener import delete_file, is_damaged

_TOLD_EVERY_S: Final = 2.0
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def projection(path: Path) -> Iterator[bool]:
    """Tell whether a table must be made again, which the block then does.

    That is where it is missing, damaged, or was not finished. A damaged file is set aside until the
    block ends: what it held is in the log, and removed words must not stay in it. One process at
    a time looks and makes; the others wait, and find it done.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    aside = path.with_name(f"{path.name}.damaged")
    with _alone(path.parent):
        if is_damaged(path):
            _log.warning("a table is damaged and is made again", extra={"file": path.name})
            sys.stderr.write(f"everyword: {path.name} is damaged and is made again\n")
            path.replace(aside)
            delete_file(path)
        lost = unfinished.exists() or not path.exists()
        if lost:
            unfinished.touch(mode=0o600)
        yield lost
        unfinished.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)


def telling(what: str, total: int) -> Callable[[int], None]:
    """Return what is told how many are done; it says so on stderr where it takes long."""
    told_at = time.monotonic()

    def progress(done: int) -> None:
        nonlocal told_at
        if time.monotonic() > told_at + _TOLD_EVERY_S:
            told_at = time.monotonic()
            share = f"{done:,} of {total:,}, {100 * done // max(1, total)} %"
            sys.stderr.write(f"everyword: making the {what} again: {share}\n")

    return progress


def refill_captions(service: CaptionsService, log: EventLog) -> None:
    """Take in what the log tells of every episode's newest run; stored files are found again."""
    types = [consumed.__name__ for consumed in captions.contract.CONTRACT.consumes]
    total, newest = 0, dict[str, Event]()
    for recorded in log.scan(types=types):
        total += 1
        event = recorded.event
        if isinstance(event.data, TranscriptRefined):
            held = newest.get(event.meta.episode_id)
            if held is None or not is_stale(event.meta.run_id, held.meta.run_id):
                newest[event.meta.episode_id] = event
    ids = {event.meta.event_id for event in newest.values()}
    progress = telling("table of captions", total)
    for number, recorded in enumerate(log.scan(types=types)):
        event = recorded.event
        if isinstance(event.data, TranscriptRefined) and event.meta.event_id not in ids:
            continue
        try:
            service.handle(event)
        except TransientFailure:
            raise
        except EverywordError as error:
            _log.warning(
                "an event was passed over",
                extra={"code": error.code, "episode_id": event.meta.episode_id},
            )
        progress(number)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
