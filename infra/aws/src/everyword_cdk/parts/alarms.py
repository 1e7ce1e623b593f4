"""Alarms: each says in its description what to do, and all of them tell one topic."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from everyword_aws.measuring import (
    DELIVERIES,
    OUTCOME,
    PAUSED,
    REQUESTS,
    SERVER_ERRORS,
    SERVICE,
    STATUS,
)

from everyword_cdk.names import Names

_ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD


def own_metric(
    names: Names, metric: str, *, label: str = "", statistic: str = "sum", **dimensions: str
) -> cloudwatch.Metric:
    """Return a metric that functions and workers write into their logs."""
    return cloudwatch.Metric(
        namespace=names.prefix,
        metric_name=metric,
        dimensions_map=dimensions,
        statistic=statistic,
        period=Duration.minutes(5),
        label=label or None,
    )


class Alarms(Construct):
    """The alarms of one stack."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Alarms")
        self._names = names
        topic = sns.Topic.from_topic_arn(self, "Topic", names.alarms_arn)
        self._action = actions.SnsAction(topic)

    def when(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        above: float,
        todo: str,
        periods: int = 1,
    ) -> None:
        """Raise an alarm while `metric` is above a threshold; `todo` is what to do then."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._names.prefix}-{Stack.of(self).stack_name.rsplit('-')[-1]}-{name}",
            alarm_description=todo,
            metric=metric,
            threshold=above,
            comparison_operator=_ABOVE,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)

    def dead_letters(self, queue: sqs.IQueue, of: str) -> None:
        """Tell of the first dead letter."""
        self.when(
            f"{of}-dead-letters",
            queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="max"
            ),
            above=0,
            todo=f"{of} gave up on a message: `everyword failed list`, mend, `failed redrive`",
        )

    def paused(self, consumer: str) -> None:
        """Tell of a consumer that waits for a mend: no delivery is lost, none goes on."""
        self.when(
            f"{consumer}-paused",
            own_metric(self._names, DELIVERIES, **{SERVICE: consumer, OUTCOME: PAUSED}),
            above=0,
            todo=f"{consumer} waits until a setting, a right or a model is mended: "
            "`everyword status` and its log say which",
            periods=2,
        )

    def server_errors(self, service: str) -> None:
        """Tell of requests that were answered with an error of ours: Lambda counts none of them."""
        self.when(
            f"{service}-5xx",
            own_metric(self._names, REQUESTS, **{SERVICE: service, STATUS: SERVER_ERRORS}),
            above=0,
            todo=f"read the log of {service}-api: a line with `status` 500 names its route",
            periods=2,
        )

    def waiting(self, queue: sqs.IQueue, of: str, *, most: Duration) -> None:
        """Tell when the oldest message waits for too long."""
        self.when(
            f"{of}-waiting",
            queue.metric_approximate_age_of_oldest_message(
                period=Duration.minutes(5), statistic="max"
            ),
            above=most.to_seconds(),
            todo=f"{of} does not keep up, or does not run: look at its errors and its log",
            periods=2,
        )

    def errors(self, function: lambda_.IFunction, of: str) -> None:
        """Tell of a function that raised, timed out or ran out of memory, and of throttling."""
        self.when(
            f"{of}-errors",
            function.metric_errors(period=Duration.minutes(5), statistic="sum"),
            above=0,
            todo=f"read the log of {of}: an error there is one that the code did not foresee",
            periods=2,
        )
