"""One transcript, refined durably."""

from functools import cache
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution

from everyword_aws.graphs.refine import graph, service
from everyword_aws.measuring import measured
from everyword_aws.old_runs import without_old_runs
from everyword_aws.refining import Refining
from everyword_aws.telemetry import logger
from everyword_events.aws.sqs import SqsInbox
from everyword_events.removal import guarded


@cache
def refining() -> Refining:
    """Return what refines under the removal guard."""
    own = graph()
    inbox = own.inbox(SqsInbox)
    handle = without_old_runs(service().handle, own.blobs)
    work = guarded(handle, own.log, service().forget)
    return Refining(measured(work, inbox.consumer), own.log, inbox, own.states)


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Attempt until the event is handled, or given up with a reason."""
    logger.set_correlation_id(str(event.get("id", "")))
    return refining().run(event, context)
