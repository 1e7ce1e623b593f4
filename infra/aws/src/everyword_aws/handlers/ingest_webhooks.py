"""The schedule -> webhooks are told what is due."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.notifications import webhooks
from everyword_aws.telemetry import logger

SPARE_MS: Final = 30_000
"""Twice as long as one address may take to answer."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Send what is due while there is time; the next run goes on."""
    return {"tries": webhooks().deliver_due(lambda: left_ms(context) < SPARE_MS)}


def left_ms(context: LambdaContext) -> int:
    """Return how long this run may still take."""
    return int(context.get_remaining_time_in_millis())
