"""Captions: renders every format of a refined transcript and serves the newest."""

from constructs import Construct

from captions.adapters.dynamodb import table_definition
from captions.contract import CONTRACT
from everyword_cdk import permissions
from everyword_cdk.parts.storage import ServiceBucket, ServiceTable
from everyword_cdk.stacks.base import DeploymentPlan
from everyword_cdk.stacks.service import BATCH, MOST_AT_ONCE, ServiceStack


class CaptionsStack(ServiceStack):
    """The captions service."""

    def __init__(self, scope: Construct, plan: DeploymentPlan) -> None:
        super().__init__(scope, CONTRACT.service, "captions", plan, "Everyword: captions")
        names = plan.names
        ServiceBucket(self, self.service, names, plan.deployment, versioned=True)
        ServiceTable(self, "Latest", plan.deployment, table_definition(names.table(self.service)))
        queue = self.work_queue()
        queue.subscribe(self.bus, CONTRACT, holds_runs=True)
        events = self.events(
            [
                *permissions.append_events(names),
                *permissions.write_blobs(names, self.service),
                *permissions.read_blobs(names, "refine"),
                permissions.use_table(names, self.service),
            ]
        )
        events.work_on(queue, batch=BATCH, most_at_once=MOST_AT_ONCE)
        self.api_function = self.api(
            [
                *permissions.read_blobs(names, self.service),
                permissions.read_table(names, self.service),
            ]
        )
