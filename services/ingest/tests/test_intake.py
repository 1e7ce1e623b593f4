"""From the announcement to AudioUploaded: every way in, every refusal, every interruption."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from everyword_events import (
    AudioUploaded,
    Conflict,
    EpisodeCreated,
    InvalidInput,
    NotFound,
    TranscriptReady,
    TransientFailure,
    UploadRejected,
)
from everyword_storage import upload_key
from everyword_transcripts import read_transcript
from ingest import IngestSettings
from ingest.domain import NewEpisode, trust_notes
from ingest.domain.programme_start import from_the_audio_s_start
from ingest.service import Announced

TRANSCRIPT = {
    "language": "en",
    "segments": [
        {
            "start": 0.2,
            "end": 1.4,
            "text": "hello there",
            "words": [
                {"word": "hello", "start": 0.2, "end": 0.6},
                {"word": "there", "start": 0.7, "end": 1.4},
            ],
        }
    ],
}


def announce(world: Any, raw: bytes, **fields: object) -> Announced:
    known = {"filename": "one.wav", "bytes": len(raw), "show": "Radio", **fields}
    return world.service.create(NewEpisode.model_validate(known))


def upload(world: Any, raw: bytes, **fields: object) -> str:
    """Announce a file, store its bytes as the upload address would, and complete it."""
    episode_id = announce(world, raw, **fields).episode.episode_id
    world.blobs.put(upload_key(episode_id), raw, media_type="text/html")
    world.service.complete(episode_id)
    return episode_id


def error_of(world: Any, episode_id: str) -> str:
    view = world.service.get(episode_id)
    assert view.state == "failed"
    assert view.error is not None
    assert view.error.message
    assert isinstance(world.last(episode_id), UploadRejected)
    return view.error.code


def test_an_announced_episode_waits_for_its_upload(world: Any, wav: bytes) -> None:
    announced = announce(world, wav, title="A day", language="sv", speakers=2, channels="speakers")
    assert announced.episode.state == "awaiting_upload"
    assert announced.upload is not None
    grant = world.signer.verify(announced.upload.url.rsplit("/", 1)[1])
    assert (grant.key, grant.size) == (upload_key(announced.episode.episode_id), len(wav))
    created = world.last(announced.episode.episode_id)
    assert isinstance(created, EpisodeCreated)
    assert (created.hints.language, created.hints.speakers) == ("sv", 2)
    assert created.hints.channels == "speakers"


def test_a_completed_upload_is_probed_and_told_of(world: Any, wav: bytes) -> None:
    episode_id = upload(world, wav, title="A day", media_type="text/html")
    uploaded = world.last(episode_id)
    assert isinstance(uploaded, AudioUploaded)
    assert uploaded.duration_s == pytest.approx(2.0, abs=0.01)
    assert (uploaded.container, uploaded.codec, uploaded.channels) == ("wav", "pcm_s16le", 1)
    assert uploaded.audio.media_type == "audio/wav"
    assert uploaded.audio.sha256 == hashlib.sha256(wav).hexdigest()
    assert world.blobs.get(uploaded.audio) == wav
    assert world.service.get(episode_id).state == "queued"


def test_completing_twice_tells_once(world: Any, wav: bytes) -> None:
    episode_id = upload(world, wav)
    world.service.complete(episode_id)
    world.service.complete(episode_id)
    assert world.types(episode_id) == ["EpisodeCreated", "AudioUploaded"]


def test_bytes_are_welcome_until_they_are_accepted(world: Any, wav: bytes) -> None:
    episode_id = announce(world, wav).episode.episode_id
    assert world.service.awaits_upload(episode_id)
    world.blobs.put(upload_key(episode_id), wav, media_type="audio/wav")
    world.service.complete(episode_id)
    assert not world.service.awaits_upload(episode_id)
    assert not world.service.awaits_upload(upload(world, b"a letter\n" * 50))


def test_completing_without_an_upload_says_so(world: Any, wav: bytes) -> None:
    episode_id = announce(world, wav).episode.episode_id
    with pytest.raises(NotFound) as caught:
        world.service.complete(episode_id)
    assert caught.value.code == "upload_missing"
    assert world.service.get(episode_id).state == "awaiting_upload"
    with pytest.raises(NotFound):
        world.service.complete("nobody")


def test_a_text_file_named_mp3_is_rejected(world: Any) -> None:
    assert error_of(world, upload(world, b"a letter\n" * 99, filename="one.mp3")) == "not_audio"


def test_truncated_files_are_rejected(world: Any, audio: Callable[..., bytes]) -> None:
    for container, codec in (("mp3", "libmp3lame"), ("ipod", "aac")):
        whole = audio(container, codec)
        assert error_of(world, upload(world, whole[: len(whole) // 2])) == "truncated"


def test_a_video_without_sound_is_rejected(world: Any, audio: Callable[..., bytes]) -> None:
    assert error_of(world, upload(world, audio("mp4", None, video="libx264"))) == "no_audio_track"


def test_silence_is_taken(world: Any, audio: Callable[..., bytes]) -> None:
    silence = audio("wav", "pcm_s16le", seconds=10.0, hz=0.0)
    assert world.service.get(upload(world, silence)).state == "queued"


def test_too_much_is_refused_when_announced_or_when_heard(world: Any, wav: bytes) -> None:
    world.settings = IngestSettings(max_bytes=len(wav) - 1)
    with pytest.raises(InvalidInput) as caught:
        announce(world, wav)
    assert caught.value.code == "too_large"
    world.settings = IngestSettings(max_duration_s=1.0)
    assert error_of(world, upload(world, wav)) == "too_long"


@pytest.mark.parametrize(
    ("stored", "code"),
    [(b"", "empty"), (b"short", "truncated"), (b"x" * 400_000, "too_large")],
)
def test_an_upload_of_another_size_is_rejected(
    world: Any, wav: bytes, stored: bytes, code: str
) -> None:
    episode_id = announce(world, wav).episode.episode_id
    world.blobs.put(upload_key(episode_id), stored, media_type="audio/wav")
    world.service.complete(episode_id)
    assert error_of(world, episode_id) == code


def test_a_digest_that_differs_is_rejected(world: Any, wav: bytes) -> None:
    assert error_of(world, upload(world, wav, sha256="0" * 64)) == "digest_mismatch"


def test_a_rejected_upload_leaves_no_bytes(world: Any, wav: bytes) -> None:
    episode_id = upload(world, wav, sha256="0" * 64)
    world.deliver()
    assert world.blobs.stat(upload_key(episode_id)) is None
    assert world.service.get(episode_id).state == "failed"


def test_an_upload_that_never_comes_expires(world: Any, wav: bytes) -> None:
    episode_id = announce(world, wav).episode.episode_id
    assert world.service.settle_uploads() == 0
    world.clock.now += timedelta(hours=7)
    assert world.service.settle_uploads() == 1
    assert error_of(world, episode_id) == "upload_expired"
    assert world.service.settle_uploads() == 0


def test_an_upload_that_began_in_time_and_ended_late_is_taken(world: Any, wav: bytes) -> None:
    episode_id = announce(world, wav).episode.episode_id
    world.clock.now += timedelta(hours=7)
    world.service.settle_uploads()
    world.blobs.put(upload_key(episode_id), wav, media_type="audio/wav")
    world.deliver()
    assert world.service.complete(episode_id).state == "queued"
    assert world.service.get(episode_id).error is None


def test_an_upload_stored_by_a_process_that_died_is_completed_at_start(
    world: Any, wav: bytes
) -> None:
    episode_id = announce(world, wav).episode.episode_id
    world.blobs.put(upload_key(episode_id), wav, media_type="audio/wav")
    world.clock.now += timedelta(hours=7)
    assert world.service.settle_uploads() == 1
    assert world.service.get(episode_id).state == "queued"


def test_one_upload_that_cannot_be_settled_now_does_not_hold_up_the_others(
    world: Any, wav: bytes, audio: Callable[..., bytes]
) -> None:
    first = announce(world, wav).episode.episode_id
    other = audio("flac", "flac")
    second = announce(world, other).episode.episode_id
    for episode_id, raw in ((first, wav), (second, other)):
        world.blobs.put(upload_key(episode_id), raw, media_type="audio/wav")
    world.blobs.cannot_open = first
    assert world.service.settle_uploads() == 1
    assert world.service.get(first).state == "awaiting_upload"
    assert world.service.get(second).state == "queued"


def test_the_same_bytes_in_the_same_show_are_the_same_episode(world: Any, wav: bytes) -> None:
    first = upload(world, wav)
    second = upload(world, wav)
    assert error_of(world, second) == "duplicate"
    error = world.service.get(second).error
    assert error is not None
    assert first in error.message
    assert world.service.get(upload(world, wav, show="Other")).state == "queued"
    assert world.service.get(upload(world, wav, allow_duplicate=True)).state == "queued"


def test_a_digest_that_is_known_needs_no_upload(world: Any, wav: bytes) -> None:
    first = upload(world, wav)
    again = announce(world, wav, sha256=hashlib.sha256(wav).hexdigest())
    assert (again.episode.episode_id, again.upload, again.existing) == (first, None, True)


def test_a_failed_or_removed_episode_stands_in_nobody_s_way(world: Any, wav: bytes) -> None:
    first = upload(world, wav)
    world.service.remove(first)
    second = upload(world, wav)
    assert world.service.get(second).state == "queued"
    assert error_of(world, upload(world, wav)) == "duplicate"


def test_a_repeated_request_makes_one_episode(world: Any, wav: bytes) -> None:
    new = NewEpisode(filename="one.wav", bytes=len(wav), title="A")
    first = world.service.create(new, idempotency_key="k1")
    again = world.service.create(new, idempotency_key="k1")
    assert again.episode.episode_id == first.episode.episode_id
    assert again.upload is not None
    assert world.types(first.episode.episode_id) == ["EpisodeCreated"]
    other = world.service.create(new, idempotency_key="k2")
    assert other.episode.episode_id != first.episode.episode_id
    with pytest.raises(Conflict) as caught:
        world.service.create(new.model_copy(update={"title": "B"}), idempotency_key="k1")
    assert caught.value.code == "idempotency_key_reused"
    world.blobs.put(upload_key(first.episode.episode_id), wav, media_type="audio/wav")
    world.service.complete(first.episode.episode_id)
    assert world.service.create(new, idempotency_key="k1").upload is None


def test_a_request_that_was_cut_off_after_its_claim_is_made_good(world: Any, wav: bytes) -> None:
    new = NewEpisode(filename="one.wav", bytes=len(wav))
    world.bus.unplugged = True
    with pytest.raises(TransientFailure):
        world.service.create(new, idempotency_key="k1")
    world.bus.unplugged = False
    first = world.service.create(new, idempotency_key="k1")
    assert world.service.create(new, idempotency_key="k1").episode == first.episode


def test_a_file_of_this_machine_is_taken_in(world: Any, wav: bytes, tmp_path: Path) -> None:
    path = tmp_path / "A day.wav"
    path.write_bytes(wav)
    added = world.service.add_file(path, NewEpisode(show="Radio"))
    assert (added.episode.state, added.episode.title) == ("queued", "A day")
    again = world.service.add_file(path, NewEpisode(show="Radio"))
    assert again.existing
    assert again.episode.episode_id == added.episode.episode_id
    twice = world.service.add_file(path, NewEpisode(show="Radio", allow_duplicate=True))
    assert twice.episode.episode_id != added.episode.episode_id
    assert twice.episode.state == "queued"


def test_a_file_that_is_not_there_or_is_nothing_is_refused(world: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        world.service.add_file(tmp_path / "missing.wav", NewEpisode())
    with pytest.raises(InvalidInput):
        world.service.add_file(tmp_path, NewEpisode())
    (tmp_path / "empty.mp3").write_bytes(b"")
    with pytest.raises(InvalidInput) as caught:
        world.service.add_file(tmp_path / "empty.mp3", NewEpisode())
    assert caught.value.code == "empty"
    assert not world.service.page().episodes


def test_a_file_the_store_does_not_take_is_no_stuck_episode(
    world: Any, wav: bytes, tmp_path: Path
) -> None:
    (tmp_path / "one.wav").write_bytes(wav)
    world.blobs.full = True
    with pytest.raises(TransientFailure):
        world.service.add_file(tmp_path / "one.wav", NewEpisode())
    (view,) = world.service.page().episodes
    assert error_of(world, view.episode_id) == "disk_full"
    world.blobs.full = False
    assert world.service.add_file(tmp_path / "one.wav", NewEpisode()).episode.state == "queued"


def test_an_imported_transcript_enters_at_transcript_ready(world: Any) -> None:
    raw = json.dumps({**TRANSCRIPT, "engine": {"name": "whisperx", "model": "large-v3"}}).encode()
    made = world.service.import_transcript(raw, NewEpisode(title="Old", show="Radio"))
    episode_id = made.episode.episode_id
    assert (made.episode.state, made.upload) == ("refining", None)
    assert world.types(episode_id) == ["TranscriptReady"]
    ready = world.last(episode_id)
    assert isinstance(ready, TranscriptReady)
    assert (ready.engine.name, ready.engine.model) == ("imported", "whisperx/large-v3")
    assert (ready.words, ready.language, ready.audio, ready.cost_usd) == (2, "en", None, 0.0)
    stored = read_transcript(world.blobs.get(ready.transcript))
    assert (stored.episode_id, stored.run_id) == (episode_id, made.episode.run_id)
    again = world.service.import_transcript(raw, NewEpisode(show="Radio"))
    assert again.existing
    assert again.episode.episode_id == episode_id


def test_an_imported_transcript_keeps_its_audio(world: Any, wav: bytes, tmp_path: Path) -> None:
    path = tmp_path / "old.wav"
    path.write_bytes(wav)
    raw = json.dumps(TRANSCRIPT).encode()
    made = world.service.import_transcript(raw, NewEpisode(language="sv"), audio=path)
    ready = world.last(made.episode.episode_id)
    assert isinstance(ready, TranscriptReady)
    assert world.types(made.episode.episode_id) == ["EpisodeCreated", "TranscriptReady"]
    assert ready.audio is not None
    assert world.blobs.get(ready.audio) == wav
    assert (ready.language, ready.duration_s) == ("sv", pytest.approx(2.0, abs=0.01))
    assert ready.flags == ()


def test_a_transcript_longer_than_its_audio_is_flagged(
    world: Any, wav: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "old.wav"
    path.write_bytes(wav)
    raw = json.dumps({"segments": [{"start": 50, "end": 60, "text": "too late"}]}).encode()
    made = world.service.import_transcript(raw, NewEpisode(), audio=path)
    assert made.episode.flags == ("transcript_longer_than_audio",)
    assert made.episode.duration_s == 60


@pytest.mark.parametrize(("start", "flag"), [(10, "10:00:00"), (1, "01:00:00")])
def test_times_of_a_broadcast_are_counted_from_its_audio(
    world: Any, wav: bytes, tmp_path: Path, start: int, flag: str
) -> None:
    path = tmp_path / "programme.wav"
    path.write_bytes(wav)
    zero = start * 3600
    said = [{"word": "Gulls", "start": zero + 0.5, "end": zero + 0.9}]
    raw = json.dumps({"segments": [{"start": zero + 0.5, "end": zero + 0.9, "words": said}]})
    made = world.service.import_transcript(raw.encode(), NewEpisode(), audio=path)
    ready = world.last(made.episode.episode_id)
    (segment,) = read_transcript(world.blobs.get(ready.transcript)).segments
    assert (segment.start, segment.words[0].end) == (0.5, 0.9)
    assert ready.flags == (f"programme_start:{flag}",)
    assert f"began at {flag}" in trust_notes(made.episode)[-1]


@pytest.mark.parametrize("start_s", [3600 * 2 + 1800.0, 3600.5])
def test_other_times_after_the_audio_stay(start_s: float) -> None:
    said = [{"word": "late", "start": start_s, "end": start_s + 1}]
    form = {"segments": [{"start": start_s, "end": start_s + 1, "words": said}]}
    transcript = read_transcript(form)
    assert from_the_audio_s_start(transcript, 2 * 3600.0 + 1810 if start_s < 4000 else 60.0) is (
        transcript
    )


def test_what_is_no_transcript_makes_no_episode(world: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        world.service.import_transcript(b"WEBVTT", NewEpisode())
    assert caught.value.code == "transcript_invalid"
    assert not world.service.page().episodes
