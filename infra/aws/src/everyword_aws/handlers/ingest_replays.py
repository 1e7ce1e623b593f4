"""The queue of replays -> stored events are appended again, at a rate."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.replays import runs
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Go on with every replay that runs; a run that fails is tried again by its message."""
    runs().work()
    return {"batchItemFailures": []}
