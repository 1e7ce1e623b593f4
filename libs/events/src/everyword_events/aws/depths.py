"""How much waits in consumers' queues; SQS counts approximately."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

from everyword_events.aws.errors import translated
from everyword_events.ports import QueueDepth

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_Count = Literal[
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
_COUNTS: Final[tuple[_Count, ...]] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsDepths:
    """Counts what consumers have in their queues, and in their dead-letter queues."""

    def __init__(
        self,
        client: "SQSClient",
        queues: Mapping[str, str],
        dead_letters: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self._queues = queues
        self._dead_letters = dead_letters or {}

    def __call__(self) -> Mapping[str, QueueDepth]:
        """Return how many deliveries wait, are worked on, are delayed or are dead, by consumer."""
        return {name: self._depth(name) for name in self._queues}

    def most_waiting(self) -> int:
        """Return how many deliveries the busiest consumer has before it."""
        return max((sum(self._counts(url)) for url in self._queues.values()), default=0)

    def _depth(self, name: str) -> QueueDepth:
        waiting, in_flight, delayed = self._counts(self._queues[name])
        dead = sum(self._counts(self._dead_letters[name])) if name in self._dead_letters else 0
        return QueueDepth(waiting=waiting, in_flight=in_flight, delayed=delayed, dead=dead)

    def _counts(self, url: str) -> tuple[int, int, int]:
        with translated("count what waits in a queue"):
            reply = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))
        found = reply["Attributes"]
        waiting, in_flight, delayed = (int(found.get(name, "0")) for name in _COUNTS)
        return waiting, in_flight, delayed
