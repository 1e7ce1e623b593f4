"""AudioUploaded, or the schedule -> as many GPU workers run as work is waiting for."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.transcribe import waker
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, int]:
    """Start what is missing; an upload is work, also before its message is on the queue."""
    return {"woken": waker().wake(at_least=1 if "detail" in event else 0)}
