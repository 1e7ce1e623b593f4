"""The captions service on AWS."""

from functools import cache

from captions.adapters.dynamodb import DynamoLatestCaptions
from captions.config import CaptionsSettings
from captions.service import CaptionsService
from everyword_aws.clients import client
from everyword_aws.graphs.shared import ServiceGraph


@cache
def graph() -> ServiceGraph:
    """Return the service's ports."""
    return ServiceGraph()


@cache
def service() -> CaptionsService:
    """Return the service."""
    own = graph()
    return CaptionsService(
        own.blobs,
        own.settings(CaptionsSettings).for_show,
        DynamoLatestCaptions(client("dynamodb"), own.environment.table),
    )
