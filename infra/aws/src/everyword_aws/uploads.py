"""What S3 says of new objects, and what ingest does about it.

S3 may tell twice, late, or of what is gone; a person's retry may put the same key again. All of
that is harmless: an episode's upload is validated once, and what is no upload is let go with a
line in the log. An episode that S3 never told of is found by the schedule.
"""

import logging
import re
from typing import Any, Final

from aws_lambda_powertools.utilities.batch import BatchProcessor
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic import BaseModel

from everyword_events import EverywordError, NotFound
from ingest.service import IngestService

logger = logging.getLogger(__name__)
_UPLOAD: Final = re.compile(r"episodes/(?P<episode_id>[A-Za-z0-9_-]+)/upload/[A-Za-z0-9._-]+")


class ToldBatch(BatchProcessor):
    """A batch in which each message that fails is told of; it comes again, a few times."""

    def failure_handler(self, record: Any, exception: Any) -> Any:
        """Log what failed."""
        error = exception[1]
        known = isinstance(error, EverywordError)
        logger.warning(
            "message failed, it comes again",
            exc_info=None if known else exception,
            extra={
                "action": "message_failed",
                "code": error.code if known else "unexpected_error",
                "message_id": record.message_id,
                "attempt": int(record.attributes.approximate_receive_count),
            },
        )
        return super().failure_handler(record, exception)


class _Named(BaseModel):
    name: str


class _Key(BaseModel):
    key: str


class Created(BaseModel):
    """What matters of S3's "Object Created"."""

    bucket: _Named
    object: _Key


class Told(EventBridgeModel):
    """S3's message; Powertools' envelope for it would load those of all other sources too."""

    detail: Created


class UploadNotices:
    """Completes uploads that S3 told of."""

    def __init__(self, service: IngestService, bucket: str) -> None:
        self._service = service
        self._bucket = bucket

    def take(self, created: Created) -> str:
        """Validate the upload that was put; return what became of it.

        Raises:
            TransientFailure: S3, the log or the table does not answer.
        """
        upload = _UPLOAD.fullmatch(created.object.key)
        if created.bucket.name != self._bucket or upload is None:
            return self._told("no_upload", created, "")
        episode_id = upload["episode_id"]
        try:
            state = self._service.complete(episode_id).state
        except NotFound as error:  # removed, expired or deleted since
            return self._told(error.code, created, episode_id)
        return self._told(state, created, episode_id)

    def settle(self) -> int:
        """Complete what S3 never told of, and expire what never came."""
        settled = self._service.settle_uploads()
        logger.info("uploads settled", extra={"action": "settled", "episodes": settled})
        return settled

    def _told(self, outcome: str, created: Created, episode_id: str) -> str:
        logger.info(
            "upload seen",
            extra={
                "action": "upload_seen",
                "outcome": outcome,
                "episode_id": episode_id,
                "key": created.object.key[:200],
            },
        )
        return outcome
