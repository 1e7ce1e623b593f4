"""Replays: one event, an episode, a show, everything; and what newest run wins means."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import (
    EpisodeChanged,
    EpisodeCreated,
    EpisodeRemoved,
    Event,
    InvalidInput,
    NotFound,
    ServiceContract,
    TranscriptReady,
    TranscriptRefined,
    new_run_id,
)
from everyword_events.replay import Replayer
from everyword_events.runs import is_newer, is_stale
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import EPISODE, drain, ready, sample

CONTRACTS = (
    ServiceContract("refine", consumes=(TranscriptReady,)),
    ServiceContract("captions", consumes=(TranscriptRefined,)),
    ServiceContract("search", consumes=(TranscriptRefined,)),
)


def replayer(bus: SqliteBus) -> Replayer:
    return Replayer(bus, bus, CONTRACTS)


def refined(event: Event) -> Event:
    return event.causes("refine", sample(TranscriptRefined))


def said(event: Event, kind: type[EpisodeChanged | EpisodeCreated], show: str, days: int) -> Event:
    """Return a later statement about the event's episode."""
    info = EPISODE.model_copy(update={"show": show, "as_of": EPISODE.as_of + timedelta(days=days)})
    data = sample(kind).model_copy(update={"episode": info})
    return Event.first("ingest", data, episode_id=event.meta.episode_id, run_id=new_run_id())


def removal(event: Event) -> Event:
    return Event.first(
        "ingest", EpisodeRemoved(), episode_id=event.meta.episode_id, run_id=new_run_id()
    )


def replayed_of(bus: SqliteBus, **options: object) -> list[str]:
    return [one.of for one in replayer(bus).archive(**options)]  # type: ignore[arg-type]


def test_one_event_is_published_again_as_a_new_run(sqlite_bus: SqliteBus) -> None:
    event = ready()
    sqlite_bus.publish([event])
    drain(sqlite_bus.inbox("refine"))
    replayed = replayer(sqlite_bus).event(event.meta.event_id, reason="a better glossary")
    (again,) = drain(sqlite_bus.inbox("refine"))
    assert again.data == event.data
    assert again.meta.event_id == replayed.event_id != event.meta.event_id
    assert again.meta.run_id == replayed.run_id
    assert is_newer(again.meta.run_id, event.meta.run_id)
    assert again.meta.replay is not None
    assert again.meta.replay.of == replayed.of == event.meta.event_id
    assert again.meta.replay.reason == "a better glossary"
    assert sqlite_bus.get(replayed.event_id) == again


def test_a_replay_can_be_for_some_only(sqlite_bus: SqliteBus) -> None:
    event = refined(ready())
    sqlite_bus.publish([event])
    for consumer in ("captions", "search"):
        drain(sqlite_bus.inbox(consumer))
    replayer(sqlite_bus).event(event.meta.event_id, only=["search"])
    assert drain(sqlite_bus.inbox("captions")) == []
    assert len(drain(sqlite_bus.inbox("search"))) == 1


def test_replaying_twice_is_two_runs(sqlite_bus: SqliteBus) -> None:
    event = ready()
    sqlite_bus.publish([event])
    first = replayer(sqlite_bus).event(event.meta.event_id)
    second = replayer(sqlite_bus).event(event.meta.event_id)
    assert is_newer(second.run_id, first.run_id)
    assert first.event_id != second.event_id
    assert len(drain(sqlite_bus.inbox("refine"))) == 3


def test_an_episode_s_newest_event_of_a_type_is_replayed(sqlite_bus: SqliteBus) -> None:
    old = ready(episode_id="e")
    new = ready(episode_id="e")
    sqlite_bus.publish([new, refined(new), old, ready()])  # the older run arrived last
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
    sqlite_bus.publish([ready(episode_id="e"), gone, removal(gone)])
    before = len(list(sqlite_bus.scan()))
    with pytest.raises(error, match=words):
        replayer(sqlite_bus).episode(**options)  # type: ignore[arg-type]
    assert len(list(sqlite_bus.scan())) == before


