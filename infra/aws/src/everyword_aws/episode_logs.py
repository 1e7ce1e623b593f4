"""An episode's lines in the logs of all functions and workers, by CloudWatch Logs Insights."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from everyword_events import EventLog, InvalidInput, NotFound, TransientFailure
from everyword_events.aws.errors import translated

LONGEST_S: Final = 22.0
"""API Gateway waits for 30 s."""
POLL_S: Final = 0.5
DAYS: Final = 30
"""So far back it looks where nobody says since when: Insights reads, and charges, by the day."""
_RUNNING: Final = frozenset({"Scheduled", "Running", "Unknown"})


class InsightsLogs:
    """Finds lines by their `episode_id`."""

    def __init__(
        self,
        client: Any,
        groups: Sequence[str],
        log: EventLog,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._groups = groups
        self._log = log
        self._clock = clock
        self._sleep = sleep

    def lines(self, episode_id: str, since: datetime | None, most: int) -> list[dict[str, Any]]:
        """Return the newest `most` lines about an episode, oldest first.

        Raises:
            NotFound: there is no such episode.
            TransientFailure: CloudWatch does not answer in time.
        """
        if not self._log.of_episode(episode_id):
            raise NotFound(f"no episode {episode_id[:80]!r}", code="episode_missing")
        if '"' in episode_id or "\\" in episode_id:
            raise InvalidInput("an episode's id has no quotes", code="episode_id_invalid")
        now = datetime.fromtimestamp(self._clock(), UTC)
        with translated("ask CloudWatch for logs"):
            query_id = self._client.start_query(
                logGroupNames=list(self._groups),
                startTime=int((since or now - timedelta(days=DAYS)).timestamp()),
                endTime=int(now.timestamp()) + 1,
                queryString=f'fields @message, @log | filter episode_id = "{episode_id}"'
                " | sort @timestamp desc",
                limit=most,
            )["queryId"]
        found = (_line(row) for row in self._results(query_id))
        return [line for line in found if line is not None][::-1]

    def _results(self, query_id: str) -> Sequence[Any]:
        deadline = self._clock() + LONGEST_S
        while self._clock() < deadline:
            with translated("read what CloudWatch found"):
                reply = self._client.get_query_results(queryId=query_id)
            if reply["status"] == "Complete":
                rows: Sequence[Any] = reply["results"]
                return rows
            if reply["status"] not in _RUNNING:
                break
            self._sleep(POLL_S)
        raise TransientFailure(
            "CloudWatch did not find the lines in time",
            hint="ask again, with a later `since`",
            code="logs_busy",
        )


def _line(row: Sequence[dict[str, str]]) -> dict[str, Any] | None:
    """Return one line as one machine's logs have it; what is no JSON is left out."""
    told = {field["field"]: field["value"] for field in row}
    try:
        line = json.loads(told.get("@message", ""))
    except ValueError:
        return None
    if not isinstance(line, dict):
        return None
    moment = line.pop("timestamp", "")
    return {"log": told.get("@log", "").rpartition("/")[2], "time": moment, **line}
