"""The envelope every event travels in: identity, causation, audience, replay.

On the wire an event has EventBridge's own form:
`{"version", "id", "source", "detail-type", "time", "detail": {"meta", "data"}}`.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import uuid_utils
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, SerializeAsAny

_IDENTITY = uuid_utils.UUID("6f0d9d1e-5f6b-4c63-9a55-0d8e7c1f4b2a")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVERYONE = "all"


def new_run_id() -> str:
    """Return a UUIDv7 (RFC 9562): run ids, and episode ids, sort by the time they were made."""
    return str(uuid_utils.uuid7())


def derived_event_id(cause_id: str, event_type: str, schema: int, part: str = "") -> str:
    """Derive an event's id from its cause, so that the same work done twice is the same event.

    `part` tells apart several events of one type from one cause. The id keeps the cause's first 48
    bits (for a UUIDv7 its time), and is then a UUIDv8 (RFC 9562): the events of one chain lie side
    by side in every index, so that a large log costs no more to append to than a small one.
    """
    digest = str(uuid_utils.uuid5(_IDENTITY, f"{cause_id}|{event_type}|{schema}|{part}"))
    return f"{cause_id[:14]}8{digest[15:]}" if _UUID.fullmatch(cause_id) else digest


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Model(BaseModel):
    """A frozen value that ignores, on read, fields a newer writer may have added."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        str_min_length=0,  # a bound makes pydantic refuse lone surrogates, which JSON cannot carry
        defer_build=True,  # a function reads a few kinds of event, and pays for no others
    )


class BlobRef(Model):
    """A claim check: where a blob lies and what it must hash to."""

    uri: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: NonNegativeInt
    media_type: str = "application/octet-stream"


class EventData(Model):
    """What happened, in the past tense: the class's name is the event's type."""

    schema_version: ClassVar[int] = 1

    @classmethod
    def event_type(cls) -> str:
        """Return the `detail-type` on the wire."""
        return cls.__name__


class Replay(Model):
    """Marks an event published again from the event log."""

    of: str
    reason: str = ""
    requested_at: AwareDatetime


class Meta(Model):
    """What every event says about itself."""

    event_id: str = Field(min_length=1)
    schema_version: int = Field(default=1, alias="schema")
    episode_id: str = Field(min_length=1)
    run_id: str = Field(min_length=1)
    occurred_at: AwareDatetime
    correlation_id: str
    causation_id: str | None = None
    attempt: int = 1
    audience: tuple[str, ...] = (EVERYONE,)
    replay: Replay | None = None


class Event(Model):
    """One fact: its envelope (`meta`), its `source` (`everyword.refine`) and its `data`."""

    source: str
    meta: Meta
    data: SerializeAsAny[EventData]

    @property
    def type(self) -> str:
        """The event's type, `TranscriptRefined` for one."""
        return self.data.event_type()

    def is_for(self, consumer: str) -> bool:
        """Tell whether `consumer` is in the audience."""
        return EVERYONE in self.meta.audience or consumer in self.meta.audience

    def to_detail(self) -> dict[str, Any]:
        """Return `{"meta": …, "data": …}` in JSON's own types."""
        return {
            "meta": self.meta.model_dump(mode="json", by_alias=True),
            "data": self.data.model_dump(mode="json", by_alias=True),
        }

    def to_wire(self) -> dict[str, Any]:
        """Return the event as EventBridge delivers it."""
        return {
            "version": "0",
            "id": self.meta.event_id,
            "source": self.source,
            "detail-type": self.type,
            "time": _rfc3339(self.meta.occurred_at),
            "detail": self.to_detail(),
        }

    def to_json(self) -> str:
        """Return `to_wire()` as one line of JSON."""
        meta = self.meta.model_dump_json(by_alias=True)
        data = self.data.model_dump_json(by_alias=True)
        return (
            f'{{"version":"0","id":{json.dumps(self.meta.event_id)},'
            f'"source":{json.dumps(self.source)},"detail-type":"{self.type}",'
            f'"time":"{_rfc3339(self.meta.occurred_at)}","detail":{{"meta":{meta},"data":{data}}}}}'
        )

    @classmethod
    def first(
        cls,
        service: str,
        data: EventData,
        *,
        episode_id: str,
        run_id: str,
        event_id: str | None = None,
        occurred_at: datetime | None = None,
    ) -> Self:
        """Start a chain: an event that no other event caused."""
        event_id = event_id or str(uuid_utils.uuid7())
        return cls(
            source=f"everyword.{service}",
            meta=Meta(
                event_id=event_id,
                schema_version=data.schema_version,
                episode_id=episode_id,
                run_id=run_id,
                occurred_at=occurred_at or datetime.now(UTC),
                correlation_id=event_id,
            ),
            data=data,
        )

    def causes(self, service: str, data: EventData, *, part: str = "") -> "Event":
        """Return the event `data` that `service` emits because of this one.

        Its id is derived (see `derived_event_id`); episode, run and correlation carry over; its
        audience is everyone.
        """
        meta = self.meta
        return Event(
            source=f"everyword.{service}",
            meta=Meta(
                event_id=derived_event_id(
                    meta.event_id, data.event_type(), data.schema_version, part
                ),
                schema_version=data.schema_version,
                episode_id=meta.episode_id,
                run_id=meta.run_id,
                occurred_at=datetime.now(UTC),
                correlation_id=meta.correlation_id,
                causation_id=meta.event_id,
            ),
            data=data,
        )

    def replayed(
        self,
        *,
        run_id: str,
        reason: str = "",
        audience: Sequence[str] = (EVERYONE,),
        request_id: str = "",
    ) -> "Event":
        """Return this stored event as the start of a new run, for `audience` only.

        Its id is derived from the `request_id`, or else from the run.
        """
        meta = self.meta
        event_id = replayed_id(meta.event_id, self, request_id or run_id)
        now = datetime.now(UTC)
        return self.model_copy(
            update={
                "meta": meta.model_copy(
                    update={
                        "event_id": event_id,
                        "run_id": run_id,
                        "occurred_at": now,
                        "correlation_id": event_id,
                        "causation_id": meta.event_id,
                        "attempt": 1,
                        "audience": tuple(audience),
                        "replay": Replay(of=meta.event_id, reason=reason, requested_at=now),
                    }
                )
            }
        )


def replayed_id(of: str, event: Event, request: str) -> str:
    """Return the id that `event`, or a replay of it, has as the replay of event `of`."""
    return derived_event_id(of, event.type, event.meta.schema_version, f"replay|{request}")
