"""S3's "Object Created", or a schedule -> ingest settles uploads, and keeps what is to be kept."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType
from aws_lambda_powertools.utilities.batch import process_partial_response as each_of
from aws_lambda_powertools.utilities.typing import LambdaContext

from everyword_aws.graphs.ingest import graph, service
from everyword_aws.retaining import SCHEDULE, time_is_up
from everyword_aws.telemetry import logger
from everyword_aws.uploads import Told, ToldBatch, UploadNotices

processor = ToldBatch(EventType.SQS, raise_on_entire_batch_failure=False)


@cache
def uploads() -> UploadNotices:
    """Return what settles uploads when S3 tells of them."""
    return UploadNotices(service(), graph().environment.bucket)


def validate_upload(record: Any) -> str:
    """Settle the upload that one message tells of."""
    return uploads().take(Told.model_validate(record.json_body).detail)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a message of S3's, or a schedule's call."""
    if event.get("schedule") == SCHEDULE:
        stopping = time_is_up(context.get_remaining_time_in_millis)
        return {"episodes": len(service().retention.apply(stopping))}
    if "Records" not in event:
        return {"settled": uploads().settle()}
    return each_of(event, validate_upload, processor, context)
