"""The event log's stream -> the bus."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.bus import relay
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Relay a batch of what was appended."""
    return relay().handle(event)
