"""AudioUploaded -> a GPU worker runs."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.transcribe import workers
from everyword_aws.telemetry import logger, tracer


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(_event: dict[str, Any], _: LambdaContext) -> dict[str, bool]:
    """Start a worker if none runs."""
    return {"woken": workers().wake()}
