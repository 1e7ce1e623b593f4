"""S3's "Object Created", or the schedule -> ingest settles uploads."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch import process_partial_response as each_of
from aws_lambda_powertools.utilities.parser import parse
from aws_lambda_powertools.utilities.parser.envelopes import EventBridgeEnvelope
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.ingest import uploads
from everyword_aws.telemetry import logger, tracer
from everyword_aws.uploads import Created

processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def validate_upload(record: Any) -> str:
    """Settle the upload that one message tells of."""
    created = parse(record.json_body, Created, EventBridgeEnvelope)
    return uploads().take(created) if isinstance(created, Created) else "no_upload"


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a message of S3's, or the schedule's call."""
    if "Records" not in event:
        return {"settled": uploads().settle()}
    return each_of(event, validate_upload, processor, context)
