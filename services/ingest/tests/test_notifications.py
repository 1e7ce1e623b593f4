"""Results, webhooks and saved searches: told once, tried again, forgotten when they must be."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from everyword_events import (
    CaptionsPublished,
    EpisodeFinished,
    EpisodeIndexed,
    EpisodeRemoved,
    Event,
    InvalidInput,
    NotFound,
    SavedSearchMatched,
    SpokenMoment,
    TranscriptionFailed,
    TranscriptReady,
    TranscriptRefined,
)
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.testing import ready, sample
from ingest.adapters.fetching.posting import HttpPoster
from ingest.adapters.sqlite_notifications import (
    SCHEMA,
    SqliteDeliveries,
    SqliteResults,
    SqliteSavedSearches,
    SqliteWebhooks,
)
from ingest.domain.outcome import RETRY_AFTER_S
from ingest.notifications import HIDDEN_S, Notifications
from ingest.webhooks import Webhooks


class Told:
    """Notifications over SQLite, and what the index would find."""

    def __init__(self, world: Any, path: Path) -> None:
        self.db = SqliteDatabase(path, SCHEMA)
        self.world = world
        self.moments: list[SpokenMoment] = []
        self.notifications = Notifications(
            results=SqliteResults(self.db),
            webhooks=Webhooks(
                SqliteWebhooks(self.db),
                SqliteDeliveries(self.db),
                HttpPoster(allowed=lambda _: True),
                world.clock,
            ),
            searches=SqliteSavedSearches(self.db),
            find_moments=self.find,
            episode=world.service.get,
            link_of=lambda ref: f"/files/{ref.sha256[:4]}",
            clock=world.clock,
        )

    def find(self, query: str, _: str) -> Sequence[SpokenMoment]:
        if query.startswith('"') and not query.endswith('"'):
            raise InvalidInput("the phrase has no end", code="query_invalid")
        return list(self.moments)

    def finish(self, *, run: str = "") -> list[Event]:
        """Let an episode be processed to its end; return the outcomes told of it."""
        first = ready(episode_id=run)
        refined = first.causes("refine", sample(TranscriptRefined))
        published = refined.causes("captions", sample(CaptionsPublished))
        indexed = refined.causes("search", sample(EpisodeIndexed))
        return self.happen(first, refined, published, indexed)

    def happen(self, *events: Event) -> list[Event]:
        outcomes: list[Event] = []
        for event in events:
            self.world.bus.append([event])
            outcomes += self.world.service.handle(event)
        for event in (*events, *outcomes):
            more = self.notifications.handle(event)
            for each in more:
                self.notifications.handle(each)
            outcomes += [each for each in more if isinstance(each.data, SavedSearchMatched)]
        return outcomes


@pytest.fixture
def told(world: Any, tmp_path: Path) -> Iterator[Told]:
    told = Told(world, tmp_path / "notifications.sqlite")
    yield told
    told.db.close()


def test_a_run_that_is_ready_is_one_outcome_whatever_came_last(told: Told) -> None:
    (outcome,) = told.finish()
    assert isinstance(outcome.data, EpisodeFinished)
    assert outcome.data.status == "success"
    again = [event for _ in range(2) for event in told.finish(run=outcome.meta.episode_id)]
    ids = {event.meta.event_id for event in again}
    assert outcome.meta.event_id not in ids
    assert len(ids) == 2


def test_an_outcome_handled_twice_has_one_id(told: Told) -> None:
    (outcome,) = told.finish()
    recorded = told.world.bus.of_episode(outcome.meta.episode_id)
    for each in recorded[-2:]:
        repeated = told.world.service.handle(each.event)
        assert [event.meta.event_id for event in repeated] == [outcome.meta.event_id]


def test_a_failure_is_an_outcome_with_its_reason(told: Told) -> None:
    first = ready()
    failed = first.causes("transcribe-gpu", TranscriptionFailed(code="no_gpu", message="no GPU"))
    alone = failed.model_copy(
        update={"meta": failed.meta.model_copy(update={"episode_id": "e", "run_id": "r"})}
    )
    (outcome,) = told.happen(alone)
    (message,) = told.notifications.receive()
    assert message.status == "failed"
    assert message.error == {"code": "no_gpu", "message": "no GPU", "hint": ""}
    assert message.message_id == outcome.meta.event_id


def test_results_come_until_they_are_acknowledged(told: Told) -> None:
    told.finish()
    told.finish()
    first, second = told.notifications.receive()
    assert (first.status, first.schema_version) == ("success", 1)
    assert (
        first.output_file == f"/v1/episodes/{first.episode_id}/transcript.json?run={first.run_id}"
    )
    assert set(first.formats) == {"vtt", "srt"}
    assert not told.notifications.receive()
    assert told.notifications.acknowledge([first.message_id, "unknown"]) == 1
    told.world.clock.now += timedelta(seconds=HIDDEN_S + 1)
    (again,) = told.notifications.receive()
    assert again.message_id == second.message_id


def test_a_webhook_gets_a_signed_message(told: Told, web: Any) -> None:
    webhook = told.notifications.webhooks.add(f"{web.url}/hook", ["EpisodeFinished"])
    (outcome,) = told.finish()
    assert told.notifications.webhooks.deliver_due() == 1
    ((path, headers, body),) = web.posted
    assert path == "/hook"
    message = json.loads(body)
    assert message["message_id"] == outcome.meta.event_id
    assert (message["schema"], message["status"]) == (1, "success")
    stamp, signed = headers["Everyword-Signature"].split(",")
    expected = hmac.new(
        webhook.secret.encode(), f"{stamp.removeprefix('t=')}.".encode() + body, hashlib.sha256
    ).hexdigest()
    assert signed == f"v1={expected}"
    assert headers["Everyword-Delivery"]
    assert told.notifications.webhooks.deliver_due() == 0
    (logged,) = told.notifications.webhooks.log(webhook.webhook_id)
    assert (logged.state, logged.status, logged.tries) == ("delivered", 200, 1)


def test_an_outcome_told_twice_is_sent_once(told: Told, web: Any) -> None:
    told.notifications.webhooks.add(f"{web.url}/hook")
    (outcome,) = told.finish()
    told.notifications.handle(outcome)
    told.notifications.webhooks.deliver_due()
    assert len(web.posted) == 1


def test_a_webhook_that_fails_is_tried_again_with_growing_pauses(told: Told, web: Any) -> None:
    webhook = told.notifications.webhooks.add(f"{web.url}/hook")
    web.post_status = 500
    told.finish()
    webhooks = told.notifications.webhooks
    for pause_s in (0.0, *RETRY_AFTER_S):
        told.world.clock.now += timedelta(seconds=pause_s + 2)
        assert webhooks.deliver_due() == 1
        assert webhooks.deliver_due() == 0
    (logged,) = webhooks.log(webhook.webhook_id)
    assert (logged.state, logged.tries) == ("given_up", 1 + len(RETRY_AFTER_S))
    assert "500" in logged.error
    told.world.clock.now += timedelta(days=30)
    assert webhooks.deliver_due() == 0


def test_a_webhook_on_a_private_network_is_refused_by_default(told: Told, web: Any) -> None:
    webhooks = Webhooks(
        SqliteWebhooks(told.db), SqliteDeliveries(told.db), HttpPoster(), told.world.clock
    )
    webhook = webhooks.add(f"{web.url}/hook")
    tried = webhooks.test(webhook.webhook_id)
    assert tried.state == "given_up"
    assert "private network" in tried.error
    assert not web.posted


def test_a_test_message_says_how_it_went(told: Told, web: Any) -> None:
    webhook = told.notifications.webhooks.add(f"{web.url}/hook")
    assert told.notifications.webhooks.test(webhook.webhook_id).state == "delivered"
    assert web.posted[0][1]["Everyword-Event"] == "Test"
    web.post_status = 302
    assert told.notifications.webhooks.test(webhook.webhook_id).state == "given_up"
    with pytest.raises(NotFound):
        told.notifications.webhooks.test("nobody")


@pytest.mark.parametrize(
    ("url", "events"), [("", ()), ("ftp://a", ()), ("https://a.example", ("Nothing",))]
)
def test_what_is_no_webhook(told: Told, url: str, events: Sequence[str]) -> None:
    with pytest.raises(InvalidInput):
        told.notifications.webhooks.add(url, events)


def test_a_removed_webhook_gets_nothing_more(told: Told, web: Any) -> None:
    webhook = told.notifications.webhooks.add(f"{web.url}/hook")
    told.finish()
    told.notifications.webhooks.remove(webhook.webhook_id)
    assert told.notifications.webhooks.deliver_due() == 0
    with pytest.raises(NotFound):
        told.notifications.webhooks.remove(webhook.webhook_id)


def test_a_removed_episode_is_told_of_no_more(told: Told, web: Any) -> None:
    told.notifications.webhooks.add(f"{web.url}/hook")
    (outcome,) = told.finish()
    removed = outcome.causes("ingest", EpisodeRemoved())
    told.notifications.handle(removed)
    assert not told.notifications.receive()
    assert told.notifications.webhooks.deliver_due() == 0


def moment(start: float) -> SpokenMoment:
    return SpokenMoment(start=start, end=start + 0.4, first_word=int(start))


def test_a_saved_search_tells_each_moment_once(told: Told, web: Any) -> None:
    told.notifications.webhooks.add(f"{web.url}/hook", ["SavedSearchMatched"])
    search = told.notifications.save_search("pelicans")
    told.moments = [moment(3.0), moment(40.0)]
    outcomes = told.finish()
    (match,) = [each for each in outcomes if isinstance(each.data, SavedSearchMatched)]
    assert isinstance(match.data, SavedSearchMatched)
    assert [each.start for each in match.data.moments] == [3.0, 40.0]
    episode_id = match.meta.episode_id
    told.moments = [moment(3.2), moment(40.0), moment(90.0)]  # processed again, and more was found
    outcomes = told.finish(run=episode_id)
    (match,) = [each for each in outcomes if isinstance(each.data, SavedSearchMatched)]
    assert [each.start for each in match.data.moments] == [90.0]
    told.notifications.webhooks.deliver_due()
    bodies = [json.loads(body) for _, _, body in web.posted]
    assert [len(body["moments"]) for body in bodies] == [2, 1]
    assert bodies[0]["search_id"] == search.search_id


def test_a_saved_search_may_be_for_one_show(told: Told) -> None:
    told.moments = [moment(3.0)]
    told.notifications.save_search("pelicans", show="Another Show")
    assert not [e for e in told.finish() if isinstance(e.data, SavedSearchMatched)]
    told.notifications.save_search("pelicans", show="Slow Radio")
    assert [e for e in told.finish() if isinstance(e.data, SavedSearchMatched)]


def test_saved_searches_are_checked_listed_and_removed(told: Told) -> None:
    for query in ("", " ", '"half a phrase'):
        with pytest.raises(InvalidInput):
            told.notifications.save_search(query)
    search = told.notifications.save_search('"slow radio"')
    assert [each.query for each in told.notifications.saved_searches()] == ['"slow radio"']
    told.notifications.remove_search(search.search_id)
    assert not told.notifications.saved_searches()
    with pytest.raises(NotFound):
        told.notifications.remove_search(search.search_id)


def test_other_events_are_not_told(told: Told) -> None:
    event = ready()
    assert isinstance(event.data, TranscriptReady)
    assert told.notifications.handle(event) == []
