"""What the graphs of all services have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from everyword_aws.batch import BatchConsumer, LambdaInbox
from everyword_aws.blobs import ServiceBlobs
from everyword_aws.clients import client
from everyword_aws.environment import ServiceEnvironment
from everyword_aws.settings import ShippedSettings
from everyword_events import Handler
from everyword_events.aws.log import DynamoConsumerStates, DynamoEventLog
from everyword_events.removal import guarded

Section = TypeVar("Section", bound=BaseModel)


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

    def inbox(self, consumer: str = "") -> LambdaInbox:
        """Return the queue of the function's consumer."""
        name = consumer or self.environment.service
        return LambdaInbox(
            client("sqs"),
            self.environment.queue(name),
            name,
            dead_letter_url=self.environment.dead_letters(name),
            log=self.log,
        )

    def consumer(
        self,
        handler: Handler,
        *,
        consumer: str = "",
        forget: Callable[[str], None] | None = None,
    ) -> BatchConsumer:
        """Return what works on batches; with `forget`, under the removal guard."""
        work = guarded(handler, self.log, forget) if forget is not None else handler
        return BatchConsumer(self.inbox(consumer), self.log, work, self.states)
