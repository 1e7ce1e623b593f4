"""The captions service on AWS."""

from functools import cache

from captions.adapters.dynamodb import DynamoLatestCaptions
from captions.config import CaptionsSettings
from captions.service import CaptionsService
from everyword_aws.batch import BatchConsumer
from everyword_aws.clients import client
from everyword_aws.graphs.shared import ServiceGraph


@cache
def _graph() -> ServiceGraph:
    return ServiceGraph()


@cache
def service() -> CaptionsService:
    """Return the service."""
    graph = _graph()
    return CaptionsService(
        graph.blobs,
        graph.settings(CaptionsSettings).for_show,
        DynamoLatestCaptions(client("dynamodb"), graph.environment.table),
    )


@cache
def consumer() -> BatchConsumer:
    """Return what handles the service's events."""
    return _graph().consumer(service().handle, forget=service().forget)
