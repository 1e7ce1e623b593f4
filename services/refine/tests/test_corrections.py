"""People's corrections through a real journal: recorded, applied, and applied again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from everyword_events import (
    EngineInfo,
    EpisodeInfo,
    Event,
    Misconfigured,
    TranscriptEdited,
    TranscriptReady,
    TransientFailure,
    guarded,
    new_run_id,
    removal_of,
)
from everyword_events.sqlite.bus import SqliteBus
from everyword_http import create_application
from everyword_storage import DirectoryBlobStore
from everyword_transcripts import Transcript, read_transcript, write_transcript
from refine.adapters.log_history import LogHistory
from refine.api import router
from refine.config import RefineSettings
from refine.contract import CONTRACT
from refine.editing import Correction
from refine.ports import Reply
from refine.service import RefineService

EPISODE = EpisodeInfo(show="Slow Radio", title="One", as_of=datetime(2026, 1, 1, tzinfo=UTC))


class Stack:
    """A service, a bus and a store on a real disk, and the episode's events driven by hand."""

    def __init__(self, bus: Any, blobs: DirectoryBlobStore, serve: Any) -> None:
        self.bus = bus
        self.blobs = blobs
        self.service = RefineService(
            blobs, lambda _: RefineSettings(), history=LogHistory(bus), log=bus
        )
        self.http = serve(create_application("Everyword", "1", [router(self.service)]))

    def transcribed(self, transcript: Any, *, refine: Any = True, episode_id: str = "ep1") -> Any:
        run_id = new_run_id()
        self.said = transcript
        body = write_transcript(transcript)
        ref = self.blobs.put(f"in/{run_id}.json", body, media_type="application/json")
        data = TranscriptReady(
            episode=EPISODE,
            transcript=ref,
            language="en",
            duration_s=transcript.duration_s,
            words=transcript.n_words(),
            engine=EngineInfo(name="x"),
        )
        event = Event.first("transcribe-gpu", data, episode_id=episode_id, run_id=run_id)
        self.bus.append([event])
        return self.refine(event) if refine else event

    def refine(self, event: Any) -> Any:
        caused = self.service.handle(event)
        self.bus.append(caused)
        return caused[0]

    def patch(self, status: Any = 202, *, episode_id: str = "ep1", **body: Any) -> Any:
        reply = self.http.patch(f"/v1/episodes/{episode_id}/transcript", json=body)
        assert reply.status_code == status, reply.text
        return reply.json()

    def corrected(self, *, episode_id: str = "ep1", **body: Any) -> Any:
        made = self.patch(episode_id=episode_id, **body)
        return self.refine(self.bus.get(episode_id, made["event_id"]))

    def texts(self, refined: Any) -> Any:
        transcript = read_transcript(self.blobs.get(refined.data.transcript))
        return [segment.text for segment in transcript.segments]


@pytest.fixture
def stack(tmp_path: Path, blobs: DirectoryBlobStore, serve: Any) -> Any:
    return Stack(SqliteBus(tmp_path / "bus.sqlite3", [CONTRACT]), blobs, serve)


@pytest.fixture
def spoken(transcribe: Callable[..., Transcript]) -> Any:
    return transcribe(
        "Hello and welcome to the show",
        "Today we use cube cuttle every day",
        "And that was all for now",
        speakers=["S0", "S1"],
    )


def test_a_correction_is_an_event_and_starts_a_new_run(stack: Any, spoken: str) -> None:
    first = stack.transcribed(spoken)
    said = stack.patch(segment=1, text="Today we use kubectl every day")
    event = stack.bus.get("ep1", said["event_id"])
    assert isinstance(event.data, TranscriptEdited)
    assert CONTRACT.accepts(event)
    assert event.meta.run_id == said["run_id"] > first.meta.run_id
    assert event.data.anchor.text == "Today we use cube cuttle every day"
    got = stack.refine(event)
    assert got.meta.run_id == event.meta.run_id
    assert stack.texts(got)[1] == "Today we use kubectl every day"
    assert got.data.episode == EPISODE


