"""Replays of an episode's newest event; and what newest run wins means, whatever the clock says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import (
    AudioUploaded,
    Event,
    InvalidInput,
    NotFound,
    ServiceContract,
    TranscriptReady,
    TranscriptRefined,
    is_newer,
    is_stale,
    later_run_id,
    new_run_id,
    next_run_id,
    removal_of,
)
from everyword_events.replay import DIARIZE, Replayer
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import drain, ready, sample

CONTRACTS = (
    ServiceContract("transcribe-gpu", consumes=(AudioUploaded,)),
    ServiceContract("refine", consumes=(TranscriptReady,)),
    ServiceContract("captions", consumes=(TranscriptRefined,)),
    ServiceContract("search", consumes=(TranscriptRefined,)),
)
AHEAD = "0fffffff-ffff-7fff-bfff-ffffffffffff"


def replayer(bus: SqliteBus) -> Replayer:
    return Replayer(bus, CONTRACTS)


def refined(event: Event) -> Event:
    return event.causes("refine", sample(TranscriptRefined))


def test_an_event_is_appended_again_as_a_new_run(sqlite_bus: SqliteBus) -> None:
    event = ready(episode_id="e")
    sqlite_bus.append([event])
    drain(sqlite_bus.inbox("refine"))
    replayed = replayer(sqlite_bus).episode("e", start="TranscriptReady", reason="new glossary")
    (again,) = drain(sqlite_bus.inbox("refine"))
    assert again.data == event.data
    assert again.meta.event_id == replayed.event_id != event.meta.event_id
    assert again.meta.run_id == replayed.run_id
    assert is_newer(again.meta.run_id, event.meta.run_id)
    assert again.meta.replay is not None
    assert again.meta.replay.of == replayed.of == event.meta.event_id
    assert again.meta.replay.reason == "new glossary"
    assert sqlite_bus.get("e", replayed.event_id) == again


def test_a_replay_can_be_for_some_only(sqlite_bus: SqliteBus) -> None:
    event = refined(ready(episode_id="e"))
    sqlite_bus.append([event])
    for consumer in ("captions", "search"):
        drain(sqlite_bus.inbox(consumer))
    replayer(sqlite_bus).episode("e", start="TranscriptRefined", only=["search"])
    assert drain(sqlite_bus.inbox("captions")) == []
    assert len(drain(sqlite_bus.inbox("search"))) == 1


def test_replaying_twice_is_two_runs(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready(episode_id="e")])
    first = replayer(sqlite_bus).episode("e", start="TranscriptReady")
    second = replayer(sqlite_bus).episode("e", start="TranscriptReady")
    assert is_newer(second.run_id, first.run_id)
    assert first.event_id != second.event_id
    assert second.of == first.event_id
    assert len(drain(sqlite_bus.inbox("refine"))) == 3


def test_one_request_is_replayed_once(sqlite_bus: SqliteBus) -> None:
    event = refined(ready(episode_id="e"))
    sqlite_bus.append([event])
    ask = {"start": "TranscriptRefined", "only": ["search"], "request_id": "r"}
    first = replayer(sqlite_bus).episode("e", **ask)  # type: ignore[arg-type]
    assert replayer(sqlite_bus).episode("e", **ask) == first  # type: ignore[arg-type]
    assert len(sqlite_bus.of_episode("e")) == 2


def test_an_episode_s_newest_event_of_a_type_is_replayed(sqlite_bus: SqliteBus) -> None:
    old = ready(episode_id="e")
    new = ready(episode_id="e")
    sqlite_bus.append([new, refined(new), old, ready()])  # the older run arrived last
    replayed = replayer(sqlite_bus).episode("e", start="TranscriptReady")
    assert replayed.of == new.meta.event_id
    assert replayed.episode_id == "e"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"episode_id": "x", "start": "TranscriptReady"}, NotFound, "no episode x"),
        ({"episode_id": "gone", "start": "TranscriptReady"}, NotFound, "was removed"),
        ({"episode_id": "e", "start": "TranscriptRefined"}, NotFound, "no TranscriptRefined yet"),
        ({"episode_id": "e", "start": "TranscriptRefind"}, InvalidInput, "no event type"),
        ({"episode_id": "e", "start": "CaptionsPublished"}, InvalidInput, "nobody would take"),
        (
            {"episode_id": "e", "start": "TranscriptReady", "only": ["search"]},
            InvalidInput,
            "search would take",
        ),
    ],
)
def test_what_cannot_be_replayed_is_said(
    sqlite_bus: SqliteBus, options: dict[str, object], error: type[Exception], words: str
) -> None:
    gone = ready(episode_id="gone")
    sqlite_bus.append([ready(episode_id="e"), gone, removal_of(sqlite_bus, "ingest", "gone")])
    before = len(list(sqlite_bus.scan()))
    with pytest.raises(error, match=words):
        replayer(sqlite_bus).episode(**options)  # type: ignore[arg-type]
    assert len(list(sqlite_bus.scan())) == before


def test_a_misspelt_type_is_answered_with_the_nearest(sqlite_bus: SqliteBus) -> None:
    with pytest.raises(InvalidInput) as refused:
        replayer(sqlite_bus).check("TranscriptRefind")
    assert refused.value.hint == "did you mean TranscriptRefined?"


def test_a_clock_that_was_ahead_makes_no_run_old(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready(episode_id="e")])
    ahead = sqlite_bus.of_episode("e")[0].event.replayed(run_id=AHEAD)
    sqlite_bus.append([ahead])
    run_ids = [next_run_id(sqlite_bus, "e")]
    assert run_ids[0] > AHEAD > new_run_id()
    replayed = replayer(sqlite_bus).episode("e", start="TranscriptReady")
    assert replayed.run_id > AHEAD
    assert replayer(sqlite_bus).episode("e", start="TranscriptReady").run_id > replayed.run_id


@pytest.mark.parametrize("than", [AHEAD, "ffffffff-ffff-7fff-bfff-ffffffffffff", "r9", "", "z"])
def test_a_later_run_sorts_after_any_id(than: str) -> None:
    first = later_run_id(than)
    second = later_run_id(first)
    assert than < first < second
    assert all(c.isascii() and (c.isalnum() or c == "-") for c in second)


def test_the_first_run_is_newer_than_none_and_nothing_is_stale_to_nobody() -> None:
    assert is_newer(new_run_id(), None)
    assert not is_stale(new_run_id(), None)


@given(st.permutations([new_run_id() for _ in range(5)]))
def test_a_projection_ends_at_the_newest_run_in_any_order(arrivals: list[str]) -> None:
    held: str | None = None
    for run_id in [*arrivals, *arrivals]:
        if not is_stale(run_id, held):
            held = run_id
        assert not is_newer(run_id, held)
    assert held == max(arrivals)


def uploaded(bus: SqliteBus, *, transcribed: bool = True) -> Event:
    """Append an upload of episode `e` and, unless told otherwise, what was recognised of it."""
    data = sample(AudioUploaded).model_copy(update={"words_of": None})
    event = Event.first("ingest", data, episode_id="e", run_id=new_run_id())
    bus.append([event])
    if transcribed:
        bus.append([event.causes("transcribe-gpu", sample(TranscriptReady))])
    return event


def test_diarization_alone_keeps_the_newest_words(sqlite_bus: SqliteBus) -> None:
    uploaded(sqlite_bus)
    done = replayer(sqlite_bus).episode("e", start="AudioUploaded", only=[DIARIZE], speakers=2)
    again = sqlite_bus.get("e", done.event_id)
    assert again is not None
    assert isinstance(again.data, AudioUploaded)
    ready_data = sample(TranscriptReady)
    assert isinstance(ready_data, TranscriptReady)
    assert again.data.words_of == ready_data.transcript
    assert (again.data.hints.speakers, again.data.hints.language) == (2, "sv")
    whole = sqlite_bus.get("e", replayer(sqlite_bus).episode("e", start="AudioUploaded").event_id)
    assert whole is not None
    assert isinstance(whole.data, AudioUploaded)
    assert whole.data.words_of is None
    assert whole.data.hints.speakers == 2


def test_diarization_alone_needs_words_and_starts_from_the_audio(sqlite_bus: SqliteBus) -> None:
    uploaded(sqlite_bus, transcribed=False)
    with pytest.raises(NotFound, match="has no TranscriptReady yet"):
        replayer(sqlite_bus).episode("e", start="AudioUploaded", only=[DIARIZE])
    with pytest.raises(InvalidInput, match="diarize would take TranscriptReady"):
        replayer(sqlite_bus).episode("e", start="TranscriptReady", only=[DIARIZE])
    with pytest.raises(InvalidInput, match="diarize would take AudioUploaded"):
        replayer(sqlite_bus).episode("e", start="AudioUploaded", only=[DIARIZE, "transcribe-gpu"])
