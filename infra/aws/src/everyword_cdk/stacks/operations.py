"""What those who run it look at: one dashboard, and a budget that speaks up."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from everyword_aws.measuring import (
    AUDIO_SECONDS,
    DEAD_LETTERED,
    DELIVERIES,
    GPU_SECONDS,
    HANDLED,
    HANDLER_SECONDS,
    OUTCOME,
    PAUSED,
    REQUEST_SECONDS,
    REQUESTS,
    RETRIED,
    SERVER_ERRORS,
    SERVICE,
    STATUS,
)

from everyword_cdk.parts.alarms import own_metric
from everyword_cdk.stacks.base import DeploymentPlan, EverywordStack
from transcribe_gpu.contract import CONTRACT as TRANSCRIBE

_TOLD_AT = (80, 100)
API = "-api"


class OperationsStack(EverywordStack):
    """Dashboard and budget. `settling` are the consumers that say what became of each event."""

    def __init__(
        self,
        scope: Construct,
        plan: DeploymentPlan,
        consumers: Sequence[str],
        functions: Sequence[str],
        settling: Sequence[str],
    ) -> None:
        super().__init__(scope, "operations", plan, "Everyword: dashboard and budget")
        self._settling = settling
        self._apis = [each.removesuffix(API) for each in functions if each.endswith(API)]
        self._dashboard(consumers, functions)
        if plan.deployment.monthly_budget_usd:
            self._budget(plan.deployment.monthly_budget_usd)

    def _dashboard(self, consumers: Sequence[str], functions: Sequence[str]) -> None:
        names = self.plan.names
        queues = {each: names.queue(each) for each in consumers}
        dead = {each: names.dead_letters(each) for each in consumers}
        lambdas = {each: names.function(each) for each in functions}
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=names.prefix)
        board.add_widgets(
            self._graph("Messages waiting", "SQS", "ApproximateNumberOfMessagesVisible", queues),
            self._graph("Oldest message, s", "SQS", "ApproximateAgeOfOldestMessage", queues),
            self._graph("Dead letters", "SQS", "ApproximateNumberOfMessagesVisible", dead),
        )
        board.add_widgets(
            self._graph("Errors", "Lambda", "Errors", lambdas, statistic="sum"),
            self._graph("Duration, ms (p95)", "Lambda", "Duration", lambdas, statistic="p95"),
            self._graph("Throttles", "Lambda", "Throttles", lambdas, statistic="sum"),
        )
        board.add_widgets(*self._work())
        services = {each: f"{names.prefix}-transcribe-gpu-{each}" for each in ("spot", "on-demand")}
        workers = [
            cloudwatch.Metric(
                namespace="ECS/ContainerInsights",
                metric_name="RunningTaskCount",
                dimensions_map={"ClusterName": f"{names.prefix}-gpu", "ServiceName": service},
                statistic="max",
                period=Duration.minutes(1),
                label=kind,
            )
            for kind, service in services.items()
        ]
        board.add_widgets(
            cloudwatch.GraphWidget(title="GPU workers", left=workers, width=8),
            self._graph(
                "Log to bus, ms late", "Lambda", "IteratorAge", {"relay": names.function("relay")}
            ),
        )

    def _work(self) -> list[cloudwatch.GraphWidget]:
        """Show what the functions and the workers say of their own work."""

        def own(metric: str, of: Sequence[str], statistic: str = "sum", **more: str) -> Any:
            return [
                own_metric(
                    self.plan.names,
                    metric,
                    label=" ".join([service, *more.values()]),
                    statistic=statistic,
                    **{SERVICE: service, **more},
                )
                for service in of
            ]

        outcomes = {
            title: [
                metric
                for outcome in some
                for metric in own(DELIVERIES, self._settling, **{OUTCOME: outcome})
            ]
            for title, some in (
                ("Events handled", (HANDLED,)),
                ("Events not handled", (RETRIED, DEAD_LETTERED, PAUSED)),
            )
        }
        handled = own(HANDLER_SECONDS, self._settling, "p95", **{OUTCOME: HANDLED})
        recognised = [
            metric
            for measured in (AUDIO_SECONDS, GPU_SECONDS)
            for metric in own(measured, [TRANSCRIBE.service])
        ]
        return [
            *(cloudwatch.GraphWidget(title=t, left=m, width=8) for t, m in outcomes.items()),
            cloudwatch.GraphWidget(title="An event, s (p95)", left=handled, width=8),
            cloudwatch.GraphWidget(title="Audio and GPU, s", left=recognised, width=8),
            cloudwatch.GraphWidget(
                title="Requests, s (p95)", left=own(REQUEST_SECONDS, self._apis, "p95"), width=8
            ),
            cloudwatch.GraphWidget(
                title="Requests answered with an error of ours",
                left=own(REQUESTS, self._apis, **{STATUS: SERVER_ERRORS}),
                width=8,
            ),
        ]

    def _graph(
        self,
        title: str,
        namespace: str,
        metric: str,
        of: dict[str, str],
        *,
        statistic: str = "max",
    ) -> cloudwatch.GraphWidget:
        dimension = {"SQS": "QueueName", "Lambda": "FunctionName"}[namespace]
        metrics = [
            cloudwatch.Metric(
                namespace=f"AWS/{namespace}",
                metric_name=metric,
                dimensions_map={dimension: name},
                statistic=statistic,
                period=Duration.minutes(5),
                label=label,
            )
            for label, name in of.items()
        ]
        return cloudwatch.GraphWidget(title=title, left=metrics, width=8)

    def _budget(self, usd: float) -> None:
        subscriber = budgets.CfnBudget.SubscriberProperty(
            subscription_type="SNS", address=self.plan.names.alarms_arn
        )
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=self.plan.names.prefix,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type="ACTUAL",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for percent in _TOLD_AT
            ],
        )
