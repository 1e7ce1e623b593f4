"""The queue of replays -> stored events are appended again, at a rate."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch import process_partial_response as each_of
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.ingest import replays
from everyword_aws.telemetry import logger, tracer

processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def replay(record: Any) -> int:
    """Work off one slice."""
    return replays().work(record.body)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Work off a slice; one that fails comes again, and at last is a dead letter."""
    return each_of(event, replay, processor, context)