def test_corrections_survive_a_new_recognition_and_each_other(
    stack: Any, spoken: str, transcribe: Callable[..., Transcript]
) -> None:
    stack.transcribed(spoken)
    stack.corrected(at_s=5.0, text="Today we use kubectl every day")
    stack.corrected(label="S0", name="Helen")
    stack.corrected(segment=2, speaker="Helen")
    again = stack.transcribed(
        transcribe(
            "Hello and welcome to the show",
            "Today we used cue battle every day",
            "And that was all for now",
            speakers=["S0", "S1"],
        )
    )
    assert stack.texts(again)[1] == "Today we use kubectl every day"
    assert again.data.speakers == ("Helen", "S1")
    transcript = read_transcript(stack.blobs.get(again.data.transcript))
    assert [s.speaker for s in transcript.segments] == ["S0", "S1", "S0"]
    assert transcript.flags == ()


def test_a_conflict_is_reported_and_kept_for_later_runs(
    stack: Any, spoken: str, transcribe: Callable[..., Transcript]
) -> None:
    stack.transcribed(spoken)
    stack.corrected(segment=1, text="Today we use kubectl every day")
    other = stack.transcribed(transcribe("An entirely different recording it is that plays here"))
    transcript = read_transcript(stack.blobs.get(other.data.transcript))
    assert transcript.flags == ("edit_conflicts:1",)
    reply = stack.http.get("/v1/episodes/ep1/changes").json()
    assert [c["verdict"] for c in reply["changes"]] == ["conflict"]
    assert "conflict: other words stand there now" in reply["diff"]
    assert "? Today we use kubectl every day" in reply["diff"]
    back = stack.transcribed(spoken)
    assert stack.texts(back)[1] == "Today we use kubectl every day"


def test_a_redelivered_or_replayed_correction_applies_once(stack: Any, spoken: str) -> None:
    stack.transcribed(spoken)
    said = stack.patch(segment=1, text="Today we use kubectl every day")
    event = stack.bus.get("ep1", said["event_id"])
    first, second = stack.service.handle(event)[0], stack.service.handle(event)[0]
    assert first.data == second.data
    assert first.meta.event_id == second.meta.event_id
    replayed = event.replayed(run_id=new_run_id())
    stack.bus.append([replayed])
    got = stack.refine(replayed)
    assert stack.texts(got)[1] == "Today we use kubectl every day"
    assert len(stack.service.corrections.report("ep1").edits) == 1


def test_corrections_refined_in_the_other_order_both_count(stack: Any, spoken: str) -> None:
    stack.transcribed(spoken)
    one = stack.bus.get(
        "ep1", stack.patch(segment=1, text="Today we use kubectl every day")["event_id"]
    )
    two = stack.bus.get("ep1", stack.patch(segment=2, text="And that is all for now")["event_id"])
    second = stack.refine(two)
    first = stack.refine(one)
    newest = max(second, first, key=lambda event: event.meta.run_id)
    assert stack.texts(newest)[1:] == ["Today we use kubectl every day", "And that is all for now"]


def test_a_correction_that_the_newest_run_does_not_know_gets_a_newer_run(
    stack: Any, spoken: str
) -> None:
    stack.transcribed(spoken)
    late = Event.first(
        "refine",
        TranscriptEdited(
            anchor={"start": 3.9, "end": 7.4, "text": "Today we use cube cuttle every day"},
            text="Today we use kubectl every day",
        ),
        episode_id="ep1",
        run_id=new_run_id(),
    )
    stack.corrected(segment=2, text="And that is all for now")
    stack.bus.append([late])
    got = stack.refine(late)
    newest = LogHistory(stack.bus).newest("ep1", type(got.data))
    assert newest.meta.event_id == got.meta.event_id
    assert got.meta.run_id > late.meta.run_id
    assert stack.texts(got)[1:] == ["Today we use kubectl every day", "And that is all for now"]
    (again,) = stack.service.handle(late)
    assert (again.meta.run_id, again.meta.event_id) == (got.meta.run_id, got.meta.event_id)
    assert again.data == got.data


def test_a_recognition_overtaken_by_a_correction_of_the_old_one_still_wins(
    stack: Any, spoken: str, transcribe: Callable[..., Transcript]
) -> None:
    stack.transcribed(spoken)
    ready = stack.transcribed(
        transcribe("Hello and welcome to the show", "Today we are using it every single day"),
        refine=False,
    )
    # The journal lags: the correction is refined before the new recognition is known.
    edit = stack.bus.get("ep1", stack.patch(segment=2, text="And that is all for now")["event_id"])
    behind = RefineService(
        stack.blobs, lambda _: RefineSettings(), history=Lagging(stack.bus, ready.meta.event_id)
    )
    stack.bus.append(behind.handle(edit))
    got = stack.refine(ready)
    assert got.meta.run_id > edit.meta.run_id
    assert stack.texts(got)[1] == "Today we are using it every single day"


