"""Replays of many episodes, kept in a DynamoDB table with the key (`pk`, `sk`).

Rows: `replays`, an id: what was asked for and how far it is; `replay ` with an id, a number: some
of its episodes; `replay-requests`, a digest of what is asked for: the id of the newest such replay.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

from everyword_events.aws.rows import Item, Rows, key, row
from everyword_events.envelope import new_run_id
from everyword_events.errors import Conflict, NotFound, TransientFailure
from everyword_events.replay_jobs import ReplayRequest, ReplayState, ReplayStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EPISODES_A_ROW: Final = 2_000
"""Ids of 36 characters: a fifth of what a row may be."""
_REPLAYS: Final = "replays"
_REQUESTS: Final = "replay-requests"
_TRIES: Final = 10


class DynamoReplays:
    """Replays over one table; threads and processes may share it."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rows = Rows(client, table)
        self._clock = clock

    def start(self, request: ReplayRequest, episode_ids: Sequence[str]) -> ReplayStatus:
        """Keep a replay to be done; one asked for the same that is not finished is returned."""
        asked = request.to_json()
        name = sha256(asked.encode()).hexdigest()
        for _ in range(_TRIES):
            pointer = self._rows.get(_REQUESTS, name)
            before = pointer["record"]["S"] if pointer else ""
            if before and (status := self._found(before)) and status.state in {"running", "paused"}:
                return status
            replay_id = new_run_id()
            self._keep_episodes(replay_id, episode_ids)
            if self._rows.together(self._new(replay_id, asked, len(episode_ids), name, before)):
                return self.get(replay_id)
        raise TransientFailure("many ask for the same replay at once", code="replay_contended")

    def get(self, replay_id: str) -> ReplayStatus:
        """Return how far a replay is.

        Raises:
            NotFound: there is none of that id.
        """
        status = self._found(replay_id)
        if status is None:
            raise NotFound(f"no replay {replay_id[:80]!r}", code="replay_missing")
        return status

    def list(self, *, limit: int = 100) -> Sequence[ReplayStatus]:
        """Return the newest replays, newest first."""
        rows = self._rows.of(_REPLAYS, backwards=True)
        return [_status(each) for each, _ in zip(rows, range(limit), strict=False)]

    def change(self, replay_id: str, state: ReplayState) -> ReplayStatus:
        """Pause, go on with or cancel a replay that is not finished.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is over.
        """
        status = self.get(replay_id)
        changed = status.state in {"running", "paused"} and self._rows.update(
            _REPLAYS,
            replay_id,
            "SET job_state = :next",
            condition="job_state IN (:running, :paused)",
            next=state,
            running="running",
            paused="paused",
        )
        status = self.get(replay_id)
        if not changed and status.state != state:
            raise Conflict(f"the replay is {status.state}", code="replay_over")
        return status

    def next_episodes(self, status: ReplayStatus, *, most: int) -> Sequence[str]:
        """Return the episodes that a replay has to look at next."""
        number, first = divmod(status.done, EPISODES_A_ROW)
        found = self._rows.get(_episodes(status.replay_id), f"{number:06}")
        ids: Sequence[str] = json.loads(found["record"]["S"]) if found else []
        return ids[first : first + most]

    def advance(self, replay_id: str, *, done: int, replayed: int) -> None:
        """Note that so many more episodes were looked at; the last one ends the replay."""
        self._rows.update(
            _REPLAYS, replay_id, "ADD done :done, replayed :replayed", done=done, replayed=replayed
        )

    def forget(self, episode_id: str) -> None:
        """Keep no words of replays that took a removed episode: neither its show nor the reason."""
        for item in self._rows.of(_REPLAYS):
            request = ReplayRequest(**json.loads(item["record"]["S"]))
            bare = replace(request, show=None, reason="")
            if bare != request and self._took(item["sk"]["S"], episode_id):
                rewritten: Item = {
                    "Key": key(_REPLAYS, item["sk"]["S"]),
                    "UpdateExpression": "SET #record = :record",
                    "ExpressionAttributeNames": {"#record": "record"},
                    "ExpressionAttributeValues": {":record": {"S": bare.to_json()}},
                }
                self._rows.together([{"Update": rewritten}])

    def _took(self, replay_id: str, episode_id: str) -> bool:
        rows = self._rows.of(_episodes(replay_id))
        return any(episode_id in json.loads(each["record"]["S"]) for each in rows)

    def _keep_episodes(self, replay_id: str, episode_ids: Sequence[str]) -> None:
        for number, first in enumerate(range(0, len(episode_ids), EPISODES_A_ROW)):
            some = list(episode_ids[first : first + EPISODES_A_ROW])
            self._rows.put(_episodes(replay_id), f"{number:06}", json.dumps(some))

    def _new(
        self, replay_id: str, asked: str, total: int, name: str, before: str
    ) -> Sequence[Item]:
        """Return the writes that begin a replay, unless another one of its request began."""
        created_ms = int(self._clock().timestamp() * 1000)
        counts = {"total": total, "done": 0, "replayed": 0, "created_ms": created_ms}
        job = row(_REPLAYS, replay_id, asked, job_state="running", **counts)
        pointer: Item = {
            "Item": row(_REQUESTS, name, replay_id),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before:
            pointer["ConditionExpression"] = "#record = :before"
            pointer["ExpressionAttributeNames"] = {"#record": "record"}
            pointer["ExpressionAttributeValues"] = {":before": {"S": before}}
        return [{"Put": pointer}, {"Put": {"Item": job}}]

    def _found(self, replay_id: str) -> ReplayStatus | None:
        found = self._rows.get(_REPLAYS, replay_id) if replay_id else None
        return _status(found) if found else None


def _status(item: Any) -> ReplayStatus:
    total, done = int(item["total"]["N"]), int(item["done"]["N"])
    state = cast("ReplayState", item["job_state"]["S"])
    return ReplayStatus(
        replay_id=item["sk"]["S"],
        request=ReplayRequest(**json.loads(item["record"]["S"])),
        state="done" if state == "running" and done >= total else state,
        total=total,
        done=done,
        replayed=int(item["replayed"]["N"]),
        created_at=datetime.fromtimestamp(int(item["created_ms"]["N"]) / 1000, UTC),
    )


def _episodes(replay_id: str) -> str:
    return f"replay {replay_id}"
