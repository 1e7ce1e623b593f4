"""Replays from EventBridge's own archive: what went over the bus in a time, once more as it was.

    python -m everyword_aws.archive --since 2026-11-01 --until 2026-11-02T06:00Z --only search

For a consumer that lost messages: its rule filled no queue, or the queue was emptied. The events
are the very same, so that whoever handled one finds its work done. What is to be worked on anew,
of an episode or a show, is for `everyword replay`: EventBridge chooses by time and rule alone.
It runs with the credentials of whoever operates the deployment, not in a function.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from everyword_aws.clients import client
from everyword_events import EverywordError, InvalidInput, TransientFailure
from everyword_events.aws.errors import translated

RUNNING: Final = ("STARTING", "RUNNING")
POLL_S: Final = 15.0
ARCHIVED_AFTER: Final = "EventBridge archives an event some ten minutes after it went out"


class ArchiveReplays:
    """Starts a replay of a deployment's archive, and waits for its end."""

    def __init__(
        self, events: Any, deployment: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._events = events
        self._deployment = deployment
        self._sleep = sleep

    def start(self, since: datetime, until: datetime, *, only: Sequence[str] = ()) -> str:
        """Begin to put out again what went over the bus; return the replay's name.

        Raises:
            InvalidInput: the times are no span, or a consumer has no rule on the bus.
            Misconfigured: no such deployment, or no right to replay.
        """
        if since >= until:
            raise InvalidInput(
                "the replay would end before it begins", hint="--until is later than --since"
            )
        with translated("find the archive"):
            archive = self._events.describe_archive(ArchiveName=self._deployment)
        destination: dict[str, Any] = {"Arn": archive["EventSourceArn"]}
        if only:
            rules = self._rules()
            unknown = sorted(set(only) - rules.keys())
            if unknown:
                raise InvalidInput(
                    f"no rule fills a queue of {', '.join(unknown)}",
                    hint=f"consumers are {', '.join(sorted(rules))}",
                )
            destination["FilterArns"] = [rules[each] for each in only]
        name = f"{self._deployment}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        with translated("start a replay"):
            self._events.start_replay(
                ReplayName=name,
                EventSourceArn=archive["ArchiveArn"],
                EventStartTime=since,
                EventEndTime=until,
                Destination=destination,
            )
        return name

    def finish(self, name: str, told: Callable[[str], None]) -> str:
        """Wait until a replay ends, telling how far it is; return its state.

        Raises:
            TransientFailure: EventBridge does not answer.
        """
        while True:
            with translated("look at a replay"):
                replay = self._events.describe_replay(ReplayName=name)
            state = str(replay["State"])
            reached = replay.get("EventLastReplayedTime")
            told(f"{name}: {state.lower()}{f', up to {reached}' if reached else ''}")
            if state not in RUNNING:
                return state
            self._sleep(POLL_S)

    def _rules(self) -> dict[str, str]:
        """Return the rules that fill consumers' queues, by consumer."""
        found = {}
        with translated("list the rules of the bus"):
            pages = self._events.get_paginator("list_rules").paginate(EventBusName=self._deployment)
            for rule in (rule for page in pages for rule in page["Rules"]):
                targets = self._events.list_targets_by_rule(
                    Rule=rule["Name"], EventBusName=self._deployment
                )["Targets"]
                for target in targets:
                    service, name = target["Arn"].split(":")[2], target["Arn"].rpartition(":")[2]
                    if service == "sqs" and name.startswith(f"{self._deployment}-"):
                        found[name.removeprefix(f"{self._deployment}-")] = rule["Arn"]
        return found


def moment(text: str) -> datetime:
    """Read a time; without a zone it is UTC."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay, and wait for the end."""
    parser = argparse.ArgumentParser("everyword_aws.archive", description=__doc__.splitlines()[0])
    parser.add_argument("--since", type=moment, required=True, help="when the first went out")
    parser.add_argument("--until", type=moment, required=True, help=ARCHIVED_AFTER)
    parser.add_argument("--only", nargs="+", default=(), help="consumers; all without it")
    parser.add_argument("--name", default="everyword", help="the deployment")
    given = parser.parse_args(arguments)
    try:
        with translated("reach AWS"):
            replays = ArchiveReplays(client("events"), given.name)
        name = replays.start(given.since, given.until, only=given.only)
        state = replays.finish(name, _tell)
    except EverywordError as error:
        hint = f" - {error.hint}" if error.hint else ""
        _tell(f"everyword: {error.message}{hint}")
        return 4 if isinstance(error, TransientFailure) else 2
    return 0 if state == "COMPLETED" else 1


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