def test_a_misspelt_type_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidInput) as refused:
        Replayer(None, None, CONTRACTS).archive(start="TranscriptRefind")  # type: ignore[arg-type]
    assert refused.value.hint == "did you mean TranscriptRefined?"


def test_an_unknown_event_is_not_found(sqlite_bus: SqliteBus) -> None:
    with pytest.raises(NotFound):
        replayer(sqlite_bus).event("unknown")


def test_a_whole_archive_is_replayed_in_the_journal_s_order(sqlite_bus: SqliteBus) -> None:
    events = [ready(f"Episode {n}") for n in range(5)]
    superseded = ready(episode_id=events[2].meta.episode_id)
    removed = ready()
    never_came_so_far = said(ready(), EpisodeCreated, "Slow Radio", 0)
    older = superseded.model_copy(
        update={"meta": superseded.meta.model_copy(update={"run_id": "0"})}
    )
    sqlite_bus.publish([*events, older, removed, removal(removed), never_came_so_far])
    assert replayed_of(sqlite_bus, start="TranscriptReady") == [e.meta.event_id for e in events]
    journalled = [r.event for r in sqlite_bus.scan() if r.event.meta.replay]
    assert len({event.meta.run_id for event in journalled}) == 5


def test_a_show_is_what_was_last_stated(sqlite_bus: SqliteBus) -> None:
    here = ready(show="Here")
    came = ready(show="There")
    went = ready(show="Here")
    elsewhere = ready(show="Elsewhere")
    sqlite_bus.publish(
        [
            here,
            came,
            went,
            elsewhere,
            said(came, EpisodeChanged, "Here", days=2),
            said(came, EpisodeChanged, "There", days=1),  # an older statement that arrived late
            said(went, EpisodeChanged, "There", days=1),
        ]
    )
    assert replayed_of(sqlite_bus, start="TranscriptReady", show="Here") == [
        here.meta.event_id,
        came.meta.event_id,
    ]
    with pytest.raises(NotFound, match="'Nowhere'"):
        replayer(sqlite_bus).archive(start="TranscriptReady", show="Nowhere")


def test_an_episode_announced_again_after_its_removal_starts_afresh(sqlite_bus: SqliteBus) -> None:
    first = ready(episode_id="e")
    sqlite_bus.publish([first, removal(first), said(first, EpisodeCreated, "Here", days=1)])
    assert replayed_of(sqlite_bus, start="TranscriptReady") == []
    second = ready(episode_id="e")
    sqlite_bus.publish([second])
    assert replayed_of(sqlite_bus, start="TranscriptReady") == [second.meta.event_id]


def test_a_replay_can_be_replayed(sqlite_bus: SqliteBus) -> None:
    event = ready()
    sqlite_bus.publish([event])
    first = replayer(sqlite_bus).event(event.meta.event_id)
    second = replayer(sqlite_bus).episode(event.meta.episode_id, start="TranscriptReady")
    assert second.of == first.event_id


def test_the_rate_is_held_and_progress_told(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.publish([ready() for _ in range(5)])
    now = [0.0]
    sent_at: list[float] = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    class Slow:
        def publish(self, events: Sequence[Event]) -> None:
            sent_at.append(now[0])
            now[0] += 0.1  # publishing takes time as well, within the rate
            sqlite_bus.publish(events)

    told: list[tuple[int, int]] = []
    paced = Replayer(sqlite_bus, Slow(), CONTRACTS, sleep=sleep, clock=lambda: now[0])
    walk = paced.archive(
        start="TranscriptReady",
        rate_per_s=2,
        progress=lambda done, of: told.append((done, of)),
    )
    assert len(list(walk)) == 5
    assert sent_at == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert told == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_that_is_none_is_refused(sqlite_bus: SqliteBus, rate: float) -> None:
    with pytest.raises(InvalidInput, match="rate"):
        replayer(sqlite_bus).archive(start="TranscriptReady", rate_per_s=rate)


def test_an_abandoned_replay_stops(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.publish([ready() for _ in range(3)])
    walk = replayer(sqlite_bus).archive(start="TranscriptReady")
    next(walk)
    walk.close()  # type: ignore[attr-defined]
    assert len(list(sqlite_bus.scan())) == 4


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
