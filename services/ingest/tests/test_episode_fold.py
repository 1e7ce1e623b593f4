"""The fold: every state, newest run wins, and any order with any duplicates gives one view."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import (
    EVERYONE,
    AudioUploaded,
    BlobRef,
    CaptionsPublished,
    DeliveryDeadLettered,
    EngineInfo,
    EpisodeChanged,
    EpisodeCreated,
    EpisodeIndexed,
    EpisodeInfo,
    EpisodeRemoved,
    Event,
    EventData,
    SegmentAnchor,
    TranscriptEdited,
    TranscriptionFailed,
    TranscriptReady,
    TranscriptRefined,
    UploadRejected,
)
from ingest.domain import EpisodeView, Progress, fold

NOW = datetime(2026, 11, 21, tzinfo=UTC)
AUDIO = BlobRef(uri="blob://local/a", sha256="a" * 64, bytes=9, media_type="audio/mpeg")
TEXT = BlobRef(uri="blob://local/t", sha256="b" * 64, bytes=9)
FIRST, SECOND, THIRD = "0001", "0002", "0003"


def info(title: str = "One", at_s: float = 0) -> EpisodeInfo:
    return EpisodeInfo(show="Radio", title=title, as_of=NOW + timedelta(seconds=at_s))


CREATED = EpisodeCreated(
    episode=info(), filename="one.mp3", bytes=9, media_type="audio/mpeg", upload_expires_at=NOW
)
UPLOADED = AudioUploaded(
    episode=info(),
    audio=AUDIO,
    duration_s=60,
    container="mp3",
    codec="mp3",
    channels=1,
    sample_rate_hz=48_000,
)
READY = TranscriptReady(
    episode=info(),
    transcript=TEXT,
    audio=AUDIO,
    language="en",
    duration_s=60,
    words=100,
    engine=EngineInfo(name="tiny"),
    timings_s={"recognise": 5.0},
    flags=("low_score",),
    cost_usd=0.25,
)
REFINED = TranscriptRefined(
    episode=info(),
    transcript=TEXT,
    language="en",
    duration_s=60,
    words=98,
    speakers=("Ada",),
    degraded="model_off",
    timings_s={"rules": 0.5},
    tokens=1234,
    cost_usd=0.5,
)
CAPTIONED = CaptionsPublished(files={"vtt": TEXT})
INDEXED = EpisodeIndexed(words=98, passages=4, index="i")
EDITED = TranscriptEdited(anchor=SegmentAnchor(start=0, end=1, text="a"), text="b")
WHOLE_RUN: tuple[EventData, ...] = (CREATED, UPLOADED, READY, REFINED, CAPTIONED, INDEXED)


def dead(consumer: str, dead_type: str) -> DeliveryDeadLettered:
    return DeliveryDeadLettered(
        consumer=consumer,
        dead_type=dead_type,
        dead_event_id="d",
        code="poison",
        message=f"{consumer} gave up",
        hint="redrive it",
        attempts=5,
    )


class Story:
    """Events one after the other, a second apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(
        self, run_id: str, *facts: EventData, audience: Sequence[str] = (EVERYONE,)
    ) -> "Story":
        for data in facts:
            number = len(self.events)
            event = Event.first(
                "test",
                data,
                episode_id="e1",
                run_id=run_id,
                event_id=f"{number:04}",
                occurred_at=NOW + timedelta(seconds=number),
            )
            meta = event.meta.model_copy(update={"audience": tuple(audience)})
            self.events.append(event.model_copy(update={"meta": meta}))
        return self

    @property
    def view(self) -> EpisodeView:
        return fold(self.events)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (1, "awaiting_upload"),
        (2, "queued"),
        (3, "refining"),
        (4, "publishing"),
        (5, "publishing"),
        (6, "ready"),
    ],
)
def test_a_run_goes_through_its_states(told: int, state: str) -> None:
    view = Story().tell(FIRST, *WHOLE_RUN[:told]).view
    assert (view.state, view.error, view.run_id) == (state, None, FIRST)


def test_the_view_gathers_what_each_event_tells() -> None:
    view = Story().tell(FIRST, *WHOLE_RUN).view
    assert (view.show, view.title, view.filename) == ("Radio", "One", "one.mp3")
    assert (view.duration_s, view.language, view.words) == (60, "en", 98)
    assert view.engine == EngineInfo(name="tiny")
    assert view.timings == {"recognise": 5.0, "rules": 0.5}
    assert (view.cost, view.tokens) == (0.75, 1234)
    assert view.stored_bytes == AUDIO.bytes + TEXT.bytes, "the file that is named twice counts once"
    assert view.flags == ("low_score", "degraded:model_off")
    assert view.files == {"vtt": TEXT}
    assert (view.audio, view.transcript, view.speakers) == (AUDIO, TEXT, ("Ada",))
    assert view.created_at == NOW
    assert view.updated_at == NOW + timedelta(seconds=5)


