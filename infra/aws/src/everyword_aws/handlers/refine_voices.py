"""A schedule -> voices of shows that consent no longer are forgotten."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.refine import consents, voices
from everyword_aws.retaining import time_is_up
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Forget them while there is time; the next run goes on."""
    stopping = time_is_up(context.get_remaining_time_in_millis)
    return {"episodes": len(voices().forget_withdrawn(consents(), stopping))}
