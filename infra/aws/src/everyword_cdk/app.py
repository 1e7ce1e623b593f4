"""The CDK application: `python -m everyword_cdk.app`, or by the CDK's own command line."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")

import aws_cdk as cdk
from everyword_aws.graphs.ingest import REPLAYS
from everyword_aws.graphs.web import FEEDS

from everyword_cdk.checks import check
from everyword_cdk.deployment import Deployment
from everyword_cdk.names import Names
from everyword_cdk.parts.function import ServiceFunction
from everyword_cdk.stacks.base import DeploymentPlan
from everyword_cdk.stacks.bus import BusStack
from everyword_cdk.stacks.captions import CaptionsStack
from everyword_cdk.stacks.ingest import CONSUMERS, UPLOADS, IngestStack
from everyword_cdk.stacks.operations import OperationsStack
from everyword_cdk.stacks.refine import RefineStack
from everyword_cdk.stacks.search import SearchStack
from everyword_cdk.stacks.transcribe import REMOVALS, TranscribeStack
from everyword_cdk.stacks.website import WebsiteStack
from everyword_events import EverywordError

NO_BUNDLES: Mapping[str, Any] = {"aws:cdk:bundling-stacks": []}
"""Context of a synthesis that deploys nothing: no package is fetched."""


def functions_of(stack: cdk.Stack) -> list[ServiceFunction]:
    """Return a stack's functions."""
    return [each for each in stack.node.children if isinstance(each, ServiceFunction)]


def build(app: cdk.App, deployment: Deployment) -> list[cdk.Stack]:
    """Put all stacks of a deployment into an application."""
    plan = DeploymentPlan.of(deployment)
    bus = BusStack(app, plan)
    services = [
        IngestStack(app, plan),
        TranscribeStack(app, plan),
        RefineStack(app, plan),
        CaptionsStack(app, plan),
        SearchStack(app, plan),
    ]
    settling = [*(each.service for each in services), *CONSUMERS[1:], REMOVALS]
    consumers = [*settling, UPLOADS, REPLAYS, FEEDS]
    functions = [each.name for stack in (bus, *services) for each in functions_of(stack)]
    website = WebsiteStack(app, plan, consumers, functions)
    functions += [each.name for each in functions_of(website)]
    operations = OperationsStack(app, plan, consumers, functions, settling)
    for service in services:
        service.add_stack_dependency(bus)
        website.add_stack_dependency(service)
    operations.add_stack_dependency(bus)
    cdk.Tags.of(app).add("project", "everyword")
    cdk.Tags.of(app).add("deployment", deployment.name)
    return [bus, *services, website, operations]


def synthesize(
    out: Path | None = None,
    choices: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> cdk.App:
    """Write the templates of a deployment, checked by the rules of `checks`.

    Raises:
        Misconfigured: a choice or the settings file is wrong.
    """
    app = cdk.App(outdir=str(out) if out else None, context=dict(context or {}))
    given = {
        key: app.node.try_get_context(key)
        for key in Deployment.model_fields
        if app.node.try_get_context(key) is not None
    }
    deployment = Deployment.read(given | dict(choices or {}))
    build(app, deployment)
    check(app, Names(deployment.name))
    app.synth()
    return app


def main() -> None:
    """Synthesize; an error is a line, not a traceback."""
    by_cdk = "CDK_OUTDIR" in os.environ
    try:
        synthesize(None if by_cdk else Path("cdk.out"), context=None if by_cdk else NO_BUNDLES)
    except EverywordError as error:
        if os.environ.get("EVERYWORD_DEBUG"):
            raise
        hint = f" - {error.hint}" if error.hint else ""
        sys.exit(f"everyword: {error.message}{hint}")


if __name__ == "__main__":
    main()
