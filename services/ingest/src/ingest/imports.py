"""Transcripts that exist already: read, kept as ours, and told of without any recognition."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import everyword_transcripts as transcripts  # what reads one is loaded by the first
from everyword_events import (
    BlobRef,
    EngineInfo,
    EpisodeInfo,
    InvalidInput,
    TranscriptReady,
)
from everyword_storage import BlobStore, artifact_key
from ingest.config import MOST_TRANSCRIPT_BYTES
from ingest.domain import AudioFacts, human_bytes
from ingest.domain.programme_start import from_the_audio_s_start

if TYPE_CHECKING:
    from everyword_transcripts import Transcript

ENGINE = "imported"
ARTIFACT = "imported.json"
SHIFTED = "imported-from-zero.json"
TOLERANCE_S = 1.0


@dataclass(frozen=True)
class Imported:
    """A transcript that is no episode's yet, and its JSON."""

    transcript: "Transcript"
    json: bytes

    @classmethod
    def read(cls, raw: bytes | Mapping[str, Any], *, language: str = "") -> "Imported":
        """Read our JSON or WhisperX's. `language` is what the uploader says it is.

        Raises:
            InvalidInput: it is no transcript, or too large to be one.
        """
        if isinstance(raw, bytes) and len(raw) > MOST_TRANSCRIPT_BYTES:
            raise InvalidInput(
                f"the transcript has {human_bytes(len(raw))}, "
                f"{human_bytes(MOST_TRANSCRIPT_BYTES)} are the most",
                code="too_large",
            )
        read = transcripts.read_transcript(raw)
        made_by = "/".join(part for part in (read.engine.name, read.engine.model) if part)
        known = read.engine.name not in {"", "unknown", ENGINE}
        transcript = replace(
            read,
            language=language or read.language,
            engine=transcripts.Engine(ENGINE, made_by if known else read.engine.model, ""),
            episode_id=None,
            run_id=None,
        )
        return cls(transcript, transcripts.write_transcript(transcript))

    @cached_property
    def sha256(self) -> str:
        """The digest that knows it again, whatever episode it belongs to."""
        return hashlib.sha256(self.json).hexdigest()


class ImportedTranscripts:
    """Keeps an imported transcript beside its episode until the audio, if any, is there."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def keep(self, imported: Imported, *, episode_id: str, run_id: str) -> BlobRef:
        """Store the transcript as this run's."""
        return self._blobs.put(
            artifact_key(episode_id, run_id, ARTIFACT),
            transcripts.with_ids(imported.json, episode_id=episode_id, run_id=run_id),
            media_type="application/json",
        )

    def find(self, *, episode_id: str, run_id: str) -> BlobRef | None:
        """Return what was kept for this run, if anything."""
        return self._blobs.stat(artifact_key(episode_id, run_id, ARTIFACT))

    def ready(
        self,
        kept: BlobRef,
        episode: EpisodeInfo,
        *,
        imported: Imported | None = None,
        audio: BlobRef | None = None,
        facts: AudioFacts | None = None,
    ) -> TranscriptReady:
        """Return what to tell of a kept transcript; it is read unless it is `imported` just now.

        The episode lasts as long as its audio; words beyond the audio's end are flagged, as the
        two may not belong together, unless all of them are whole hours late: those are counted
        from the audio's start.
        """
        transcript = (
            imported.transcript if imported else transcripts.read_transcript(self._blobs.get(kept))
        )
        if facts is not None:
            shifted = from_the_audio_s_start(transcript, facts.duration_s)
            if shifted is not transcript:
                transcript, kept = shifted, self._keep_shifted(shifted)
        flags = transcript.flags
        if facts is not None and transcript.duration_s > facts.duration_s + TOLERANCE_S:
            flags = (*flags, "transcript_longer_than_audio")
        return TranscriptReady(
            episode=episode,
            transcript=kept,
            audio=audio,
            language=transcript.language,
            duration_s=max(transcript.duration_s, facts.duration_s if facts else 0.0),
            words=transcript.n_words(),
            engine=EngineInfo(name=ENGINE, model=transcript.engine.model),
            flags=flags,
            cost_usd=0.0,
        )

    def _keep_shifted(self, shifted: "Transcript") -> BlobRef:
        """Store a transcript with other times beside the one that was kept."""
        assert shifted.episode_id is not None
        assert shifted.run_id is not None
        key = artifact_key(shifted.episode_id, shifted.run_id, SHIFTED)
        return self._blobs.put(
            key, transcripts.write_transcript(shifted), media_type="application/json"
        )
