"""IAM statements: what a role may do, never more than its service needs.

No statement here has a `*` action. A `*` resource stands only where AWS knows no narrower one, with
the reason beside it; tests/infra compares every role of the synthesized templates with this.
"""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from everyword_aws.show_access import PUBLIC_SHOWS

from everyword_cdk.names import Names
from everyword_events.aws.log import PAUSED, UNRELAYED_INDEX

_EPISODES = "episodes/*"
SHOWS = "shows/*"
"""Where refine keeps what holds in a whole show."""
KEYS = "keys"
"""The table of API keys: hashed, owned by the website stack, read by every API."""


def _allow(
    actions: Sequence[str], *resources: str, conditions: dict[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=list(actions), resources=list(resources), conditions=conditions
    )


def write_logs(names: Names, function: str) -> iam.PolicyStatement:
    """Let a function write to its own log group."""
    return _allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_of(names, function))


def log_of(names: Names, function: str) -> str:
    """Return the ARN of the streams in a function's log group."""
    return names.arn("logs", f"log-group:/aws/lambda/{names.function(function)}:*")


def read_logs(names: Names, *groups: str) -> list[iam.PolicyStatement]:
    """Let a role look for lines in logs. Of a query's results AWS knows no resource but `*`."""
    return [
        _allow(["logs:StartQuery"], *(log_group(names, each) for each in groups)),
        _allow(["logs:GetQueryResults"], "*"),
    ]


def log_group(names: Names, group: str) -> str:
    """Return the ARN of a log group, as policies name it."""
    return names.arn("logs", f"log-group:{group}:*")


def write_traces() -> iam.PolicyStatement:
    """Let a role send traces. X-Ray has no resources to name: `*` is the only one it accepts."""
    return _allow(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")


def append_events(names: Names) -> list[iam.PolicyStatement]:
    """Let a role append to the event log and read it: a transaction of puts and the head's move."""
    return [
        _allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], names.event_log_arn),
        _allow(
            ["dynamodb:DeleteItem"],  # of the note that a consumer is paused, nothing else
            names.event_log_arn,
            conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [PAUSED]}},
        ),
        read_events(names),
    ]


def read_events(names: Names) -> iam.PolicyStatement:
    """Let a role read the event log, an episode at a time."""
    return _allow(["dynamodb:GetItem", "dynamodb:Query"], names.event_log_arn)


def scan_events(names: Names) -> iam.PolicyStatement:
    """Let a role walk the whole event log: to replay everything, or to make a table again."""
    return _allow(["dynamodb:Scan"], names.event_log_arn)


def erase_events(names: Names) -> iam.PolicyStatement:
    """Let a role erase what was said of a removed episode."""
    return _allow(["dynamodb:BatchWriteItem", "dynamodb:DeleteItem"], names.event_log_arn)


def use_table(names: Names, service: str) -> iam.PolicyStatement:
    """Let a role read and write the table that its service owns."""
    table = names.table_arn(service)
    actions = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
    return _allow([f"dynamodb:{action}" for action in actions], table, *_indexes(table, service))


def read_table(names: Names, service: str) -> iam.PolicyStatement:
    """Let a role read the table that its service owns."""
    table = names.table_arn(service)
    actions = ["dynamodb:GetItem", "dynamodb:Query"]
    return _allow(actions, table, *_indexes(table, service))


def _indexes(table: str, service: str) -> list[str]:
    return [f"{table}/index/*"] if service == "ingest" else []


def write_blobs(names: Names, service: str) -> list[iam.PolicyStatement]:
    """Let a role keep, read and delete blobs in the bucket that its service owns."""
    bucket = names.bucket_arn(service)
    actions = (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "s3:PutObjectTagging",
    )
    return [
        _allow(actions, f"{bucket}/{_EPISODES}"),
        _allow(["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"], bucket),
    ]


def read_blobs(names: Names, *services: str) -> list[iam.PolicyStatement]:
    """Let a role read what events reference in services' buckets.

    Who may not list a bucket is told "forbidden" of what is not there, which reads as a deployment
    that is wrong, where it is a file that was removed.
    """
    buckets = [names.bucket_arn(each) for each in services]
    return [
        _allow(["s3:GetObject"], *(f"{each}/{_EPISODES}" for each in buckets)),
        _allow(["s3:ListBucket"], *buckets),
    ]


def keep_show_lists(names: Names) -> list[iam.PolicyStatement]:
    """Let refine's roles keep what was said of whole shows: lists that only grow."""
    bucket = names.bucket_arn("refine")
    return [
        _allow(["s3:GetObject", "s3:PutObject"], f"{bucket}/{SHOWS}"),
        _allow(["s3:ListBucket"], bucket),
    ]


