"""Every few minutes: publish what the log took and the relay missed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.bus import relay
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _: LambdaContext) -> dict[str, int]:
    """Relay what is late."""
    return {"relayed": relay().sweep()}
