"""Several ask for the same thing at the same moment, in threads and in processes."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from everyword_storage import upload_key
from ingest.domain import NewEpisode
from support.waiting import PATIENCE_S

TRANSCRIPT = json.dumps({"segments": [{"start": 0, "end": 1, "text": "hello there"}]}).encode()
AT_ONCE = 6

IN_A_PROCESS = """
import sys
from pathlib import Path
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage import DirectoryBlobStore, DirectoryUploadSigner
from ingest import CONTRACT, IngestService, IngestSettings
from ingest.adapters.probe import probe_audio
from ingest.adapters.sqlite import SqliteIngestTables
from ingest.domain import NewEpisode

folder, key, transcript = Path(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
bus = SqliteBus(folder / "bus.sqlite", [CONTRACT])
tables = SqliteIngestTables(folder / "ingest.sqlite")
service = IngestService(
    blobs=DirectoryBlobStore(folder / "blobs"),
    signer=DirectoryUploadSigner("http://127.0.0.1", b"0123456789abcdef"),
    log=bus, episodes=tables, keys=tables, probe=probe_audio,
    replay=lambda job: [], settings_for=lambda _: IngestSettings(),
)
print("ready", flush=True)
sys.stdin.readline()
new = NewEpisode(title="One", show="Radio")
made = service.create(new, transcript=transcript, idempotency_key=key or None)
print(made.episode.episode_id)
bus.close()
tables.close()
"""


def together(call: Callable[[], str]) -> list[str]:
    """Call from several threads at once; return what each got."""
    barrier, found = threading.Barrier(AT_ONCE, timeout=PATIENCE_S), []

    def one() -> None:
        barrier.wait()
        found.append(call())

    threads = [threading.Thread(target=one) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == AT_ONCE
    return found


def test_the_same_digest_announced_at_once_is_one_episode(world: Any, wav: bytes) -> None:
    new = NewEpisode(filename="a.wav", bytes=len(wav), sha256=hashlib.sha256(wav).hexdigest())
    announced: list[Any] = []

    def create() -> str:
        announced.append(world.service.create(new))
        return str(announced[-1].episode.episode_id)

    (episode_id,) = set(together(create))
    assert all(each.upload for each in announced)
    assert sorted(each.existing for each in announced) == [False] + [True] * (AT_ONCE - 1)
    assert world.types(episode_id) == ["EpisodeCreated"]
    assert len(world.service.page().episodes) == 1


def test_the_same_transcript_or_key_at_once_is_one_episode(world: Any) -> None:
    new = NewEpisode(title="One", show="Radio")
    for key, show in ((None, "Radio"), ("k1", "Other"), ("k2", "Third")):
        request = new.model_copy(update={"show": show, "allow_duplicate": key == "k2"})

        def create(request: NewEpisode = request, key: str | None = key) -> str:
            made = world.service.create(request, transcript=TRANSCRIPT, idempotency_key=key)
            return str(made.episode.episode_id)

        (episode_id,) = set(together(create))
        assert world.types(episode_id) == ["TranscriptReady"]
        assert len(world.service.page(show=show).episodes) == 1


def test_processes_that_import_the_same_at_once_make_one_episode(
    world: Any, tmp_path: Path
) -> None:
    for key in ("", "k1"):
        transcript = json.dumps({"segments": [{"start": 0, "end": 1, "text": f"{key} hello"}]})
        command = [sys.executable, "-c", IN_A_PROCESS, str(tmp_path), key, transcript]
        started = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        (episode_id,) = {process.communicate(timeout=120)[0].strip() for process in started}
        assert world.types(episode_id) == ["TranscriptReady"]


def test_a_creation_that_was_cut_off_is_made_good_by_the_next(world: Any, wav: bytes) -> None:
    sha256 = hashlib.sha256(wav).hexdigest()
    assert world.tables.claim(f'announced|"Radio"|{sha256}', "lost") == "lost"
    new = NewEpisode(filename="a.wav", bytes=len(wav), show="Radio", sha256=sha256)
    made = world.service.create(new)
    assert made.episode.episode_id == "lost"
    assert made.upload is not None


def test_an_upload_that_broke_off_is_taken_up_by_adding_the_file_again(
    world: Any, wav: bytes
) -> None:
    new = NewEpisode(filename="a.wav", bytes=len(wav), sha256=hashlib.sha256(wav).hexdigest())
    first = world.service.create(new)
    again = world.service.create(new)
    assert again.existing
    assert again.upload is not None
    assert again.episode.episode_id == first.episode.episode_id
    world.blobs.put(upload_key(first.episode.episode_id), wav, media_type="audio/wav")
    world.service.complete(first.episode.episode_id)
    done = world.service.create(new)
    assert (done.existing, done.upload) == (True, None)


def test_who_announced_and_never_uploaded_stands_in_nobody_s_way(world: Any, wav: bytes) -> None:
    sha256 = hashlib.sha256(wav).hexdigest()
    world.service.create(NewEpisode(filename="a.wav", bytes=len(wav), sha256=sha256))
    other = world.service.create(NewEpisode(filename="b.wav", bytes=len(wav)))
    episode_id = other.episode.episode_id
    world.blobs.put(upload_key(episode_id), wav, media_type="audio/wav")
    assert world.service.complete(episode_id).state == "queued"
