"""What one deployment decides, read from CDK context (`-c key=value`) and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    ValidationError,
    field_validator,
)

from everyword_events import Misconfigured


class Deployment(BaseModel):
    """One deployment's choices; every one has a default that costs little while nothing runs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = Field("everyword", pattern=r"^[a-z][a-z0-9-]{1,18}[a-z0-9]$")
    """What every resource's name begins with; two names are two deployments in one account."""
    settings: Path | None = None
    """The everyword.toml that is validated here and shipped to the services by section."""
    gpu: Literal["ecs", "batch", "asg"] = "ecs"
    """What runs the GPU worker: ECS Managed Instances, AWS Batch, an Auto Scaling group."""
    index: Literal["nextgen", "classic"] = "nextgen"
    """The kind of OpenSearch Serverless collection: nextgen sleeps while nobody searches."""
    worker_image_tag: str = Field("latest", pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")
    """The tag of the worker's image in its repository."""
    worker_idle_polls: PositiveInt = 15
    """After so many empty polls of 20 s a worker leaves its machine."""
    most_gpu_workers: PositiveInt = 4
    """How many GPU workers run at once at most."""
    refine_concurrency: PositiveInt = 3
    """How many episodes are refined at once: what the language model's quota allows."""
    model_id: str = ""
    """The Bedrock model or inference profile that refine may invoke; empty: none."""
    model_key: bool = False
    """Whether refine's model needs the key that lies in Parameter Store (NAME/refine/model-key)."""
    alarm_email: str = ""
    """Who is told of alarms; empty: subscribe to the topic by hand."""
    monthly_budget_usd: NonNegativeFloat = 50.0
    """Told at 80 % and 100 % of so much a month; 0 sets no budget."""
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365] = 30
    """How long logs are kept."""
    public_search: bool = True
    """Whether anybody may search and read captions without a key."""
    archive_days: PositiveInt = 365
    """How long EventBridge keeps events for its own replay; the log keeps them for good."""
    keep_data: bool = True
    """Whether buckets and tables stay when their stack is deleted."""
    page_origins: tuple[str, ...] = ("*",)
    """Which web pages may upload: the origins that CORS allows."""

    @field_validator("page_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> "Deployment":
        """Read the choices that are given.

        Raises:
            Misconfigured: a choice that does not exist or does not fit.
        """
        try:
            return cls.model_validate(dict(context))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            raise Misconfigured(
                f"deployment option {key!r}: {first['msg']}",
                hint=f"options are {', '.join(cls.model_fields)}",
                code="deployment_invalid",
            ) from error
