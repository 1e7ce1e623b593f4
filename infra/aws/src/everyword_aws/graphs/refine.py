"""The refine service on AWS."""

from functools import cache

from everyword_aws.clients import client
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.parameters import secret
from refine.adapters.choice import Models
from refine.adapters.log_history import LogHistory
from refine.config import RefineSettings
from refine.service import RefineService


@cache
def graph() -> ServiceGraph:
    """Return the service's ports."""
    return ServiceGraph()


@cache
def service() -> RefineService:
    """Return the service."""
    own = graph()
    return RefineService(
        own.blobs,
        own.settings(RefineSettings).for_show,
        history=LogHistory(own.log),
        log=own.log,
        models=Models(api_key=secret(client("ssm"), own.environment.model_key_parameter)),
    )