class Lagging(LogHistory):
    """A journal that has not heard of one event yet."""

    def __init__(self, journal: Any, hidden: Any) -> None:
        super().__init__(Hiding(journal, hidden))


class Hiding:
    def __init__(self, journal: Any, hidden: Any) -> None:
        self.journal = journal
        self.hidden = hidden

    def get(self, episode_id: Any, event_id: Any) -> Any:
        return None if event_id == self.hidden else self.journal.get(episode_id, event_id)

    def of_episode(self, episode_id: Any, *, after: Any = 0) -> Any:
        found = self.journal.of_episode(episode_id, after=after)
        return [one for one in found if one.event.meta.event_id != self.hidden]

    def scan(self, *, types: Any = ()) -> Any:
        return self.journal.scan(types=types)


def test_an_older_recognition_delivered_late_stays_old(stack: Any, spoken: str) -> None:
    old = stack.transcribed(spoken, refine=False)
    new = stack.transcribed(spoken)
    late = stack.refine(old)
    assert late.meta.run_id == old.meta.run_id < new.meta.run_id


def test_a_correction_before_its_transcript_is_known_waits(stack: Any) -> None:
    edit = Event.first(
        "refine", TranscriptEdited(label="S0", speaker="Ada"), episode_id="e", run_id=new_run_id()
    )
    with pytest.raises(TransientFailure):
        stack.service.handle(edit)


def test_without_a_history_a_correction_is_not_dropped_silently(blobs: DirectoryBlobStore) -> None:
    service = RefineService(blobs, lambda _: RefineSettings())
    data = TranscriptEdited(label="S0", speaker="Ada")
    with pytest.raises(Misconfigured):
        service.handle(Event.first("refine", data, episode_id="e", run_id=new_run_id()))
    with pytest.raises(Misconfigured):
        service.corrections.correct("e", Correction(label="S0", name="Ada"))


def test_a_removed_episode_takes_neither_corrections_nor_late_events(
    stack: Any, spoken: str
) -> None:
    refined = stack.transcribed(spoken)
    late = stack.transcribed(spoken, refine=False)
    gone = removal_of(stack.bus, "ingest", "ep1")
    stack.bus.append([gone])
    handle = guarded(stack.service.handle, stack.bus, stack.service.forget)
    handle(gone)
    stack.patch(404, segment=0, text="x")
    assert handle(late) == ()
    assert stack.blobs.stat(refined.data.transcript.uri.removeprefix("blob://local/")) is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"segment": 99, "text": "x"}, 404, "segment_missing"),
        ({"at_s": 999.0, "text": "x"}, 404, "segment_missing"),
        ({"label": "S9", "name": "Ada"}, 404, "label_missing"),
        ({"segment": 1, "text": "x", "expect": "other words"}, 409, "edit_outdated"),
        ({"segment": 1, "text": "x", "run_id": "another"}, 409, "edit_outdated"),
        ({}, 422, "request_invalid"),
        ({"segment": 1}, 422, "request_invalid"),
        ({"segment": -1, "text": "x"}, 422, "request_invalid"),
        ({"text": "x"}, 422, "request_invalid"),
        ({"segment": 1, "at_s": 2.0, "text": "x"}, 422, "request_invalid"),
        ({"label": "S0"}, 422, "request_invalid"),
        ({"label": "S0", "name": "A", "text": "x"}, 422, "request_invalid"),
        ({"label": "S0", "name": "  "}, 422, "request_invalid"),
        ({"segment": 1, "txt": "x"}, 422, "request_invalid"),
        ({"segment": 1, "text": "x" * 30_000}, 422, "request_invalid"),
    ],
)
def test_wrong_corrections_are_refused(
    stack: Any, spoken: str, body: Any, status: Any, code: Any
) -> None:
    stack.transcribed(spoken)
    before = len(stack.bus.of_episode("ep1"))
    assert stack.patch(status, **body)["code"] == code
    assert len(stack.bus.of_episode("ep1")) == before


def test_an_episode_nobody_knows_is_not_found(stack: Any) -> None:
    assert stack.patch(404, segment=0, text="x")["code"] == "episode_missing"
    assert stack.http.get("/v1/episodes/ep1/changes").status_code == 404


