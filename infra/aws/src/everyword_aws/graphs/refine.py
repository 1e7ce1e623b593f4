"""The refine service on AWS."""

from functools import cache

from everyword_aws.clients import client
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.parameters import secret
from everyword_aws.refining import Refining
from everyword_events.removal import guarded
from refine.adapters.choice import Models
from refine.adapters.log_history import LogHistory
from refine.config import RefineSettings
from refine.service import RefineService


@cache
def _graph() -> ServiceGraph:
    return ServiceGraph()


@cache
def service() -> RefineService:
    """Return the service."""
    graph = _graph()
    return RefineService(
        graph.blobs,
        graph.settings(RefineSettings).for_show,
        history=LogHistory(graph.log),
        log=graph.log,
        models=Models(api_key=secret(client("ssm"), graph.environment.model_key_parameter)),
    )


@cache
def refining() -> Refining:
    """Return what the durable function does."""
    graph = _graph()
    work = guarded(service().handle, graph.log, service().forget)
    return Refining(work, graph.log, graph.inbox(), graph.states)
