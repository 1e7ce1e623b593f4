"""How far a job is, in the table of the service that does it; ingest's API reads it there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from everyword_events import EverywordError
from everyword_events.aws.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STALE: Final = timedelta(minutes=10)
"""What was not touched for so long was left by a worker that was killed."""
LEAST_BETWEEN: Final = timedelta(seconds=2)
"""A report sooner after another is not written, unless the stage changed."""
KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class JobProgress:
    """How far a job is: `fraction` in 0..1, `eta_s` seconds left where known."""

    stage: str
    fraction: float
    eta_s: float | None


class DynamoProgress:
    """A ProgressSink for workers and a ProgressBoard for who asks; never in anybody's way."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._last: tuple[str, str, datetime] | None = None

    def report(
        self, *, episode_id: str, run_id: str, stage: str, fraction: float, eta_s: float | None
    ) -> None:
        """Keep the progress; a table that does not answer costs the progress, not the job."""
        now = self._now()
        if self._last is not None:
            last_episode, last_stage, at = self._last
            if (last_episode, last_stage) == (episode_id, stage) and now - at < LEAST_BETWEEN:
                return
        self._last = (episode_id, stage, now)
        item: dict[str, Any] = {
            **_key(episode_id),
            "run_id": {"S": run_id},
            "stage": {"S": stage},
            "fraction": {"N": f"{fraction:.6f}"},
            "updated_at": {"S": now.isoformat()},
            "expires_at": {"N": str(int((now + KEPT).timestamp()))},
        }
        if eta_s is not None:
            item["eta_s"] = {"N": f"{eta_s:.3f}"}
        self._try(lambda: self._client.put_item(TableName=self._table, Item=item))

    def clear(self, *, episode_id: str) -> None:
        """Forget the episode's progress."""
        self._last = None
        self._try(lambda: self._client.delete_item(TableName=self._table, Key=_key(episode_id)))

    def read(self, episode_id: str, run_id: str) -> JobProgress | None:
        """Return the run's progress; None where there is none, or a dead worker left it."""
        reply = self._try(
            lambda: self._client.get_item(TableName=self._table, Key=_key(episode_id))
        )
        item = (reply or {}).get("Item")
        if item is None or item["run_id"]["S"] != run_id:
            return None
        if self._now() - datetime.fromisoformat(item["updated_at"]["S"]) > STALE:
            return None
        eta_s = float(item["eta_s"]["N"]) if "eta_s" in item else None
        return JobProgress(item["stage"]["S"], float(item["fraction"]["N"]), eta_s)

    def _try(self, call: Callable[[], Any]) -> Any:
        try:
            with translated("read or write progress"):
                return call()
        except EverywordError:
            return None


def _key(episode_id: str) -> dict[str, Any]:
    return {"pk": {"S": episode_id}, "sk": {"S": "progress"}}
