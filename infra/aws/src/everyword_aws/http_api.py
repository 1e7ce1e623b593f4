"""A service's routes on Lambda: the same application as on one machine, answered by Mangum."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from mangum import Mangum

from everyword_aws.clients import client
from everyword_aws.environment import ServiceEnvironment
from everyword_aws.keys import DynamoKeys
from everyword_http import create_application

HttpHandler = Callable[[dict[str, Any], Any], Any]


def http_handler(router: APIRouter, environment: ServiceEnvironment) -> HttpHandler:
    """Return the Lambda handler of a service's routes."""
    keys = DynamoKeys(
        client("dynamodb"),
        f"{environment.prefix}-keys",
        public_search=environment.public_search == "yes",
    )
    app = create_application("Everyword", version("everyword-aws"), [router], access=keys)
    return Mangum(app, lifespan="off")
