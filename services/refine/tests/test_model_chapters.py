"""Chapters by a language model: what is asked, what passes, and what a lying model cannot do."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from everyword_events import (
    EngineInfo,
    EpisodeCreated,
    EpisodeInfo,
    EpisodeOrigin,
    Event,
    LinkedFile,
    SegmentAnchor,
    TranscriptEdited,
    TranscriptReady,
    TranscriptRefined,
    new_run_id,
)
from everyword_storage import DirectoryBlobStore
from everyword_transcripts import Segment, Transcript, Word, write_transcript
from refine.adapters.openai_model import OpenAiCompatibleModel
from refine.config import RefineSettings
from refine.domain.report import read_report
from refine.service import RefineService

NOW = datetime(2026, 11, 28, tzinfo=UTC)
EPISODE = "01900000-0000-7000-8000-000000000001"
TOPICS = (
    "The lighthouse keeper counted the ships in the storm.",
    "Then the baker kneads flour and water for the bread.",
    "Voltaire wrote many letters from Geneva about tolerance.",
)
LINES_EACH = 60
LINE_S = 5.0
GOOD = ((0, "The lighthouse keeper"), (60, "Baking bread"), (120, "Voltaire's letters"))


def talk() -> Transcript:
    """Fifteen minutes on three topics, a line every five seconds."""
    segments = []
    for number in range(LINES_EACH * len(TOPICS)):
        text, at = TOPICS[number // LINES_EACH], number * LINE_S
        words = [Word(w, at + n * 0.4, at + n * 0.4 + 0.3) for n, w in enumerate(text.split())]
        segments.append(Segment.of(words, speaker=None, language="en"))
    return Transcript("en", LINE_S * len(segments), tuple(segments))


def chapters(*entries: tuple[Any, Any]) -> str:
    return json.dumps({"chapters": [{"idx": idx, "title": title} for idx, title in entries]})


def is_about_chapters(asked: dict[str, Any]) -> bool:
    return "minute" in asked["lines"][0]


class Stage:
    """The service over a real store, with a model on loopback that says `GOOD` unless told."""

    def __init__(self, blobs: DirectoryBlobStore, server: Any) -> None:
        self.blobs, self.server = blobs, server
        self.said: Callable[[dict[str, Any]], Any] = self.good
        self.settings: dict[str, Any] = {}
        self.events: list[Event] = []
        server.answer = self._answer
        self._model = OpenAiCompatibleModel(server.url, "test-model", first_wait_s=0.01)

    def _answer(self, asked: dict[str, Any]) -> Any:
        if is_about_chapters(asked):
            return self.said(asked)
        return '{"speakers": [], "updates": []}'

    @staticmethod
    def good(asked: dict[str, Any]) -> str:
        here = {line.get("idx") for line in asked["lines"]}
        return chapters(*(one for one in GOOD if one[0] in here))

    def asked(self) -> list[dict[str, Any]]:
        asked = [each for each in self.server.asked() if is_about_chapters(each)]
        return sorted(asked, key=lambda each: each["lines"][0]["idx"])

    def ready(self, transcript: Transcript | None = None) -> Event:
        ref = self.blobs.put(
            f"{EPISODE}/{new_run_id()}.json",
            write_transcript(transcript or talk()),
            media_type="application/json",
        )
        data = TranscriptReady(
            episode=EpisodeInfo(show="Isles", title="A day", as_of=NOW),
            transcript=ref,
            language="en",
            duration_s=(transcript or talk()).duration_s,
            words=1,
            engine=EngineInfo(name="imported"),
        )
        return Event.first("transcribe-gpu", data, episode_id=EPISODE, run_id=new_run_id())

    def refined(self, event: Event) -> tuple[TranscriptRefined, Any]:
        model = {"provider": "openai", "url": "http://x", "model": "m", **self.settings}
        settings = RefineSettings.model_validate({"model": model})
        service = RefineService(
            self.blobs, lambda _: settings, history=self, models=lambda _: self._model
        )
        (made,) = service.handle(event)
        assert isinstance(made.data, TranscriptRefined)
        assert made.data.report is not None
        return made.data, read_report(self.blobs.get(made.data.report))

    def newest(self, _: str, kind: type[Any]) -> Event | None:
        found = [each for each in self.events if isinstance(each.data, kind)]
        return max(found, key=lambda event: event.meta.run_id, default=None)

    def edits(self, _: str) -> list[Event]:
        return [each for each in self.events if isinstance(each.data, TranscriptEdited)]

    def refinements(self, _: str) -> list[Event]:
        return []

    def of_show(self, _: str) -> list[Event]:
        return []

    def close(self) -> None:
        self._model.close()


@pytest.fixture
def stage(blobs: DirectoryBlobStore, server: Any) -> Any:
    stage = Stage(blobs, server)
    yield stage
    stage.close()


def starts(data: TranscriptRefined) -> list[tuple[float, str]]:
    return [(each.start, each.title) for each in data.chapters]


EXPECTED = [(idx * LINE_S, title) for idx, title in GOOD]


def test_its_chapters_are_in_the_event_and_begin_where_lines_do(stage: Stage) -> None:
    stage.settings = {"usd_per_million_tokens_in": 1.0, "usd_per_million_tokens_out": 1.0}
    data, report = stage.refined(stage.ready())
    assert starts(data) == EXPECTED
    assert [(each.start, each.title) for each in report.chapters] == EXPECTED
    assert report.chapters_rejected == {}
    assert report.chapters_failure is None
    assert data.degraded is None
    assert data.tokens == 110 * len(stage.server.requests)
    assert data.cost_usd == pytest.approx(data.tokens / 1e6)
    asked = stage.asked()
    assert len(asked) > 1
    assert [line["text"] for each in asked for line in each["lines"]] == [
        TOPICS[number // LINES_EACH] for number in range(180)
    ]


LIES: tuple[tuple[Any, dict[str, int]], ...] = (
    ((*GOOD, (7777, "Bread"), (-3, "Bread")), {"not_a_beginning": 2}),
    ((*GOOD, (61, "Flour and water")), {"too_short": 1}),
    ((*GOOD, (175, "Tolerance")), {"too_short": 1}),
    ((*GOOD, (90, "Voltaire's letters")), {"title_not_spoken": 1}),
    ((*GOOD, (150, "voltaire's  letters.")), {"title_repeated": 1}),
    ((*GOOD, (90, "Aliens invade Stockholm")), {"title_not_spoken": 1}),
    ((*GOOD, (90, "Bread in 1789")), {"title_not_spoken": 1}),
    ((*GOOD, (90, "<b>Bread</b>"), (100, "bread at evil.com")), {"markup": 2}),
    ((*GOOD, (90, ""), (95, "\u202e bread"), (100, "?!")), {"title_empty": 3}),
    ((*GOOD, (90, "bread " * 30)), {"title_too_long": 1}),
    ((*GOOD, (60, "Flour")), {"too_short": 1}),
)


@pytest.mark.parametrize(("said", "reasons"), LIES)
def test_of_a_lying_model_only_what_holds_is_taken(
    stage: Stage, said: Any, reasons: dict[str, int]
) -> None:
    stage.settings = {"chunk_tokens": 100_000}
    stage.said = lambda _: chapters(*said)
    data, report = stage.refined(stage.ready())
    assert starts(data) == EXPECTED
    assert report.chapters_rejected == reasons
    assert data.suggestions_rejected == {}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (((0, "Aliens invade Stockholm"), *GOOD[1:]), "no_beginning"),
        (GOOD[:1], "too_few"),
        (tuple((number, f"bread {'flour ' * (number % 7)}") for number in range(60)), "too_few"),
    ],
)
def test_what_does_not_divide_the_whole_is_not_taken(stage: Stage, said: Any, reason: str) -> None:
    stage.settings = {"chunk_tokens": 100_000}
    stage.said = lambda _: chapters(*said)
    data, report = stage.refined(stage.ready())
    assert data.chapters == ()
    assert reason in report.chapters_rejected or "no_beginning" in report.chapters_rejected
    assert data.degraded is None


@pytest.mark.parametrize(
    "said",
    [
        "no chapters today",
        '{"chapters": "none"}',
        '{"chapters": [3]}',
        '{"chapters": [{"idx": "0", "title": "Bread"}]}',
        '{"chapters": [{"idx": 0, "title": 5}]}',
        '{"chapters": []}',
        '{"speakers": [], "updates": []}',
        "[" * 100_000,
        "x" * 500_000,
        500,
        404,
        b"",
        b"nonsense\r\n\r\n",
    ],
    ids=range(13),
)
def test_a_model_without_an_answer_leaves_the_words_alone(stage: Stage, said: Any) -> None:
    stage.settings = {"chunk_tokens": 100_000}
    stage.said = lambda _: said
    data, report = stage.refined(stage.ready())
    assert data.chapters == ()
    assert report.chapters_failure
    assert data.degraded is None
    assert len(stage.asked()) <= 3


def test_the_second_answer_counts(stage: Stage) -> None:
    said = iter(["{}", *[chapters(*GOOD)] * 2])
    stage.settings = {"chunk_tokens": 100_000}
    stage.said = lambda _: next(said)
    assert starts(stage.refined(stage.ready())[0]) == EXPECTED


def test_no_reply_is_paid_twice_by_a_replay_or_a_correction(stage: Stage) -> None:
    first = stage.ready()
    stage.events.append(first)
    stage.refined(first)
    paid = len(stage.server.requests)
    again, _ = stage.refined(first.replayed(run_id=new_run_id()))
    assert starts(again) == EXPECTED
    assert (again.tokens, len(stage.server.requests)) == (0, paid)
    anchor = SegmentAnchor(start=50.0, end=53.5, text=TOPICS[0])
    edit = TranscriptEdited(anchor=anchor, text=TOPICS[0].replace("counted", "saw"))
    corrected = Event.first("refine", edit, episode_id=EPISODE, run_id=new_run_id())
    stage.events.append(corrected)
    data, _ = stage.refined(corrected)
    assert starts(data) == EXPECTED
    assert (data.tokens, len(stage.server.requests)) == (0, paid)


def test_a_title_whose_words_were_corrected_is_asked_for_again(stage: Stage) -> None:
    first = stage.ready()
    stage.events.append(first)
    stage.settings = {"chunk_tokens": 100_000}
    stage.refined(first)
    for number in range(LINES_EACH):
        at = number * LINE_S
        anchor = SegmentAnchor(start=at, end=at + 3.5, text=TOPICS[0])
        edit = TranscriptEdited(anchor=anchor, text="The farmer was asleep among all of his cows.")
        stage.events.append(Event.first("refine", edit, episode_id=EPISODE, run_id=new_run_id()))
    mended = ((0, "The farmer and his cows"), *GOOD[1:])
    stage.said = lambda _: chapters(*mended)
    data, _ = stage.refined(stage.events[-1])
    assert [title for _, title in starts(data)] == [title for _, title in mended]


def test_the_budget_is_one_for_all_of_an_episode(stage: Stage) -> None:
    stage.settings = {"budget_s": 1e-6}
    data, report = stage.refined(stage.ready())
    assert data.chapters == ()
    assert "used up" in (report.chapters_failure or "")
    assert stage.server.requests == []


def test_nobody_is_asked_about_what_needs_none(stage: Stage) -> None:
    stage.settings = {"chapters": False}
    stage.refined(stage.ready())
    stage.settings = {}
    short = talk()
    stage.refined(stage.ready(Transcript("en", 300.0, short.segments[:60])))
    origin = EpisodeOrigin(
        url="https://x.example/1", chapters=LinkedFile(url="https://x.example/c")
    )
    created = EpisodeCreated(
        episode=EpisodeInfo(title="A day", as_of=NOW),
        filename="1.mp3",
        bytes=0,
        media_type="audio/mpeg",
        upload_expires_at=NOW,
        origin=origin,
    )
    stage.events.append(Event.first("ingest", created, episode_id=EPISODE, run_id=EPISODE))
    data, _ = stage.refined(stage.ready())
    assert data.chapters == ()
    assert stage.asked() == []


def test_titles_in_a_language_without_spaces(stage: Stage) -> None:
    text = "灯台守が船を数えていました。"
    segments = [
        Segment.of([Word(text, n * LINE_S, n * LINE_S + 3)], speaker=None, language="ja")
        for n in range(180)
    ]
    stage.settings = {"chunk_tokens": 100_000}
    stage.said = lambda _: chapters((0, "灯台守の船"), (60, "北海道旅行"), (90, "船を数えて"))
    data, report = stage.refined(stage.ready(Transcript("ja", 900.0, tuple(segments))))
    assert starts(data) == [(0.0, "灯台守の船"), (450.0, "船を数えて")]
    assert report.chapters_rejected == {"title_not_spoken": 1}
