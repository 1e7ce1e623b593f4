"""What became of an episode's run, told to the world outside: one message an outcome."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final, Literal

from pydantic import AwareDatetime, Field

from everyword_events import (
    BlobRef,
    CaptionsPublished,
    DeliveryDeadLettered,
    EpisodeFinished,
    EpisodeIndexed,
    EpisodeInfo,
    Event,
    Model,
    SavedSearchMatched,
    TranscriptionFailed,
    UploadRejected,
    derived_event_id,
)
from ingest.domain.episode import EpisodeView

SCHEMA: Final = 1
RETRY_AFTER_S: Final = (10.0, 60.0, 300.0, 1800.0, 7200.0, 21600.0, 43200.0)
"""How long after each failed try a webhook is tried again; after the last it is given up."""

_SUCCEEDS: Final = (CaptionsPublished, EpisodeIndexed)
_FAILS: Final = (UploadRejected, TranscriptionFailed, DeliveryDeadLettered)
LinkOf = Callable[[BlobRef], str]


class OutcomeMessage(Model):
    """A message of the results queue, and the body of a webhook about an outcome."""

    message_id: str
    schema_version: int = Field(default=SCHEMA, alias="schema")
    type: str = "EpisodeFinished"
    episode_id: str
    run_id: str
    status: Literal["success", "failed"]
    source_file: str
    output_file: str | None = None
    formats: dict[str, str] = Field(default_factory=dict)
    error: dict[str, str] | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    timestamp: AwareDatetime


class MatchMessage(Model):
    """The body of a webhook about a saved search."""

    message_id: str
    schema_version: int = Field(default=SCHEMA, alias="schema")
    type: str = "SavedSearchMatched"
    search_id: str
    query: str
    episode_id: str
    run_id: str
    show: str
    title: str
    moments: tuple[dict[str, Any], ...]
    timestamp: AwareDatetime


def finished(event: Event, view: EpisodeView, service: str) -> Event | None:
    """Return the EpisodeFinished that follows from an event, or None.

    Captions and index may come in any order, both times: a run's success has one id. A failure's
    id comes from the event that failed, so that the next failure is another outcome.
    """
    data = event.data
    ready = view.state == "ready" and isinstance(data, _SUCCEEDS)
    failed = view.state == "failed" and isinstance(data, _FAILS) and view.error is not None
    if not (ready or failed):
        return None
    outcome = EpisodeFinished(
        episode=EpisodeInfo(
            show=view.show,
            title=view.title,
            published_at=view.published_at,
            link=view.link,
            as_of=view.as_of or event.meta.occurred_at,
        ),
        filename=view.filename,
        status="success" if ready else "failed",
        transcript=view.transcript,
        files=view.files if ready else {},
        duration_s=view.duration_s,
        language=view.language,
        code=view.error.code if failed and view.error else "",
        message=view.error.message if failed and view.error else "",
        hint=view.error.hint if failed and view.error else "",
    )
    caused = event.causes(service, outcome)
    cause = view.run_id if ready else event.meta.event_id
    event_id = derived_event_id(cause, outcome.event_type(), outcome.schema_version, view.run_id)
    meta = caused.meta.model_copy(update={"event_id": event_id, "run_id": view.run_id})
    return caused.model_copy(update={"meta": meta})


def outcome_message(event: Event, link_of: LinkOf) -> OutcomeMessage:
    """Return what is told of an EpisodeFinished; `link_of` says where a file is found."""
    data, meta = event.data, event.meta
    assert isinstance(data, EpisodeFinished)
    error = {"code": data.code, "message": data.message, "hint": data.hint}
    details = {
        "show": data.episode.show,
        "title": data.episode.title,
        "duration_s": data.duration_s,
        "language": data.language,
    }
    done = data.status == "success"
    return OutcomeMessage(
        message_id=meta.event_id,
        episode_id=meta.episode_id,
        run_id=meta.run_id,
        status=data.status,
        source_file=data.filename,
        output_file=f"/v1/episodes/{meta.episode_id}/transcript.json?run={meta.run_id}"
        if done
        else None,
        formats={name: link_of(ref) for name, ref in data.files.items()},
        error=None if done else error,
        details={name: value for name, value in details.items() if value},
        timestamp=meta.occurred_at,
    )


def match_message(event: Event) -> MatchMessage:
    """Return what is told of a SavedSearchMatched."""
    data, meta = event.data, event.meta
    assert isinstance(data, SavedSearchMatched)
    return MatchMessage(
        message_id=meta.event_id,
        search_id=data.search_id,
        query=data.query,
        episode_id=meta.episode_id,
        run_id=meta.run_id,
        show=data.episode.show,
        title=data.episode.title,
        moments=tuple(each.model_dump(mode="json") for each in data.moments),
        timestamp=meta.occurred_at,
    )


def signature(secret: str, body: bytes, *, at: int) -> str:
    """Return the Everyword-Signature of a body that is sent `at` a Unix time.

    Who receives it computes the same and compares in constant time; a time more than five minutes
    off is a replayed request.
    """
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
