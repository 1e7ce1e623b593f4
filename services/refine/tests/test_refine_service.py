from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from everyword_events import (
    BlobRef,
    EngineInfo,
    EpisodeInfo,
    EpisodeRemoved,
    Event,
    InvalidInput,
    Misconfigured,
    TranscriptReady,
    TranscriptRefined,
    new_run_id,
)
from everyword_storage import DirectoryBlobStore, artifact_key
from everyword_transcripts import PhoneSpan, Transcript, read_transcript, write_transcript
from refine.config import RefineSettings, Replacement
from refine.contract import CONTRACT
from refine.domain.report import read_report
from refine.service import RefineService

EPISODE = EpisodeInfo(show="Slow Radio", title="One", as_of=datetime(2026, 1, 1, tzinfo=UTC))
AWS = RefineSettings.model_validate({"replacements": [{"from": "a w s", "to": "AWS"}]})


def ready(
    blobs: DirectoryBlobStore,
    transcript: Any,
    *,
    episode_id: Any = "ep1",
    run_id: Any = None,
    raw: Any = None,
) -> Any:
    body = write_transcript(transcript) if raw is None else raw
    ref = blobs.put(f"in/{episode_id}.json", body, media_type="application/json")
    data = TranscriptReady(
        episode=EPISODE,
        transcript=ref,
        audio=BlobRef(uri="blob://ingest/a", sha256="0" * 64, bytes=1),
        language="en",
        duration_s=9.0,
        words=0,
        engine=EngineInfo(name="pocketsphinx"),
    )
    return Event.first("transcribe-gpu", data, episode_id=episode_id, run_id=run_id or new_run_id())


def test_a_ready_transcript_is_refined(
    blobs: DirectoryBlobStore, transcribe: Callable[..., Transcript]
) -> None:
    service = RefineService(blobs, lambda show: AWS if show == "Slow Radio" else RefineSettings())
    event = ready(blobs, transcribe("we use a w s", "and more of it", speakers=["S0", "S1"]))
    (got,) = service.handle(event)
    assert CONTRACT.accepts(event)
    assert got.source == "everyword.refine"
    assert got.meta.causation_id == event.meta.event_id
    data = got.data
    assert isinstance(data, TranscriptRefined)
    assert (data.episode, data.audio) == (event.data.episode, event.data.audio)
    assert (data.words, data.rules_applied, data.degraded) == (7, 1, None)
    assert data.speakers == ("S0", "S1")
    assert {"read", "rules", "write"} <= data.timings_s.keys()
    refined = read_transcript(blobs.get(data.transcript))
    assert [s.text for s in refined.segments] == ["we use AWS", "and more of it"]
    assert (refined.episode_id, refined.run_id) == ("ep1", event.meta.run_id)
    report = read_report(blobs.get(data.report))
    assert report.rules == {"rule 1": 1}
    assert report.changes[0].after == "AWS"


def test_an_acoustic_reading_is_carried_through(
    blobs: DirectoryBlobStore, transcribe: Callable[..., Transcript]
) -> None:
    heard = replace(transcribe("we use a w s"), phones=(PhoneSpan(0.1, 0.9, "W IY Y UW Z"),))
    (got,) = RefineService(blobs, lambda _: AWS).handle(ready(blobs, heard))
    assert isinstance(got.data, TranscriptRefined)
    assert read_transcript(blobs.get(got.data.transcript)).phones == heard.phones


def test_a_redelivery_gives_the_same_event_and_does_no_work(
    blobs: DirectoryBlobStore, transcribe: Callable[..., Transcript]
) -> Any:
    asked = []

    def settings_for(show: Any) -> Any:
        asked.append(show)
        return AWS

    event = ready(blobs, transcribe("we use a w s"))
    first = RefineService(blobs, settings_for).handle(event)
    second = RefineService(blobs, settings_for).handle(event)
    assert len(asked) == 1
    assert [e.meta.event_id for e in first] == [e.meta.event_id for e in second]
    assert [e.data for e in first] == [e.data for e in second]


def test_changed_rules_apply_in_a_new_run_only(
    blobs: DirectoryBlobStore, transcribe: Callable[..., Transcript]
) -> None:
    event = ready(blobs, transcribe("we use a w s"))
    RefineService(blobs, lambda _: RefineSettings()).handle(event)
    (same,) = RefineService(blobs, lambda _: AWS).handle(event)
    assert same.data.rules_applied == 0
    (again,) = RefineService(blobs, lambda _: AWS).handle(event.replayed(run_id=new_run_id()))
    assert again.data.rules_applied == 1


def test_an_empty_transcript_is_still_a_transcript(blobs: DirectoryBlobStore) -> None:
    (got,) = RefineService(blobs, lambda _: AWS).handle(ready(blobs, Transcript("en", 10.0)))
    assert got.data.words == 0
    assert read_transcript(blobs.get(got.data.transcript)).duration_s == 10.0


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'{"segments": 3}', b"\xff\xfe\x00"])
def test_what_is_no_transcript_is_invalid_input(blobs: DirectoryBlobStore, raw: Any) -> None:
    event = ready(blobs, None, raw=raw)
    with pytest.raises(InvalidInput, match="transcript"):
        RefineService(blobs, lambda _: AWS).handle(event)


def test_a_rule_that_came_past_the_settings_is_misconfigured(
    blobs: DirectoryBlobStore, transcribe: Callable[..., Transcript]
) -> None:
    bad = Replacement.model_construct(kind="regex", from_="(", to="", case_sensitive=False)
    service = RefineService(blobs, lambda _: RefineSettings.model_construct(replacements=(bad,)))
    with pytest.raises(Misconfigured, match="rule 1"):
        service.handle(ready(blobs, transcribe("hello")))


def test_a_removed_episode_leaves_nothing(
    blobs: DirectoryBlobStore, transcribe: Callable[..., Transcript]
) -> None:
    service = RefineService(blobs, lambda _: AWS)
    event = ready(blobs, transcribe("we use a w s"))
    service.handle(event)
    key = artifact_key("ep1", event.meta.run_id, "refine/transcript.json")
    assert blobs.stat(key) is not None
    removed = Event.first("ingest", EpisodeRemoved(), episode_id="ep1", run_id=new_run_id())
    assert service.handle(removed) == []
    assert blobs.stat(key) is None
    assert service.handle(removed) == []
