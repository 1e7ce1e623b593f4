"""A message, or the schedule -> feeds are taken in and polled."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.web import feeds
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work while there is time; a run that fails is tried again by its message."""
    return {"batchItemFailures": [], **feeds().work(context.get_remaining_time_in_millis)}