def test_a_correction_pays_for_no_model_call_again(stack: Any, spoken: str) -> Any:
    class Counting:
        name = "counting"
        calls = 0

        def complete(self, **_: Any) -> Any:
            self.calls += 1
            return Reply('{"speakers": [], "updates": []}', 50, 5)

    model = Counting()
    stack.service = RefineService(
        stack.blobs,
        lambda _: RefineSettings(),
        history=LogHistory(stack.bus),
        log=stack.bus,
        models=lambda _: model,
    )
    first = stack.transcribed(spoken)
    assert (model.calls, first.data.tokens) == (1, 55)
    (event,) = stack.service.corrections.correct("ep1", Correction(segment=1, text="Other words"))
    got = stack.refine(event)
    assert (model.calls, got.data.tokens) == (1, 0)


def test_an_undone_correction_holds_no_longer_and_can_hold_again(stack: Any, spoken: str) -> None:
    stack.transcribed(spoken)
    made = stack.patch(segment=1, text="Today we use kubectl every day")
    stack.refine(stack.bus.get("ep1", made["event_id"]))
    kept = stack.corrected(segment=2, text="And that was it for now")
    undo = stack.http.delete(f"/v1/episodes/ep1/edits/{made['event_id']}")
    assert undo.status_code == 202, undo.text
    again = stack.http.delete(f"/v1/episodes/ep1/edits/{made['event_id']}")
    assert again.json() == undo.json()
    without = stack.refine(stack.bus.get("ep1", undo.json()["event_id"]))
    assert without.meta.run_id > kept.meta.run_id
    assert stack.texts(without)[1:] == [
        "Today we use cube cuttle every day",
        "And that was it for now",
    ]
    retranscribed = stack.transcribed(stack.said)
    assert stack.texts(retranscribed)[1] == "Today we use cube cuttle every day"
    redo = stack.http.delete(f"/v1/episodes/ep1/edits/{undo.json()['event_id']}").json()
    holds = stack.refine(stack.bus.get("ep1", redo["event_id"]))
    assert stack.texts(holds)[1] == "Today we use kubectl every day"
    missing = stack.http.delete("/v1/episodes/ep1/edits/none")
    assert missing.status_code == 404


def test_words_are_corrected_alone_and_keep_their_neighbours_times(stack: Any, spoken: str) -> None:
    stack.transcribed(spoken)
    got = stack.corrected(segment=1, word=3, words=2, text="kubectl", expect="cube cuttle")
    assert stack.texts(got)[1] == "Today we use kubectl every day"
    before = list(stack.said.words())
    after = list(read_transcript(stack.blobs.get(got.data.transcript)).words())
    assert [(w.start, w.end) for w in after[:9]] == [(w.start, w.end) for w in before[:9]]
    assert [(w.start, w.end) for w in after[10:]] == [(w.start, w.end) for w in before[11:]]
    again = stack.transcribed(stack.said)
    assert stack.texts(again)[1] == "Today we use kubectl every day"
    assert stack.patch(404, segment=1, word=6, text="x")["code"] == "word_missing"


def test_a_speaker_is_another_from_here_on(stack: Any, spoken: str) -> None:
    stack.transcribed(spoken)
    got = stack.corrected(segment=2, speaker="Bo", from_here=True)
    transcript = read_transcript(stack.blobs.get(got.data.transcript))
    assert [segment.speaker for segment in transcript.segments] == ["S0", "S1", "Bo"]
    stack.patch(422, segment=1, from_here=True, text="x")
    again = stack.transcribed(stack.said)
    transcript = read_transcript(stack.blobs.get(again.data.transcript))
    assert [segment.speaker for segment in transcript.segments] == ["S0", "S1", "Bo"]


def test_a_name_is_mended_in_every_episode_of_the_show(stack: Any, spoken: str) -> None:
    stack.transcribed(spoken)
    stack.transcribed(spoken, episode_id="ep2")
    for episode_id in ("ep1", "ep2"):
        stack.corrected(episode_id=episode_id, label="S1", name="Bob")
    said = stack.patch(label="S1", name="Bo Lund", for_show=True)
    assert said["also"] == ["ep2"]
    (other,) = [e for e in LogHistory(stack.bus).edits("ep2") if e.data.speaker == "Bo Lund"]
    got = stack.refine(other)
    transcript = read_transcript(stack.blobs.get(got.data.transcript))
    assert transcript.speaker_name("S1") == "Bo Lund"


def names_in(stack: Any, refined: Any) -> list[str]:
    transcript = read_transcript(stack.blobs.get(refined.data.transcript))
    return [each.name or each.label for each in transcript.speakers]


