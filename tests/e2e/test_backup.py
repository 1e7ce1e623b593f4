"""A backup taken while work goes on is whole; what is none, or no longer one, is refused."""

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from everyword_events import InvalidInput, Misconfigured
from everyword_local.backups import backup
from everyword_local.client import IN_PROCESS, Api
from everyword_local.command import run
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.in_process import in_process
from everyword_local.restoring import SCHEMAS, restore
from everyword_local.settings import SettingsFile
from support.waiting import until


@contextmanager
def archive(root: Path) -> Iterator[tuple[Composition, Api]]:
    folder = DataFolder(root)
    with Composition(folder, SettingsFile(folder.settings)) as composition:
        yield composition, Api(IN_PROCESS, transport=in_process(composition))


def finish(composition: Composition, api: Api) -> None:
    """Do all that is queued."""
    with composition.at_work():
        until(lambda: not api.get("/v1/health")["pending"])


def add(api: Api, number: int) -> str:
    words = [
        {"word": word, "start": 0.4 * at, "end": 0.4 * at + 0.3}
        for at, word in enumerate(("the", "lighthouse", f"number{number}"))
    ]
    text = " ".join(str(word["word"]) for word in words)
    segment = {"start": 0, "end": 1.1, "text": text, "words": words}
    body = {"title": f"t{number}", "transcript": {"language": "en", "segments": [segment]}}
    return str(api.post("/v1/episodes", body)["episode_id"])


def test_an_archive_comes_back_as_it_was(tmp_path: Path) -> None:
    with archive(tmp_path / "data") as (composition, api):
        for number in range(3):
            add(api, number)
        finish(composition, api)
        before = api.get("/v1/search", q="lighthouse")
        assert run(["--data", str(tmp_path / "data"), "backup", str(tmp_path / "saved.tar")]) == 0
    saved = tmp_path / "saved.tar"
    assert saved.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
    new = tmp_path / "deep" / "new"
    assert run(["--data", str(new), "restore", str(saved)]) == 0
    for path in (new, *new.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    with archive(new) as (_, api):
        assert api.get("/v1/search", q="lighthouse") == before
        (first, *_) = before["results"]
        assert api.get_bytes(f"/v1/episodes/{first['episode_id']}/transcript.vtt")
    assert run(["--data", str(tmp_path / "data"), "backup", str(saved)]) == 1
    assert run(["--data", str(tmp_path / "nothing"), "backup", str(tmp_path / "x.tar")]) == 4


def test_a_restore_knows_every_database_of_a_folder(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    named = (getattr(folder, name) for name in dir(DataFolder) if not name.startswith("_"))
    databases = {path.name for path in named if isinstance(path, Path) and path.suffix == ".sqlite"}
    assert databases == set(SCHEMAS)


@pytest.mark.slow
def test_backups_taken_while_episodes_come_in_are_whole(tmp_path: Path) -> None:
    """Whatever was in hand is done after the restore, and every episode that is there is found."""
    added: list[str] = []
    with archive(tmp_path / "data") as (composition, api), composition.at_work():
        add(api, 0)

        def adding() -> None:
            added.extend(add(api, number) for number in range(1, 12))

        imports = threading.Thread(target=adding)
        imports.start()
        taken = 0
        while imports.is_alive() and taken < 2:
            backup(tmp_path / "data", tmp_path / f"{taken}.tar")
            taken += 1
        imports.join()
    assert taken
    for number in range(taken):
        root = tmp_path / f"restored{number}"
        restore(tmp_path / f"{number}.tar", root)
        with archive(root) as (composition, api):
            finish(composition, api)
            episodes = list(api.pages("/v1/episodes", "episodes", limit=200))
            assert {each["state"] for each in episodes} == {"ready"}
            found = api.get("/v1/search", q="lighthouse", limit=50)
            assert found["hits"] == len(episodes)
            assert api.get("/v1/dead-letters")["dead_letters"] == []


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    with archive(tmp_path / "data") as (composition, api):
        add(api, 1)
        finish(composition, api)
    backup(tmp_path / "data", tmp_path / "saved.tar")
    return tmp_path / "saved.tar"


def members(saved: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(saved) as tar:
        return [(each, tar.extractfile(each).read()) for each in tar]  # type: ignore[union-attr]


def rewritten(saved: Path, kept: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(saved, "w") as tar:
        for member, raw in kept:
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
    return saved


def test_what_is_no_backup_or_damaged_is_refused_and_leaves_nothing(saved: Path) -> None:
    whole, new = saved.read_bytes(), saved.parent / "new"
    for damaged in (
        b"",
        b"hello" * 1000,
        whole[: len(whole) // 2],
        whole.replace(b"number1", b"numberX"),
    ):
        saved.write_bytes(damaged)
        with pytest.raises(InvalidInput):
            restore(saved, new)
    saved.write_bytes(whole)
    kept = members(saved)
    escapes = [tarfile.TarInfo(name) for name in ("../out", "/tmp/out", "blobs/../../out", "x.py")]
    link = tarfile.TarInfo("blobs/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    for bad in (*escapes, link):
        rewritten(saved, [kept[0], (bad, b"bad"), *kept[1:]])
        with pytest.raises(InvalidInput):
            restore(saved, new)
    assert sorted(each.name for each in saved.parent.iterdir()) == ["data", "saved.tar"]


def test_a_newer_backup_and_a_folder_in_use_are_refused(saved: Path) -> None:
    kept, new = members(saved), saved.parent / "new"
    with pytest.raises(Misconfigured, match="not empty"):
        restore(saved, saved.parent / "data")
    later = rewritten(saved, [(kept[0][0], b'{"everyword_backup": 2}'), *kept[1:]])
    with pytest.raises(Misconfigured, match="newer"):
        restore(later, new)
    new.mkdir()
    restore(rewritten(saved, kept), new)  # an empty folder is as good as none


def test_an_export_is_plain_files_that_follow_the_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    with archive(root) as (composition, api):
        one, two = add(api, 1), add(api, 2)
        finish(composition, api)
        api.patch(f"/v1/episodes/{one}", {"title": "../../Ö: a/b\\c?", "show": ".."})
        api.patch(f"/v1/episodes/{one}/transcript", {"at_s": 0.3, "text": "the beacon number1"})
        finish(composition, api)
    assert run(["--data", str(root), "export", str(out)]) == 0
    index: dict[str, Any] = json.loads((out / "index.json").read_text())
    files = {each["episode_id"]: each["files"] for each in index["episodes"]}
    assert files[one]["txt"] == f"Ö a b c {one[-12:]}.txt"
    assert "the beacon number1" in (out / files[one]["txt"]).read_text()
    assert "-->" in (out / files[two]["vtt"]).read_text()
    assert json.loads((out / files[two]["json"]).read_text())["segments"]
    with archive(root) as (composition, api):
        api.delete(f"/v1/episodes/{one}")
        finish(composition, api)
    assert run(["--data", str(root), "export", str(out)]) == 0
    assert {each.name for each in out.iterdir()} == {"index.json", *files[two].values()}
    assert run(["--data", str(root), "export", str(root)]) == 1
    capsys.readouterr()