def test_an_imported_episode_begins_with_its_transcript() -> None:
    assert Story().tell(FIRST, READY).view.state == "refining"
    assert Story().tell(FIRST, READY, REFINED, CAPTIONED, INDEXED).view.state == "ready"


@pytest.mark.parametrize(
    ("before", "failure"),
    [
        (1, UploadRejected(code="not_audio", message="a letter", hint="upload audio")),
        (2, TranscriptionFailed(code="no_engine", message="none")),
        (2, dead("transcribe-gpu", "AudioUploaded")),
        (3, dead("refine", "TranscriptReady")),
        (4, dead("captions", "TranscriptRefined")),
        (5, dead("search", "TranscriptRefined")),
    ],
)
def test_a_failure_says_why_and_a_later_success_clears_it(
    before: int,
    failure: UploadRejected | TranscriptionFailed | DeliveryDeadLettered,
) -> None:
    story = Story().tell(FIRST, *WHOLE_RUN[:before], failure)
    view = story.view
    assert view.state == "failed"
    assert view.error is not None
    assert (view.error.code, view.error.message) == (failure.code, failure.message)
    view = story.tell(FIRST, *WHOLE_RUN[before:]).view
    assert (view.state, view.error) == ("ready", None)


def test_a_dead_letter_for_one_output_does_not_hide_behind_the_other() -> None:
    view = Story().tell(FIRST, *WHOLE_RUN[:5], dead("search", "TranscriptRefined")).view
    assert view.state == "failed"
    view = Story().tell(FIRST, *WHOLE_RUN, dead("search", "TranscriptRefined")).view
    assert view.state == "ready"


@pytest.mark.parametrize(
    "letter",
    [
        dead("search", "EpisodeChanged"),
        dead("captions", "EpisodeRemoved"),
        dead("ingest", "TranscriptRefined"),
        dead("somebody-else", "AudioUploaded"),
    ],
)
def test_a_dead_letter_that_no_output_waits_for_changes_no_state(
    letter: DeliveryDeadLettered,
) -> None:
    assert Story().tell(FIRST, *WHOLE_RUN, letter).view.state == "ready"
    assert Story().tell(FIRST, CREATED, UPLOADED, letter).view.state == "queued"


def test_a_newer_run_governs() -> None:
    story = Story().tell(FIRST, *WHOLE_RUN).tell(SECOND, READY)
    assert (story.view.state, story.view.run_id) == ("refining", SECOND)
    story.tell(SECOND, REFINED, INDEXED)
    assert story.view.state == "publishing"
    newer = TEXT.model_copy(update={"sha256": "c" * 64})
    story.tell(SECOND, CaptionsPublished(files={"vtt": newer}))
    assert story.view.state == "ready"
    story.tell(FIRST, dead("captions", "TranscriptRefined"), CAPTIONED)
    assert story.view.state == "ready"
    assert story.view.files == {"vtt": newer}


def test_a_newer_run_that_fails_is_the_episode_s_state() -> None:
    story = Story().tell(FIRST, *WHOLE_RUN)
    story.tell(SECOND, UPLOADED, TranscriptionFailed(code="no_engine", message="none"))
    assert story.view.state == "failed"
    story.tell(THIRD, READY, REFINED, CAPTIONED, INDEXED)
    assert (story.view.state, story.view.error) == ("ready", None)


def test_a_replay_for_search_only_waits_for_the_index_only() -> None:
    story = Story().tell(FIRST, *WHOLE_RUN).tell(SECOND, REFINED, audience=["search"])
    assert (story.view.state, story.view.run_id) == ("publishing", SECOND)
    assert story.view.files == {"vtt": TEXT}
    story.tell(SECOND, INDEXED)
    assert (story.view.state, story.view.run_id) == ("ready", SECOND)


def test_a_replay_for_search_does_not_make_missing_captions_good() -> None:
    story = Story().tell(FIRST, *WHOLE_RUN[:4], dead("captions", "TranscriptRefined"), INDEXED)
    story.tell(SECOND, REFINED, audience=["search"]).tell(SECOND, INDEXED)
    assert story.view.state == "failed"
    story.tell(THIRD, REFINED, audience=["captions"]).tell(THIRD, CAPTIONED)
    assert story.view.state == "ready"