def test_a_rename_in_the_show_holds_in_later_episodes(
    stack: Any, spoken: Any, transcribe: Any
) -> None:
    stack.transcribed(spoken)
    stack.corrected(label="S1", name="Bo", for_show=True)
    made = stack.patch(label="S1", name="Bo Lund", for_show=True)
    stack.refine(stack.bus.get("ep1", made["event_id"]))
    assert names_in(stack, stack.transcribed(spoken, episode_id="ep2")) == ["S0", "Bo Lund"]
    stack.http.delete(f"/v1/episodes/ep1/edits/{made['event_id']}")
    assert names_in(stack, stack.transcribed(spoken, episode_id="ep3")) == ["S0", "Bo"]
    alone = transcribe("Nobody else is here", speakers=["S0"])
    assert names_in(stack, stack.transcribed(alone, episode_id="ep4")) == ["S0"]


def test_a_rename_undone_in_one_episode_stays_undone_there(stack: Any, spoken: Any) -> None:
    stack.transcribed(spoken)
    stack.transcribed(spoken, episode_id="ep2")
    made = stack.patch(label="S1", name="Bo", for_show=True)
    assert made["also"] == ["ep2"]
    (other,) = LogHistory(stack.bus).edits("ep2")
    stack.refine(other)
    stack.http.delete(f"/v1/episodes/ep2/edits/{other.meta.event_id}")
    assert names_in(stack, stack.transcribed(spoken, episode_id="ep2")) == ["S0", "S1"]
    assert names_in(stack, stack.transcribed(spoken, episode_id="ep3")) == ["S0", "Bo"]


def test_the_language_is_stated_afterwards(stack: Any, spoken: Any) -> None:
    stack.transcribed(spoken)
    got = stack.corrected(language="sv", expect="en")
    assert got.data.language == "sv"
    assert stack.transcribed(spoken).data.language == "sv"
    stack.patch(409, language="de", expect="en")
    stack.patch(422, language="swedish it is")
    stack.patch(422, language="de", segment=0)
    stack.http.delete(
        f"/v1/episodes/ep1/edits/{LogHistory(stack.bus).edits('ep1')[0].meta.event_id}"
    )
    assert stack.transcribed(spoken).data.language == "en"
    (entry, _) = stack.http.get("/v1/episodes/ep1/history").json()["edits"]
    assert (entry["kind"], entry["after"], entry["state"]) == ("language", "sv", "undone")


def test_the_history_tells_what_became_of_every_edit(stack: Any, spoken: str) -> None:
    stack.transcribed(spoken)
    first = stack.patch(segment=1, text="Today we use kubectl every day")
    run = stack.refine(stack.bus.get("ep1", first["event_id"])).meta.run_id
    second = stack.patch(label="S0", name="Ada")
    found = stack.http.get("/v1/episodes/ep1/history").json()
    assert [(e["kind"], e["state"]) for e in found["edits"]] == [
        ("text", "applied"),
        ("name", "pending"),
    ]
    assert found["runs"][0]["run_id"] == run
    assert [r["edits"] for r in found["runs"]] == [1, 0]
    old, new = (entry["run_id"] for entry in found["runs"][::-1])
    query = f"/v1/episodes/ep1/diff?old={old}&new={new}"
    changes = stack.http.get(query).json()["changes"]
    assert [(c["before"], c["after"]) for c in changes] == [("cube cuttle", "kubectl")]
    assert stack.http.get("/v1/episodes/ep1/diff?old=x&new=y").status_code == 404
    stack.refine(stack.bus.get("ep1", second["event_id"]))
    undo = stack.http.delete(f"/v1/episodes/ep1/edits/{first['event_id']}").json()
    stack.refine(stack.bus.get("ep1", undo["event_id"]))
    found = stack.http.get("/v1/episodes/ep1/history").json()
    assert [(e["kind"], e["state"], e["undone_by"]) for e in found["edits"]] == [
        ("text", "undone", undo["event_id"]),
        ("name", "applied", None),
        ("undo", "applied", None),
    ]


def test_a_conflict_is_shown_with_its_reason(stack: Any, spoken: str, transcribe: Any) -> None:
    stack.transcribed(spoken)
    stack.corrected(segment=1, text="Today we use kubectl every day")
    stack.transcribed(transcribe("Something else", "was said in this one", "altogether"))
    (edit,) = stack.http.get("/v1/episodes/ep1/history").json()["edits"]
    assert edit["state"] == "conflict"
    assert edit["reason"]
