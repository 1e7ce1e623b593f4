"""What whoever runs a deployment asks: keys, health, dead letters."""

from functools import cache

from everyword_aws.clients import client
from everyword_aws.environment import AdminEnvironment
from everyword_aws.episode_logs import InsightsLogs
from everyword_aws.keys import DynamoKeyStore
from everyword_aws.routes.admin import AdminParts
from everyword_events.aws.dead_letters import ConsumerQueues, SqsDeadLetters
from everyword_events.aws.depths import SqsDepths
from everyword_events.aws.log import DynamoConsumerStates, DynamoEventLog
from everyword_http.keys import Keys


@cache
def parts() -> AdminParts:
    """Return what the routes lead to."""
    environment = AdminEnvironment.read()
    queues = {
        name: ConsumerQueues(environment.queue(name), environment.dead_letters(name))
        for name in environment.consumers.split(",")
    }
    sqs, dynamodb = client("sqs"), client("dynamodb")
    depths = SqsDepths(
        sqs,
        {name: each.queue_url for name, each in queues.items()},
        {name: each.dead_letter_url for name, each in queues.items()},
    )
    return AdminParts(
        keys=Keys(DynamoKeyStore(dynamodb, f"{environment.prefix}-keys")),
        letters=SqsDeadLetters(sqs, queues),
        depths=depths,
        logs=InsightsLogs(
            client("logs"),
            environment.log_groups.split(","),
            DynamoEventLog(dynamodb, environment.event_log),
        ).lines,
        states=DynamoConsumerStates(dynamodb, environment.event_log),
    )