def consume(names: Names, consumer: str) -> list[iam.PolicyStatement]:
    """Let a role work on a consumer's queue: finish, return, retry and dead-letter messages."""
    queue = names.queue_arn(names.queue(consumer))
    dead_letters = names.queue_arn(names.dead_letters(consumer))
    actions = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    return [
        _allow([f"sqs:{action}" for action in actions], queue),
        _allow(["sqs:SendMessage"], queue, dead_letters),
    ]


def read_stream(names: Names) -> iam.PolicyStatement:
    """Let a role read the stream of the event log."""
    actions = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    return _allow([f"dynamodb:{action}" for action in actions], f"{names.event_log_arn}/stream/*")


def put_events(names: Names) -> iam.PolicyStatement:
    """Let a role put events on the bus: the relay's alone, for the log comes first."""
    return _allow(["events:PutEvents"], names.bus_arn)


def invoke(names: Names, function: str) -> iam.PolicyStatement:
    """Let a role invoke the live version of another function."""
    return _allow(["lambda:InvokeFunction"], f"{names.function_arn(function)}:live")


def invoke_model(model_id: str) -> iam.PolicyStatement:
    """Let a role invoke one Bedrock model, in whichever regions its inference profile routes to."""
    base = model_id.split(".", 1)[-1] if model_id.count(".") > 1 else model_id
    return _allow(
        ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
        f"arn:aws:bedrock:*::foundation-model/{base}",
        f"arn:aws:bedrock:*:*:inference-profile/{model_id}",
    )


def read_parameter(names: Names, path: str) -> iam.PolicyStatement:
    """Let a role read one secret of Parameter Store."""
    return _allow(["ssm:GetParameter"], names.arn("ssm", f"parameter/{names.prefix}/{path}"))


def search_index(collection_arn: str) -> iam.PolicyStatement:
    """Let a role call the collection; its data access policy says what it may do there."""
    return _allow(["aoss:APIAccessAll"], collection_arn)


def mark_relayed(names: Names) -> list[iam.PolicyStatement]:
    """Let the relay note in the log what is on the bus, and the sweep find what is not."""
    log = names.event_log_arn
    return [
        _allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], log),
        _allow(["dynamodb:Query"], f"{log}/index/{UNRELAYED_INDEX}"),
    ]


def read_keys(names: Names) -> iam.PolicyStatement:
    """Let an API look up the hash of a key."""
    return _allow(["dynamodb:GetItem"], names.table_arn(KEYS))


def choose_shows(names: Names) -> iam.PolicyStatement:
    """Let search's API keep which shows are public: one item beside the keys, and no key."""
    return _allow(
        ["dynamodb:UpdateItem"],
        names.table_arn(KEYS),
        conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [PUBLIC_SHOWS]}},
    )


def manage_keys(names: Names) -> iam.PolicyStatement:
    """Let the operator's API make, list, rotate and revoke keys."""
    actions = ("DeleteItem", "GetItem", "PutItem", "Scan")
    return _allow([f"dynamodb:{action}" for action in actions], names.table_arn(KEYS))


def count_waiting(names: Names, *consumers: str) -> iam.PolicyStatement:
    """Let a role see how much waits in queues."""
    queues = [names.queue_arn(names.queue(each)) for each in consumers]
    return _allow(["sqs:GetQueueAttributes"], *queues)


def redrive(names: Names, *consumers: str) -> list[iam.PolicyStatement]:
    """Let a role look through dead letters, delete them, and queue them again."""
    dead = [names.queue_arn(names.dead_letters(each)) for each in consumers]
    queues = [names.queue_arn(names.queue(each)) for each in consumers]
    actions = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    return [
        _allow([f"sqs:{action}" for action in actions], *dead),
        _allow(["sqs:SendMessage"], *queues),
    ]


def keep_secrets(names: Names, path: str) -> iam.PolicyStatement:
    """Let a role keep secrets under a path of its service in Parameter Store."""
    actions = ["ssm:DeleteParameter", "ssm:GetParameters", "ssm:PutParameter"]
    return _allow(actions, secrets_under(names, path))


def secrets_under(names: Names, path: str) -> str:
    """Return the ARN of the secrets under a path."""
    return names.arn("ssm", f"parameter/{names.prefix}/{path}/*")


def checkpoint_durably(names: Names, function: str) -> list[iam.PolicyStatement]:
    """Let a durable function keep the steps of its own executions."""
    actions = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]
    return [_allow(actions, f"{names.function_arn(function)}:*")]


def send(names: Names, consumer: str) -> iam.PolicyStatement:
    """Let a role put work on a queue of its own service."""
    return _allow(["sqs:SendMessage"], names.queue_arn(names.queue(consumer)))
