"""A service's routes on Lambda: the same application as on one machine, answered by Mangum."""

import secrets
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from mangum import Mangum

from everyword_aws.clients import client
from everyword_aws.environment import ApiEnvironment
from everyword_aws.keys import DynamoKeyStore
from everyword_aws.measuring import RequestMetrics
from everyword_aws.show_access import chosen_shows, no_episode
from everyword_http import create_application
from everyword_http.keys import KeyAccess, Keys
from everyword_http.measured import Measured

HttpHandler = Callable[[dict[str, Any], Any], Any]


def http_handler(
    routers: Sequence[APIRouter],
    environment: ApiEnvironment,
    *,
    show_of: Callable[[str], str] = no_episode,
) -> HttpHandler:
    """Return the Lambda handler of a service's routes.

    `show_of` gives the show of an episode, where routes that may be public name one.
    """
    store = DynamoKeyStore(client("dynamodb"), f"{environment.prefix}-keys")
    access = KeyAccess(
        Keys(store),
        signing_key=secrets.token_bytes(32),  # nobody signs in here: keys only
        public_shows=chosen_shows(environment, show_of),
    )
    app = create_application("Everyword", version("everyword-aws"), routers, access=access)
    return Mangum(Measured(app, RequestMetrics()), lifespan="off")
