"""The refine service on AWS."""

from functools import cache

from everyword_aws.clients import client
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.parameters import secret
from everyword_aws.voices import ShippedConsent, left_to_the_recogniser
from refine.adapters.choice import Models
from refine.adapters.log_history import LogHistory
from refine.config import RefineSettings
from refine.service import RefineService
from refine.show_voices import ShowVoices


@cache
def graph() -> ServiceGraph:
    """Return the service's ports."""
    return ServiceGraph()


@cache
def consents() -> ShippedConsent:
    """Return which shows consent that voices are known."""
    return ShippedConsent(graph().environment.settings_file)


@cache
def voices() -> ShowVoices:
    """Return the voices that people named, in the shows that consent."""
    own = graph()
    history = LogHistory(own.log)
    return ShowVoices(own.blobs, history, history, own.log, erase=left_to_the_recogniser)


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
        known_speakers=voices(),
        consents=consents(),
    )
