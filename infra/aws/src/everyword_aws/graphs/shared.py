"""What the graphs of all services have in common."""

from typing import Any, TypeVar

from pydantic import BaseModel

from everyword_aws.blobs import ServiceBlobs
from everyword_aws.clients import client
from everyword_aws.environment import ServiceEnvironment
from everyword_aws.settings import ShippedSettings
from everyword_events.aws.log import DynamoConsumerStates, DynamoEventLog
from everyword_events.aws.sqs import SqsInbox

Section = TypeVar("Section", bound=BaseModel)
Queue = TypeVar("Queue", bound=SqsInbox)


class ServiceGraph:
    """The ports of one service on AWS."""

    def __init__(self, environment: ServiceEnvironment | None = None) -> None:
        self.environment = environment or ServiceEnvironment.read()
        self.log = DynamoEventLog(client("dynamodb"), self.environment.event_log)
        self.states = DynamoConsumerStates(client("dynamodb"), self.environment.event_log)
        self.blobs = ServiceBlobs(client("s3"), self.environment.bucket)

    def settings(self, model: type[Section], **changes: Any) -> ShippedSettings[Section]:
        """Read the service's section of everyword.toml."""
        return ShippedSettings.read(model, self.environment.settings_file, **changes)

    def inbox(self, kind: type[Queue], consumer: str = "") -> Queue:
        """Return the queue of a consumer, the service's own if none is named."""
        name = consumer or self.environment.service
        return kind(
            client("sqs"),
            self.environment.queue(name),
            name,
            dead_letter_url=self.environment.dead_letters(name),
            log=self.log,
        )
