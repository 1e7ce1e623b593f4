"""HTTP -> captions."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from captions.api import router
from everyword_aws.environment import ServiceEnvironment
from everyword_aws.graphs.captions import service
from everyword_aws.http_api import HttpHandler, http_handler
from everyword_aws.telemetry import logger


@cache
def application() -> HttpHandler:
    """Return the service's application."""
    own = service()
    return http_handler([router(own)], ServiceEnvironment.read(), show_of=own.show_of)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer one request."""
    return application()(event, context)
