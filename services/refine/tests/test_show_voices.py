"""Voices that people named are known again in later episodes, where the show consents."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from everyword_events import (
    EngineInfo,
    EpisodeInfo,
    EpisodeRemoved,
    Event,
    NotFound,
    TranscriptReady,
    VoiceForgotten,
    new_run_id,
)
from everyword_events.sqlite.bus import SqliteBus
from everyword_http import create_application
from everyword_storage import DirectoryBlobStore, artifact_key
from everyword_transcripts import (
    Transcript,
    Voiceprint,
    read_transcript,
    voiceprint_name,
    write_transcript,
    write_voiceprint,
)
from refine.adapters.log_history import LogHistory
from refine.config import RefineSettings
from refine.contract import CONTRACT
from refine.domain.voices import matches
from refine.editing import Correction
from refine.service import RefineService
from refine.show_voices import KnownVoice, ShowVoices, VoiceErasure
from refine.voices_api import voices_router

SHOW = "Slow Radio"
HELEN, TOM, NEITHER = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
"""Voices of three people who sound nothing like each other."""
NEARLY_HELEN = (0.95, sqrt(1 - 0.95**2), 0.0)
"""Helen on another day."""


def voiceprint(embedding: Any, speech_s: float = 30.0, model: str = "m") -> Voiceprint:
    return Voiceprint(model=model, embedding=embedding, speech_s=speech_s)


class Stack:
    """refine over a real log and store, with shows that consent and one that does not."""

    def __init__(self, folder: Path, blobs: DirectoryBlobStore) -> None:
        self.blobs = blobs
        self.bus = SqliteBus(folder / "bus.sqlite3", [CONTRACT])
        self.consenting = {SHOW, "Loud Radio"}
        history = LogHistory(self.bus)
        erase = VoiceErasure(blobs, history)
        self.voices = ShowVoices(blobs, history, history, self.bus, erase=erase)
        self.service = RefineService(
            blobs,
            lambda _: RefineSettings(),
            history=history,
            log=self.bus,
            known_speakers=self.voices,
            consents=self.consents,
        )

    def consents(self, show: str) -> bool:
        return show in self.consenting

    def episode(self, name: str, said: Transcript, show: str = SHOW, **voices: Any) -> Transcript:
        """Let an episode be recognised and refined; `voices` are of its labels."""
        run_id = new_run_id()
        raw = write_transcript(said)
        ref = self.blobs.put(f"in/{run_id}.json", raw, media_type="application/json")
        kept = {
            label: self.blobs.put(
                artifact_key(name, run_id, voiceprint_name(label)),
                write_voiceprint(voice if isinstance(voice, Voiceprint) else voiceprint(voice)),
                media_type="application/json",
            )
            for label, voice in voices.items()
        }
        ready = TranscriptReady(
            episode=EpisodeInfo(show=show, title=name, as_of=datetime(2026, 1, 1, tzinfo=UTC)),
            transcript=ref,
            language="en",
            duration_s=said.duration_s,
            words=said.n_words(),
            engine=EngineInfo(name="x"),
            voices=kept,
        )
        event = Event.first("transcribe-gpu", ready, episode_id=name, run_id=run_id)
        self.bus.append([event])
        return self.refined(event)

    def refined(self, event: Event) -> Transcript:
        (caused,) = self.service.handle(event)
        self.bus.append([caused])
        data: Any = caused.data
        return read_transcript(self.blobs.get(data.transcript))

    def named(self, episode: str, label: str, name: str, **more: Any) -> Transcript:
        """Let a person name a label."""
        correction = Correction(label=label, name=name, **more)
        return self.refined(self.service.corrections.correct(episode, correction)[0])

    def listed(self, show: str = SHOW) -> dict[str, tuple[str, ...]]:
        """Return the episodes of whose voices are known."""
        return {each.name: each.episodes for each in self.voices.known(show)}


@pytest.fixture
def stack(tmp_path: Path, blobs: DirectoryBlobStore) -> Stack:
    return Stack(tmp_path, blobs)


@pytest.fixture
def said(transcribe: Callable[..., Transcript]) -> Transcript:
    return transcribe("Hello and welcome to the show", "It is good to be here", speakers=["A", "B"])


def names(transcript: Transcript) -> dict[str, str]:
    """Return the labels that have names."""
    return {each.label: each.name for each in transcript.speakers if each.name}


def test_a_named_voice_is_known_again_and_marked(stack: Stack, said: Transcript) -> None:
    assert names(stack.episode("one", said, A=HELEN, B=TOM)) == {}
    assert names(stack.named("one", "A", "Helen")) == {"A": "Helen"}
    later = stack.episode("two", said, A=NEITHER, B=NEARLY_HELEN)
    assert names(later) == {"B": "Helen"}
    assert later.flags == ("voice_recognised:Helen",)
    changes = stack.service.corrections.report("two").changes
    assert {(each.before, each.by, each.after, each.verdict, each.reason) for each in changes} == {
        ("B", "voice", "Helen", "applied", "confidence 0.95"),
        ("A", "voice", "Helen", "rejected", "not_sure"),
    }
    assert stack.voices.known(SHOW) == [KnownVoice("Helen", ("one",), 30.0)]


def test_a_persons_word_wins(stack: Stack, said: Transcript) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    stack.episode("two", said, A=HELEN)
    corrected = stack.named("two", "A", "Agnes")
    assert (names(corrected), corrected.flags) == ({"A": "Agnes"}, ())
    again = stack.episode("two", said, A=HELEN)
    assert (names(again), again.flags) == ({"A": "Agnes"}, ())
    third = stack.episode("three", said, A=HELEN)
    assert names(third) == {}, "two people are said to have this one voice: nobody is named"


@pytest.mark.parametrize(
    ("voice", "reason"),
    [
        ((0.8, 0.6, 0.0), "under the measured confidence"),
        (voiceprint(HELEN, speech_s=2.0), "heard too briefly"),
        (voiceprint(HELEN, model="other"), "of another model"),
        (voiceprint((1.0, 0.0)), "of another length"),
    ],
)
def test_a_voice_that_is_not_sure_has_no_name(
    stack: Stack, said: Transcript, voice: Any, reason: str
) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    assert names(stack.episode("two", said, A=voice)) == {}, reason


def test_of_two_labels_with_one_voice_the_surer_is_named(stack: Stack, said: Transcript) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    assert names(stack.episode("two", said, A=NEARLY_HELEN, B=HELEN)) == {"B": "Helen"}


def test_without_consent_nobody_is_known(stack: Stack, said: Transcript) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    assert names(stack.episode("other", said, show="Loud Radio", A=HELEN)) == {}, "another show"
    stack.consenting.clear()
    assert names(stack.episode("two", said, A=HELEN)) == {}, "consent taken back"
    stack.episode("quiet", said, show="Quiet Radio", A=HELEN)
    stack.named("quiet", "A", "Helen")
    stack.consenting.add("Quiet Radio")
    assert stack.listed("Quiet Radio") == {}, "what was named without consent teaches nothing"


def test_an_edit_that_was_undone_teaches_no_more(stack: Stack, said: Transcript) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    _, (edit,) = stack.service.corrections.history("one")
    stack.refined(stack.service.corrections.undo("one", edit.event_id))
    assert names(stack.episode("two", said, A=HELEN)) == {}


def test_a_bare_label_named_for_the_show_teaches_one_voice(
    stack: Stack, transcribe: Callable[..., Transcript]
) -> None:
    """Whoever is SPEAKER_00 in one episode is somebody else in the next."""
    said = transcribe("Hello and welcome to the show", speakers=["SPEAKER_00"])
    stack.episode("one", said, SPEAKER_00=HELEN)
    stack.episode("two", said, SPEAKER_00=TOM)
    stack.named("two", "SPEAKER_00", "Tom")
    stack.named("one", "SPEAKER_00", "Helen", for_show=True)
    assert stack.listed() == {"Helen": ("one",), "Tom": ("two",)}


def test_a_removed_episode_teaches_no_more(stack: Stack, said: Transcript) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    removed = Event.first("ingest", EpisodeRemoved(), episode_id="one", run_id=new_run_id())
    stack.bus.append([removed])
    stack.service.handle(removed)
    assert stack.listed() == {}
    assert names(stack.episode("two", said, A=HELEN)) == {}


def prints(folder: Path) -> list[str]:
    """Return the labels of all voiceprints on the disk."""
    return sorted(
        path.parent.name for path in folder.rglob("voiceprint*.json") if path.parent.name in "AB"
    )


def test_a_voice_is_forgotten(stack: Stack, said: Transcript, tmp_path: Path) -> None:
    stack.episode("one", said, A=HELEN, B=TOM)
    stack.episode("one", said, A=HELEN, B=TOM)
    stack.named("one", "A", "Helen")
    stack.named("one", "B", "Tom")
    stack.episode("two", said, A=HELEN, B=NEITHER)
    assert prints(tmp_path) == ["A", "A", "A", "B", "B", "B"]
    assert sorted(stack.voices.forget(SHOW, "Helen")) == ["one", "two"]
    assert prints(tmp_path) == ["B", "B"], "hers are gone, and those of the older run"
    assert list(stack.listed()) == ["Tom"]
    assert names(stack.episode("three", said, A=HELEN, B=TOM)) == {"B": "Tom"}
    relearnt = stack.episode("one", said, A=HELEN, B=TOM)
    assert names(relearnt) == {"A": "Helen", "B": "Tom"}, "the names stay"
    assert list(stack.listed()) == ["Tom"], "and teach no more"
    with pytest.raises(NotFound, match="no voice is known as 'Agnes'"):
        stack.voices.forget(SHOW, "Agnes")
    stack.voices.forget(SHOW, None)
    assert prints(tmp_path) == []
    assert stack.listed() == {}


def test_voices_of_a_show_that_consents_no_longer_are_forgotten(
    stack: Stack, said: Transcript, tmp_path: Path
) -> None:
    stack.episode("one", said, A=HELEN, B=TOM)
    stack.named("one", "A", "Helen")
    stack.episode("loud", said, show="Loud Radio", A=TOM)
    stack.episode("one", said)
    assert stack.voices.forget_withdrawn(stack.consents) == []
    stack.consenting.remove(SHOW)
    assert stack.voices.forget_withdrawn(stack.consents, lambda: True) == [], "it is stopping"
    assert stack.voices.forget_withdrawn(stack.consents) == ["one"]
    assert prints(tmp_path) == ["A"], "the other show's stays, and none of an earlier run"
    assert stack.voices.forget_withdrawn(stack.consents) == []
    stack.consenting.add(SHOW)
    assert names(stack.episode("one", said, A=HELEN)) == {"A": "Helen"}, "the name stays"
    assert stack.listed() == {}, "and what was said before teaches no more"
    assert names(stack.episode("two", said, A=HELEN)) == {}


def test_after_a_replay_one_voice_is_forgotten_and_the_others_stay(
    stack: Stack, said: Transcript, tmp_path: Path
) -> None:
    stack.episode("one", said, A=HELEN, B=TOM)
    stack.named("one", "A", "Helen")
    stack.named("one", "B", "Tom")
    (ready,) = LogHistory(stack.bus).ready("one")
    again = Event.first("transcribe-gpu", ready.data, episode_id="one", run_id=new_run_id())
    stack.bus.append([again])
    stack.refined(again)
    assert stack.voices.forget(SHOW, "Helen") == ["one"]
    assert prints(tmp_path) == ["B"]
    assert list(stack.listed()) == ["Tom"]


def test_a_voice_is_forgotten_where_it_was_named_though_the_episode_is_of_another_show_by_now(
    stack: Stack, said: Transcript, tmp_path: Path
) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    stack.episode("one", said, show="Loud Radio", A=HELEN)
    assert stack.listed() == {"Helen": ("one",)}
    assert stack.voices.forget(SHOW, "Helen") == ["one"]
    assert (stack.listed(), prints(tmp_path)) == ({}, [])


def test_a_voice_that_is_kept_of_an_earlier_run_alone_is_forgotten(
    stack: Stack, said: Transcript, tmp_path: Path
) -> None:
    stack.episode("one", said, A=HELEN, B=TOM)
    stack.episode("one", said)
    assert prints(tmp_path) == ["A", "B"]
    assert stack.voices.forget(SHOW, None) == ["one"]
    assert prints(tmp_path) == []


def test_forgetting_is_caught_up_with(stack: Stack, said: Transcript, tmp_path: Path) -> None:
    """Whoever is interrupted between the event and the files deletes them when it is delivered."""
    stack.episode("one", said, A=HELEN)
    (ready,) = LogHistory(stack.bus).ready("one")
    data = VoiceForgotten(name="", of_run=ready.meta.run_id, labels=("A",))
    event = Event.first("refine", data, episode_id="one", run_id=new_run_id())
    assert CONTRACT.accepts(event)
    assert list(stack.service.handle(event)) == []
    assert prints(tmp_path) == []
    assert list(stack.service.handle(event)) == []


def test_over_http(stack: Stack, said: Transcript, serve: Any) -> None:
    stack.episode("one", said, A=HELEN)
    stack.named("one", "A", "Helen")
    http = serve(create_application("E", "1", [voices_router(stack.voices, stack.consents)]))
    assert http.get("/v1/voices", params={"show": SHOW}).json() == {
        "show": SHOW,
        "known_voices": True,
        "voices": [{"name": "Helen", "episodes": ["one"], "speech_s": 30.0}],
    }
    missing = http.delete("/v1/voices", params={"show": SHOW, "name": "Agnes"})
    assert (missing.status_code, missing.json()["code"]) == (404, "voice_missing")
    done = http.delete("/v1/voices", params={"show": SHOW, "name": "Helen"}).json()
    assert done == {"show": SHOW, "episode_ids": ["one"]}
    assert http.get("/v1/voices", params={"show": "None"}).json()["known_voices"] is False


def test_a_person_is_known_by_the_mean_of_what_was_heard() -> None:
    (found,) = matches(
        {"A": voiceprint((1.0, 0.0))},
        {"Helen": [voiceprint((0.6, 0.8), 10), voiceprint((0.6, -0.8), 10)]},
    )
    assert (found.name, found.confidence) == ("Helen", 1.0)
    twins = {"Ada": [voiceprint((1.0, 0.0))], "Eva": [voiceprint((0.99, sqrt(1 - 0.99**2)))]}
    assert matches({"A": voiceprint((1.0, 0.0))}, twins) == []
