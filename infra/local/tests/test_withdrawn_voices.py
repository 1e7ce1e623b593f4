"""A show that consents no longer keeps no voices: they go while the stack runs."""

from pathlib import Path

from starlette.testclient import TestClient

from everyword_events import Event, TranscriptReady, new_run_id
from everyword_local.application import application
from everyword_local.composition import DISPATCHER, Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from everyword_storage import artifact_key
from everyword_transcripts import Voiceprint, voiceprint_name, write_voiceprint
from support.waiting import until

CONSENT = '[shows."Isles".transcribe]\nknown_voices = true\n'
WORD = {"word": "Hello", "start": 0.0, "end": 0.4, "speaker": "SPEAKER_00"}
TRANSCRIPT = {
    "language": "en",
    "segments": [{"start": 0.0, "end": 0.4, "text": "Hello", "words": [WORD]}],
}


def with_a_voice(composition: Composition, episode_id: str) -> Event:
    """Return the episode's TranscriptReady as of a run that kept a voiceprint."""
    (ready,) = [
        each.event.data
        for each in composition.bus.of_episode(episode_id)
        if isinstance(each.event.data, TranscriptReady)
    ]
    run_id = new_run_id()
    ref = composition.blobs.put(
        artifact_key(episode_id, run_id, voiceprint_name("SPEAKER_00")),
        write_voiceprint(Voiceprint("m", (1.0, 0.0), 30.0)),
        media_type="application/json",
    )
    data = ready.model_copy(update={"voices": {"SPEAKER_00": ref}})
    return Event.first("transcribe-gpu", data, episode_id=episode_id, run_id=run_id)


def test_voices_go_when_the_settings_withdraw_consent(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.settings.write_text(CONSENT)
    with Composition(folder, SettingsFile(folder.settings)) as composition:
        client = TestClient(application(composition), base_url="http://127.0.0.1")
        body = {"title": "One", "show": "Isles", "transcript": TRANSCRIPT}
        episode_id = client.post("/v1/episodes", json=body).json()["episode_id"]

        def state() -> str:
            return composition.ingest.get(episode_id).state

        def voiceprints() -> list[Path]:
            return list(folder.root.rglob("voiceprint*.json"))

        with composition.at_work(DISPATCHER):
            until(lambda: state() == "ready")
            composition.bus.append([with_a_voice(composition, episode_id)])
            until(lambda: not any(each.unfinished for each in composition.bus.pending().values()))
            assert len(voiceprints()) == 1
            folder.settings.write_text(CONSENT.replace("true", "false"))
            until(lambda: not voiceprints())
        shown = client.get("/v1/voices", params={"show": "Isles"}).json()
    assert shown == {"show": "Isles", "known_voices": False, "voices": []}
