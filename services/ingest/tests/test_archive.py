"""Reading, changing, removing and replaying episodes; the catalogue is only a projection."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from everyword_events import (
    CaptionsPublished,
    Conflict,
    EngineInfo,
    EpisodeChanged,
    EpisodeIndexed,
    EpisodeRemoved,
    Event,
    InvalidInput,
    Misconfigured,
    NotFound,
    TranscriptReady,
    TranscriptRefined,
)
from everyword_events.testing import sample
from everyword_storage import artifact_key, upload_key
from everyword_transcripts import Segment, Transcript, Word, write_transcript
from ingest.adapters.sqlite import SqliteIngestTables
from ingest.domain import EpisodeChange, EpisodeFacts, EpisodeView, NewEpisode, Progress


def announced(world: Any, title: str = "One", show: str = "Radio") -> str:
    new = NewEpisode(title=title, show=show, bytes=9)
    return world.service.create(new).episode.episode_id


def uploaded(world: Any, wav: bytes, show: str = "Radio") -> str:
    new = NewEpisode(title="One", show=show, bytes=len(wav), allow_duplicate=True)
    episode_id = world.service.create(new).episode.episode_id
    world.blobs.put(upload_key(episode_id), wav, media_type="audio/wav")
    world.service.complete(episode_id)
    return episode_id


def transcribe(world: Any, episode_id: str) -> Event:
    """Publish what the other services would, up to ready."""
    cause = world.bus.of_episode(episode_id)[-1].event
    text = world.blobs.put(
        artifact_key(episode_id, cause.meta.run_id, "transcript.json"), b"{}", media_type="x/y"
    )
    ready = cause.causes(
        "transcribe-gpu",
        TranscriptReady(
            episode=cause.data.episode,
            transcript=text,
            audio=cause.data.audio,
            language="en",
            duration_s=2,
            words=3,
            engine=EngineInfo(name="tiny"),
        ),
    )
    refined = ready.causes(
        "refine",
        TranscriptRefined(
            episode=cause.data.episode, transcript=text, language="en", duration_s=2, words=3
        ),
    )
    captions = refined.causes("captions", CaptionsPublished(files={"vtt": text}))
    indexed = refined.causes("search", EpisodeIndexed(words=3, passages=1, index="i"))
    world.bus.append([ready, refined, captions, indexed])
    return refined


def test_an_episode_nobody_knows_is_not_found(world: Any) -> None:
    for call in (
        lambda: world.service.get("../../etc"),
        lambda: world.service.events("nobody"),
        lambda: world.service.remove("nobody"),
        lambda: world.service.change("nobody", EpisodeChange(title="x")),
        lambda: world.service.replay("nobody", "AudioUploaded"),
    ):
        with pytest.raises(NotFound):
            call()


def test_the_journal_is_told_oldest_first(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    told = world.service.events(episode_id)
    assert [each.event.type for each in told] == ["EpisodeCreated", "AudioUploaded"]
    rest = world.service.events(episode_id, after=told[0].position)
    assert [each.event.type for each in rest] == ["AudioUploaded"]
    assert world.service.events(episode_id, after=told[1].position) == []


def test_get_is_always_fresh_and_listing_follows_the_bus(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    transcribe(world, episode_id)
    assert world.service.get(episode_id).state == "ready"
    assert world.service.page().episodes[0].state == "queued"
    world.deliver()
    assert world.service.page().episodes[0] == world.service.get(episode_id)
    assert world.service.page().episodes[0].state == "ready"


def test_listing_pages_newest_first_without_gaps(world: Any) -> None:
    made = [announced(world, f"Episode {number}") for number in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = world.service.page(cursor=cursor, limit=3)
        seen.extend(view.episode_id for view in page.episodes)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]


def test_listing_filters_by_show_and_state(world: Any, wav: bytes) -> None:
    one, other = announced(world), announced(world, show="Other")
    queued = uploaded(world, wav)
    gone = announced(world)
    world.service.remove(gone)

    def ids(**wanted: str) -> set[str]:
        return {view.episode_id for view in world.service.page(**wanted).episodes}

    assert ids() == {one, other, queued}
    assert ids(show="Other") == {other}
    assert ids(state="queued") == {queued}
    assert ids(state="removed") == {gone}
    assert ids(show="Radio", state="awaiting_upload") == {one}
    assert ids(show="' OR 1=1 --") == set()


def test_a_cursor_that_is_none_is_refused(world: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        world.service.page(cursor="'; --")
    assert caught.value.code == "cursor_invalid"


def test_progress_is_laid_over_what_the_events_say(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    run_id = world.service.get(episode_id).run_id
    world.board.said[episode_id, run_id] = Progress(stage="transcribe", fraction=0.25, eta_s=9)
    view = world.service.get(episode_id)
    assert view.state == "transcribing"
    assert view.progress == Progress(stage="transcribe", fraction=0.25, eta_s=9)
    assert world.service.page().episodes[0].state == "transcribing"
    transcribe(world, episode_id)
    assert (world.service.get(episode_id).state, world.service.get(episode_id).progress) == (
        "ready",
        None,
    )


def test_a_change_is_stated_and_the_rest_stays(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    date = datetime(2026, 3, 1, tzinfo=UTC)
    world.service.change(episode_id, EpisodeChange(published_at=date, link="https://a.example/"))
    seen = EpisodeFacts(published_at=None, link="https://a.example/")
    with pytest.raises(Conflict, match="meanwhile"):
        world.service.change(episode_id, EpisodeChange(link=None, expect=seen))
    seen = EpisodeFacts(published_at=date)
    world.service.change(episode_id, EpisodeChange(link="https://a.example/", expect=seen))
    view = world.service.change(episode_id, EpisodeChange(title=" Two  words "))
    assert (view.title, view.show, view.published_at) == ("Two words", "Radio", date)
    assert view.link == "https://a.example/"
    changed = world.last(episode_id)
    assert isinstance(changed, EpisodeChanged)
    assert world.bus.of_episode(episode_id)[-1].event.meta.run_id == view.run_id
    before = len(world.types(episode_id))
    world.service.change(episode_id, EpisodeChange(title="Two words"))
    assert len(world.types(episode_id)) == before
    assert world.service.change(episode_id, EpisodeChange(link=None)).link is None


def test_a_change_wins_although_the_clock_was_set_back(world: Any) -> None:
    episode_id = announced(world)
    world.clock.now -= timedelta(days=1)
    assert world.service.change(episode_id, EpisodeChange(title="Two")).title == "Two"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (EpisodeChange(title=""), "title_missing"),
        (EpisodeChange(title=None), "title_missing"),
        (EpisodeChange(link="javascript:x"), "link_invalid"),
        (EpisodeChange(show="x" * 400), "show_too_long"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(
    world: Any, change: EpisodeChange, code: str
) -> None:
    episode_id = announced(world)
    with pytest.raises(InvalidInput) as caught:
        world.service.change(episode_id, change)
    assert caught.value.code == code
    assert world.types(episode_id) == ["EpisodeCreated"]


def test_a_removed_episode_is_gone_whatever_comes_late(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    world.deliver()
    first = world.bus.of_episode(episode_id)[1].event
    view = world.service.remove(episode_id, "asked for")
    assert (view.state, view.reason, view.title, view.filename) == ("removed", "asked for", "", "")
    assert view.removed_at is not None
    assert world.service.remove(episode_id).state == "removed"
    assert world.types(episode_id).count("EpisodeRemoved") == 1
    removed = world.last(episode_id)
    assert isinstance(removed, EpisodeRemoved)
    assert removed.reason == "asked for"
    world.deliver()
    assert world.blobs.stat(upload_key(episode_id)) is None
    world.bus.append([first.causes("transcribe-gpu", removed, part="late")])
    assert world.types(episode_id) == ["EpisodeRemoved"]
    late = world.blobs.put(artifact_key(episode_id, "r", "late.json"), b"x", media_type="x/y")
    world.service.handle(first)
    assert world.blobs.stat(artifact_key(episode_id, "r", "late.json")) is None
    assert late.bytes == 1
    assert world.service.get(episode_id).state == "removed"
    with pytest.raises(Conflict):
        world.service.change(episode_id, EpisodeChange(title="x"))
    with pytest.raises(Conflict):
        world.service.replay(episode_id, "AudioUploaded")


def test_a_removal_is_newer_than_every_run(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    world.service.replay(episode_id, "AudioUploaded")
    world.service.remove(episode_id)
    runs = [each.event.meta.run_id for each in world.bus.of_episode(episode_id)]
    assert runs[-1] == max(runs)


def test_a_replay_starts_a_newer_run(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    transcribe(world, episode_id)
    world.deliver()
    before = world.service.get(episode_id)
    assert world.service.replay(episode_id, "TranscriptReady", reason="rule").episode_ids == [
        episode_id
    ]
    assert world.replayed[0].reason == "rule"
    view = world.service.get(episode_id)
    assert (view.state, view.files) == ("refining", before.files)
    assert view.run_id > before.run_id


def test_a_replay_for_search_only_is_publishing(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    transcribe(world, episode_id)
    world.service.replay(episode_id, "TranscriptRefined", only=["search"])
    assert world.service.get(episode_id).state == "publishing"


def test_a_replay_of_many_passes_over_what_has_no_such_event(world: Any, wav: bytes) -> None:
    first, second = uploaded(world, wav), uploaded(world, wav, show="Other")
    announced(world)
    gone = uploaded(world, wav)
    world.service.remove(gone)
    would = world.service.replay(None, "AudioUploaded", dry_run=True)
    assert {first, second} < set(would.episode_ids)
    assert world.replayed == []
    taken = world.service.replay(None, "AudioUploaded", rate_per_s=5)
    assert taken.episode_ids == [first, second]
    assert world.replayed[-1].rate_per_s == 5
    assert world.service.replay(None, "AudioUploaded", show="Other").episode_ids == [second]
    assert world.replayed[-1].show == "Other"


@pytest.mark.parametrize("event_type", ["AudioUploaded", "TranscriptReady", "TranscriptRefined"])
@pytest.mark.parametrize("only", [["search"], ["captions", "search"]])
def test_services_that_work_later_start_from_what_they_work_from(
    world: Any, wav: bytes, event_type: str, only: list[str]
) -> None:
    uploaded(world, wav)
    world.service.replay(None, event_type, only=only)
    assert (world.replayed[-1].event_type, world.replayed[-1].only) == (
        "TranscriptRefined",
        tuple(only),
    )


@pytest.mark.parametrize(
    ("event_type", "only", "code"),
    [
        ("AudioUplaoded", [], "replay_from"),
        ("EpisodeCreated", [], "replay_from"),
        ("TranscriptRefined", ["refine"], "replay_only"),
        ("TranscriptReady", ["refine", "search"], "replay_only"),
        ("TranscriptReady", ["nobody"], "replay_only"),
        ("TranscriptRefined", ["captions", "nobody"], "replay_only"),
        ("TranscriptRefined", [], "nothing_to_replay"),
    ],
)
def test_a_replay_that_would_do_nothing_is_refused(
    world: Any, wav: bytes, event_type: str, only: list[str], code: str
) -> None:
    episode_id = uploaded(world, wav)
    with pytest.raises(InvalidInput) as caught:
        world.service.replay(episode_id, event_type, only=only)
    assert caught.value.code == code


@pytest.mark.parametrize("only", [["diarize"], []])
def test_what_has_no_audio_cannot_be_heard_again(world: Any, only: list[str]) -> None:
    said = Segment.of([Word("nobody", 1.0, 1.5)], speaker=None, language="en")
    raw = write_transcript(Transcript("en", 3.0, (said,)))
    made = world.service.import_transcript(raw, NewEpisode(title="Old")).episode
    with pytest.raises(InvalidInput, match="has a transcript and no audio") as caught:
        world.service.replay(made.episode_id, "AudioUploaded", only=only)
    assert caught.value.code == "audio_missing"
    assert caught.value.hint


def test_the_catalogue_is_made_again_from_the_journal(world: Any, wav: bytes) -> None:
    one, two = uploaded(world, wav), announced(world)
    transcribe(world, one)
    world.service.remove(two)
    world.deliver()
    before = world.service.page().episodes, world.service.page(state="removed").episodes
    world.tables.clear()
    assert not world.service.page().episodes
    assert world.service.rebuild() == 2
    assert (world.service.page().episodes, world.service.page(state="removed").episodes) == before


def test_claims_are_made_again_as_events_are_delivered(world: Any, wav: bytes) -> None:
    new = NewEpisode(bytes=len(wav), show="Radio")
    episode_id = world.service.create(new).episode.episode_id
    world.blobs.put(upload_key(episode_id), wav, media_type="audio/wav")
    world.service.complete(episode_id)
    audio = world.service.get(episode_id).audio
    assert audio is not None
    world.tables.transfer(f'audio|"Radio"|{audio.sha256}', owner=episode_id, to="lost")
    world.deliver()
    again = world.service.create(new.model_copy(update={"sha256": audio.sha256}))
    assert again.episode.episode_id == episode_id


def test_an_event_the_log_has_yet_to_learn_of_counts(world: Any, wav: bytes) -> None:
    episode_id = uploaded(world, wav)
    cause = world.bus.of_episode(episode_id)[-1].event
    world.service.handle(cause.causes("transcribe-gpu", sample(TranscriptReady)))
    assert world.service.page(state="refining").episodes[0].episode_id == episode_id


def view(number: int, **fields: object) -> EpisodeView:
    known = {
        "episode_id": f"e{number:03}",
        "run_id": "r",
        "state": "queued",
        "created_at": "2026-11-21T00:00:00Z",
        "updated_at": "2026-11-21T00:00:00Z",
        **fields,
    }
    return EpisodeView.model_validate(known)


def test_an_older_view_never_replaces_a_newer_one(tmp_path: Path) -> None:
    tables = SqliteIngestTables(tmp_path / "t.sqlite")
    tables.put(view(1, title="new"), position=7)
    tables.put(view(1, title="old"), position=6)
    page = tables.page(show=None, state=None, cursor=None, limit=9)
    assert [each.title for each in page.episodes] == ["new"]
    tables.close()


CLAIM = """
import sys
from pathlib import Path
from ingest.adapters.sqlite import SqliteIngestTables
tables = SqliteIngestTables(Path(sys.argv[1]))
print(tables.claim("name", sys.argv[2]))
tables.close()
"""


def test_of_many_processes_one_gets_the_claim(tmp_path: Path) -> None:
    path = str(tmp_path / "t.sqlite")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM, path, f"h{number}"], stdout=subprocess.PIPE, text=True
        )
        for number in range(4)
    ]
    holders = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(holders) == 1


def test_a_claim_is_passed_on_by_its_holder_only(tmp_path: Path) -> None:
    tables = SqliteIngestTables(tmp_path / "t.sqlite")
    assert tables.owner_of("n") is None
    assert tables.claim("n", "a") == "a"
    assert tables.claim("n", "b") == "a"
    assert not tables.transfer("n", owner="b", to="c")
    assert tables.transfer("n", owner="a", to="c")
    assert tables.owner_of("n") == "c"
    tables.close()


def test_a_newer_or_foreign_file_is_misconfigured(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    SqliteIngestTables(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(Misconfigured) as caught:
        SqliteIngestTables(path)
    assert caught.value.code == "data_too_new"
    (tmp_path / "not.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(Misconfigured) as caught:
        SqliteIngestTables(tmp_path / "not.sqlite")
    assert caught.value.code == "data_unreadable"
    with pytest.raises(Misconfigured):
        SqliteIngestTables(tmp_path / "no" / "folder" / "t.sqlite")
