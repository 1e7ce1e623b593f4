"""One transcript, refined durably."""

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution

from everyword_aws.graphs.refine import refining
from everyword_aws.telemetry import logger


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Attempt until the event is handled, or given up with a reason."""
    logger.set_correlation_id(str(event.get("id", "")))
    return refining().run(event, context)