def test_an_edit_starts_a_run_of_its_own() -> None:
    story = Story().tell(FIRST, *WHOLE_RUN).tell(SECOND, EDITED)
    assert (story.view.state, story.view.run_id) == ("refining", SECOND)
    story.tell(SECOND, REFINED, CAPTIONED, INDEXED)
    assert story.view.state == "ready"
    assert story.view.engine == EngineInfo(name="tiny")


def test_the_latest_statement_of_the_title_wins() -> None:
    change = EpisodeChanged(episode=info("Two", at_s=10))
    story = Story().tell(FIRST, CREATED, change).tell(FIRST, *WHOLE_RUN[1:])
    assert story.view.title == "Two"
    assert story.view.state == "ready"


def test_a_removal_wins_over_all() -> None:
    story = Story().tell(FIRST, CREATED, UPLOADED).tell(THIRD, EpisodeRemoved(reason="asked"))
    story.tell(FIRST, READY, REFINED, CAPTIONED, INDEXED, dead("search", "TranscriptRefined"))
    view = story.view
    assert (view.state, view.error, view.files, view.audio) == ("removed", None, {}, None)


def test_progress_tells_transcribing_from_queued() -> None:
    queued = Story().tell(FIRST, CREATED, UPLOADED).view
    said = Progress(stage="transcribe", fraction=0.5, eta_s=30)
    view = queued.with_progress(said)
    assert (view.state, view.progress) == ("transcribing", said)
    loading = Progress(stage="download", fraction=0.1)
    assert queued.with_progress(loading).state == "queued"
    assert queued.with_progress(loading).progress == loading
    refining = Story().tell(FIRST, *WHOLE_RUN[:3]).view
    assert refining.with_progress(said) == refining
    done = Story().tell(FIRST, *WHOLE_RUN).view
    assert done.with_progress(said) == done


def test_events_of_two_episodes_are_no_episode() -> None:
    one, other = Story().tell(FIRST, CREATED).events[0], Story().tell(FIRST, CREATED).events[0]
    meta = other.meta.model_copy(update={"episode_id": "e2", "event_id": "x"})
    with pytest.raises(ValueError, match="2 episodes"):
        fold([one, other.model_copy(update={"meta": meta})])
    with pytest.raises(ValueError, match="0 episodes"):
        fold([])


fact = st.sampled_from(
    [
        *WHOLE_RUN,
        EDITED,
        EpisodeChanged(episode=info("Two", at_s=10)),
        UploadRejected(code="not_audio", message="a letter"),
        TranscriptionFailed(code="no_engine", message="none"),
        dead("transcribe-gpu", "AudioUploaded"),
        dead("refine", "TranscriptReady"),
        dead("captions", "TranscriptRefined"),
        dead("search", "TranscriptRefined"),
        EpisodeRemoved(),
    ]
)
audience = st.sampled_from([(EVERYONE,), ("search",), ("captions",), ("refine",), ("ingest",)])
telling = st.tuples(st.sampled_from([FIRST, SECOND, THIRD]), fact, audience)


@given(st.lists(telling, min_size=1, max_size=14), st.data())
def test_any_order_with_any_duplicates_gives_the_same_view(
    tellings: list[tuple[str, EventData, tuple[str, ...]]], data: st.DataObject
) -> None:
    story = Story()
    for run_id, fact_, audience_ in tellings:
        story.tell(run_id, fact_, audience=audience_)
    again = data.draw(st.lists(st.sampled_from(story.events), max_size=6))
    shuffled = data.draw(st.permutations([*story.events, *again]))
    assert fold(shuffled) == story.view


@given(st.permutations(WHOLE_RUN))
def test_a_whole_run_is_ready_whatever_the_times_were(order: list[EventData]) -> None:
    assert Story().tell(FIRST, *order).view.state == "ready"


def test_the_same_work_done_twice_counts_with_its_first_wording() -> None:
    story = Story().tell(FIRST, *WHOLE_RUN)
    indexed = story.events[-1]
    later = indexed.meta.model_copy(update={"occurred_at": NOW + timedelta(hours=1)})
    twice = indexed.model_copy(update={"meta": later})
    assert fold([twice, *story.events]) == fold([*story.events, twice]) == story.view


@pytest.mark.parametrize("step", [READY, REFINED])
def test_a_duration_that_no_recording_has_is_not_told(step: EventData) -> None:
    absurd = step.model_copy(update={"duration_s": 1e308})
    view = fold([Event.first("refine", absurd, episode_id="e", run_id=FIRST)])
    assert view.duration_s is None
    kept = view.model_copy(update={"duration_s": 1e308}).model_dump_json()
    assert EpisodeView.model_validate_json(kept).duration_s is None
