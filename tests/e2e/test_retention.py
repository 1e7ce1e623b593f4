"""What shows' settings say is deleted in time, and said of the episode; the rest goes on."""

import io
import json
import wave
from pathlib import Path
from typing import Any

import pytest

from everyword_events import EverywordError, NotFound
from everyword_local.client import IN_PROCESS, Api
from everyword_local.command import run
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.in_process import in_process
from everyword_local.settings import SettingsFile
from ingest.domain import NewEpisode
from support.waiting import until

SETTINGS = '[shows."Radio".retention]\naudio_days = 0.000001\nruns = 1\n'


class House:
    """An archive with an episode of each of two shows, recognised elsewhere."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)
        self.settings = SettingsFile(self.folder.settings)
        self.composition = Composition(self.folder, self.settings)
        self.api = Api(IN_PROCESS, transport=in_process(self.composition))

    def add(self, show: str) -> str:
        audio = self.folder.root.parent / f"{show}.wav"
        made = io.BytesIO()
        with wave.open(made, "wb") as sound:
            sound.setparams((1, 2, 16_000, 0, "NONE", ""))
            sound.writeframes(f"{show:8.8}".encode() * 8_000)
        audio.write_bytes(made.getvalue())
        words = [{"word": "lighthouse", "start": 0.1, "end": 0.9}]
        segment = {"start": 0.1, "end": 0.9, "text": "lighthouse", "words": words}
        raw = json.dumps({"language": "en", "segments": [segment]}).encode()
        new = NewEpisode(title=show, show=show)
        added = self.composition.ingest.import_transcript(raw, new, audio=audio)
        return added.episode.episode_id

    def finish(self) -> None:
        with self.composition.at_work():
            until(lambda: not self.api.get("/v1/health")["pending"])

    def get(self, episode_id: str) -> Any:
        return self.api.get(f"/v1/episodes/{episode_id}")

    def replay(self, episode_id: str, start: str) -> None:
        self.api.post(f"/v1/episodes/{episode_id}/replays", {"from": start})
        self.finish()


def test_audio_and_old_runs_go_as_the_show_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House(tmp_path / "data")
    with house.composition:
        radio, other = house.add("Radio"), house.add("Other")
        house.finish()
        runs = [house.get(radio)["run_id"]]
        for episode_id in (radio, other):
            for _ in range(2):
                house.replay(episode_id, "TranscriptReady")
                runs += [house.get(episode_id)["run_id"]] if episode_id == radio else []
        path = f"/v1/episodes/{radio}/transcript.vtt"
        assert house.api.get_bytes(path, run=runs[1])
        house.folder.settings.write_text(SETTINGS)
        command = ["--data", str(house.folder.root), "--json", "retention"]
        capsys.readouterr()
        assert run([*command, "--dry-run"]) == 0
        (told,) = json.loads(capsys.readouterr().out)["episodes"]
        assert (told["episode_id"], told["runs"], told["audio_bytes"] > 0) == (radio, 1, True)
        assert house.composition.audio_of(radio)[1].exists()
        assert run([*command, "--apply"]) == 0
        with pytest.raises(NotFound) as gone:
            house.composition.audio_of(radio)
        assert gone.value.code == "audio_removed"
        assert house.composition.audio_of(other)[1].exists()
        assert not list((house.folder.blobs / "episodes" / radio).rglob("audio*"))
        assert not (house.folder.blobs / "episodes" / radio / runs[1]).exists()
        view = house.get(radio)
        assert view["audio_removed_at"]
        assert any("audio was deleted" in note for note in view["notes"])
        assert house.api.get_bytes(path)
        with pytest.raises(NotFound):
            house.api.get_bytes(path, run=runs[1])
        with pytest.raises(EverywordError, match="deleted"):
            house.replay(radio, "AudioUploaded")
        house.replay(radio, "TranscriptReady")
        assert house.get(radio)["state"] == "ready"
        assert house.api.get("/v1/search", q="lighthouse")["hits"] == 2
        page = house.api.get_bytes(f"/episodes/{radio}").decode()
        assert "audio was deleted" in page
        assert "<audio" not in page
        types = [e["type"] for e in house.api.get(f"/v1/episodes/{radio}/events")["events"]]
        assert (types.count("AudioRemoved"), types.count("RunsRemoved")) == (1, 1)
        house.composition.ingest.rebuild()
        assert house.get(radio)["audio_removed_at"] == view["audio_removed_at"]
        assert house.get(other)["audio_removed_at"] is None
    assert run(["--data", str(house.folder.root), "retention"]) == 2
