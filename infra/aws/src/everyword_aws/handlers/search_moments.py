"""Ingest asks where a query is spoken in an episode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.search import moments
from everyword_aws.telemetry import logger


@logger.inject_lambda_context
def handler(event: dict[str, str], _: LambdaContext) -> dict[str, Any]:
    """Answer one question."""
    return moments().find(event)
