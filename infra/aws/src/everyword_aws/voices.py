"""Known voices on AWS: which shows consent, and what deletes the voiceprints of who is forgotten.

Voiceprints lie in the recogniser's bucket, since its workers make them. Refine reads them there and
says by an event whose are forgotten; the recogniser's own function deletes them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from everyword_aws.settings import ShippedSettings
from everyword_events import Event, EventLog, TranscriptReady, VoiceForgotten
from everyword_storage import BlobStore
from everyword_storage.keys import artifact_key
from everyword_transcripts.voiceprint import forgotten_voiceprints

FILE: Final = "transcribe.json"
"""Lies beside refine's own settings."""
SCHEDULE: Final = "voices"


class VoiceConsent(BaseModel):
    """What of the section [transcribe] says whether voices may be known; all else is left out."""

    known_voices: bool = False


class ShippedConsent:
    """Which shows consent that their speakers are known by their voices."""

    def __init__(self, settings_file: str) -> None:
        shipped = str(Path(settings_file).with_name(FILE))
        self._settings = ShippedSettings.read(VoiceConsent, shipped)

    def __call__(self, show: str) -> bool:
        """Tell whether a show consents."""
        return self._settings.of_show(show).known_voices


class ForgottenVoices:
    """Deletes the voiceprints that a VoiceForgotten names, from the bucket that they lie in."""

    def __init__(self, blobs: BlobStore, log: EventLog) -> None:
        self._blobs = blobs
        self._log = log

    def handle(self, event: Event) -> Sequence[Event]:
        """Delete them; done twice, it is done once."""
        episode_id = event.meta.episode_id
        if isinstance(event.data, VoiceForgotten):
            runs = [
                recorded.event.meta.run_id
                for recorded in self._log.of_episode(episode_id)
                if isinstance(recorded.event.data, TranscriptReady)
            ]
            for run_id, folder in forgotten_voiceprints(event.data, runs):
                self._blobs.delete(f"{artifact_key(episode_id, run_id, folder)}/")
        return ()


def left_to_the_recogniser(_: Event) -> None:
    """Delete nothing here: `ForgottenVoices` does when the event reaches it."""
