"""An episode's audio is another now: fetched, compared, and processed as a new run."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from everyword_events import AudioUploaded, EpisodeInfo, Event, derived_event_id
from everyword_storage import BlobStore, artifact_key
from ingest.audio_import import check_audio
from ingest.config import IngestSettings
from ingest.contract import CONTRACT
from ingest.domain import validate_audio
from ingest.duplicates import DuplicateDetection
from ingest.episodes import Episodes
from ingest.ports import AudioProbe, Fetcher, FetchRequest


class AudioReplacement:
    """Gives an episode new audio; an episode that was removed stays removed."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        blobs: BlobStore,
        episodes: Episodes,
        duplicates: DuplicateDetection,
        probe: AudioProbe,
        scratch: Path,
        settings_for: Callable[[str], IngestSettings],
        clock: Callable[[], datetime],
    ) -> None:
        self._fetcher = fetcher
        self._blobs = blobs
        self._episodes = episodes
        self._duplicates = duplicates
        self._probe = probe
        self._scratch = scratch
        self._settings_for = settings_for
        self._clock = clock

    def replace(self, episode_id: str, url: str, *, show: str) -> bool:
        """Fetch the audio and start a run with it; False if it is what the episode has.

        Raises:
            InvalidInput: it is no audio, or not allowed; the episode stays as it is.
            TransientFailure: its server or the network fails now.
        """
        view = self._episodes.get(episode_id)
        if view.state == "removed":
            return False
        settings = self._settings_for(show)
        self._scratch.mkdir(parents=True, exist_ok=True)
        fetched = self._fetcher.fetch(
            FetchRequest(
                url=url,
                to=self._scratch / f"{episode_id}.changed",
                max_bytes=settings.max_bytes,
                total_s=settings.download_total_s,
            )
        )
        try:
            with fetched.path.open("rb") as body:
                sha256 = hashlib.file_digest(body, "sha256").hexdigest()
            if view.audio is not None and view.audio.sha256 == sha256:
                return False
            facts = check_audio(fetched, self._probe)
            validate_audio(facts, settings.limits)
            run_id = self._episodes.next_run_id(episode_id)
            with fetched.path.open("rb") as body:
                audio = self._blobs.put(
                    artifact_key(episode_id, run_id, "upload/audio"),
                    body,
                    media_type=facts.media_type,
                )
        finally:
            fetched.path.unlink(missing_ok=True)
        announcement = self._episodes.announcement(episode_id)
        hints = getattr(announcement.data, "hints", None) if announcement else None
        now = self._clock()
        data = AudioUploaded(
            episode=EpisodeInfo(
                show=view.show,
                title=view.title,
                published_at=view.published_at,
                link=view.link,
                as_of=view.as_of or now,
            ),
            audio=audio,
            duration_s=facts.duration_s,
            container=facts.container,
            codec=facts.codec,
            channels=facts.channels,
            sample_rate_hz=facts.sample_rate_hz,
            **({"hints": hints} if hints else {}),
        )
        event_id = derived_event_id(run_id, data.event_type(), data.schema_version)
        self._episodes.record(
            Event.first(
                CONTRACT.service,
                data,
                episode_id=episode_id,
                run_id=run_id,
                event_id=event_id,
                occurred_at=now,
            )
        )
        self._duplicates.claim(view.show, sha256, episode_id)
        return True
