"""Every physical name of a deployment, made in one place.

Stacks know each other by name, not by CloudFormation exports: any one of them can be updated alone,
and a role can be granted exactly what it needs of another stack's resources.
"""

from dataclasses import dataclass

from aws_cdk import Aws


@dataclass(frozen=True)
class Names:
    """The names, and the ARNs made of them, of the deployment called `prefix`."""

    prefix: str

    @property
    def bus(self) -> str:
        """The event bus."""
        return self.prefix

    @property
    def event_log(self) -> str:
        """The table of the event log."""
        return f"{self.prefix}-event-log"

    def bucket(self, service: str) -> str:
        """Return the bucket that a service owns."""
        return f"{self.prefix}-{service}-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    def table(self, service: str) -> str:
        """Return the table that a service owns."""
        return f"{self.prefix}-{service}"

    def queue(self, consumer: str) -> str:
        """Return the queue of a consumer."""
        return f"{self.prefix}-{consumer}"

    def dead_letters(self, consumer: str) -> str:
        """Return the dead-letter queue of a consumer."""
        return f"{self.prefix}-{consumer}-dead-letters"

    def function(self, function: str) -> str:
        """Return the name of a Lambda function."""
        return f"{self.prefix}-{function}"

    @property
    def alarms(self) -> str:
        """The topic that tells of alarms."""
        return f"{self.prefix}-alarms"

    @property
    def collection(self) -> str:
        """The OpenSearch Serverless collection."""
        return self.prefix

    def queue_url(self, queue: str) -> str:
        """Return the address of a queue."""
        return f"https://sqs.{Aws.REGION}.{Aws.URL_SUFFIX}/{Aws.ACCOUNT_ID}/{queue}"

    def bucket_arn(self, service: str) -> str:
        """Return the ARN of a service's bucket."""
        return f"arn:{Aws.PARTITION}:s3:::{self.bucket(service)}"

    @property
    def event_log_arn(self) -> str:
        """The ARN of the event log's table."""
        return self.arn("dynamodb", f"table/{self.event_log}")

    def table_arn(self, service: str) -> str:
        """Return the ARN of a service's table."""
        return self.arn("dynamodb", f"table/{self.table(service)}")

    def queue_arn(self, queue: str) -> str:
        """Return the ARN of a queue."""
        return self.arn("sqs", queue)

    @property
    def bus_arn(self) -> str:
        """The ARN of the bus."""
        return self.arn("events", f"event-bus/{self.bus}")

    @property
    def alarms_arn(self) -> str:
        """The ARN of the alarm topic."""
        return self.arn("sns", self.alarms)

    def function_arn(self, function: str) -> str:
        """Return the ARN of a Lambda function."""
        return self.arn("lambda", f"function:{self.function(function)}")

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the deployment's own account and region."""
        return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
