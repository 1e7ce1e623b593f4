"""HTTP -> refine."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.environment import ServiceEnvironment
from everyword_aws.graphs.refine import consents, service, voices
from everyword_aws.http_api import HttpHandler, http_handler
from everyword_aws.routes.refine import refine_routers
from everyword_aws.telemetry import logger


@cache
def application() -> HttpHandler:
    """Return the service's application."""
    routers = refine_routers(service(), voices(), consents())
    return http_handler(routers, ServiceEnvironment.read())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer one request."""
    return application()(event, context)
