"""Refine: queue -> dispatcher -> durable function, so that a step done is not paid for again."""

from dataclasses import replace

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from constructs import Construct
from everyword_aws.voices import SCHEDULE

from everyword_cdk import permissions
from everyword_cdk.checks import accept_resource
from everyword_cdk.parts.storage import ServiceBucket
from everyword_cdk.stacks.base import DeploymentPlan
from everyword_cdk.stacks.service import BATCH, ServiceStack
from everyword_events import ServiceContract, VoiceForgotten
from refine.contract import CONTRACT

MODEL_KEY = "refine/model-key"
"""Where in Parameter Store the key of a language model lies."""
STEP_TIMEOUT = Duration.minutes(15)
LONGEST = Duration.days(2)
"""How long one episode may take, its waits for a model that is down included."""
REMEMBERED = Duration.days(14)
LOOKED_EVERY = Duration.days(1)
MODEL_BUDGET_S = 600.0
"""The model's time in one step: less than a function may run."""


class RefineStack(ServiceStack):
    """The refine service."""

    def __init__(self, scope: Construct, plan: DeploymentPlan) -> None:
        super().__init__(
            scope,
            CONTRACT.service,
            "refine",
            plan,
            "Everyword: refinement",
            beside=("transcribe",),
        )
        names = plan.names
        ServiceBucket(self, self.service, names, plan.deployment, versioned=True)
        queue = self.work_queue()
        queue.subscribe(self.bus, _without_erasure(), holds_runs=True)
        self.durable = self.function(
            "durable",
            "Refines one transcript, step by step",
            [
                *permissions.append_events(names),
                *permissions.write_blobs(names, self.service),
                *permissions.keep_show_lists(names),
                *permissions.consume(names, self.service),
                *self._model(),
                *self._key(),
                *permissions.read_blobs(names, "ingest", "transcribe-gpu"),
                *permissions.checkpoint_durably(names, "refine-durable"),
            ],
            timeout=STEP_TIMEOUT,
            memory_mib=1024,
            durable=lambda_.DurableConfig(execution_timeout=LONGEST, retention_period=REMEMBERED),
            reserved=plan.deployment.refine_concurrency,
            on_failure=destinations.SqsDestination(queue.dead_letters),
            variables=self._key_variables(),
        )
        accept_resource(
            self.durable,
            f"{names.function_arn('refine-durable')}:*",
            "Every version of itself: an execution goes on with the version it began with",
        )
        dispatcher = self.function(
            "events",
            "Starts one durable execution per event",
            [
                *permissions.consume(names, self.service),
                permissions.invoke(names, "refine-durable"),
                *permissions.append_events(names),
            ],
            timeout=Duration.minutes(1),
            memory_mib=256,
            variables={"durable_function": f"{names.function('refine-durable')}:live"},
        )
        dispatcher.work_on(queue, batch=BATCH, most_at_once=2)
        self.api_function = self.api(
            [
                *permissions.append_events(names),
                *permissions.keep_show_lists(names),
                *permissions.read_blobs(names, self.service, "ingest", "transcribe-gpu"),
                permissions.scan_events(names),  # a show's episodes: renamed in, forgotten in
                *self._key(),
            ],
            variables=self._key_variables(),
        )
        self._voices()

    def _voices(self) -> None:
        """Forget, day by day, the voices of shows that consent no longer."""
        names = self.plan.names
        voices = self.function(
            "voices",
            "Forgets the voices of shows that consent no longer",
            [
                *permissions.append_events(names),
                permissions.scan_events(names),
                *permissions.read_blobs(names, self.service, "transcribe-gpu"),
            ],
            timeout=STEP_TIMEOUT,
            memory_mib=512,
        )
        self.schedules.every(
            LOOKED_EVERY, SCHEDULE, voices, "Voices of shows that consent no longer are forgotten"
        )

    def _model(self) -> list[iam.PolicyStatement]:
        model_id = self.plan.deployment.model_id
        return [permissions.invoke_model(model_id)] if model_id else []

    def _key(self) -> list[iam.PolicyStatement]:
        given = self.plan.deployment.model_key
        return [permissions.read_parameter(self.plan.names, MODEL_KEY)] if given else []

    def _key_variables(self) -> dict[str, str]:
        given = self.plan.deployment.model_key
        return {"model_key_parameter": f"/{self.plan.names.prefix}/{MODEL_KEY}"} if given else {}


def _without_erasure() -> ServiceContract:
    """Return what refine consumes here: voiceprints lie in the recogniser's bucket, not in its."""
    kept = tuple(kind for kind in CONTRACT.consumes if kind is not VoiceForgotten)
    return replace(CONTRACT, consumes=kept)
