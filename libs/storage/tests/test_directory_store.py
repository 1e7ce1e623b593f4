"""What only a directory has to answer for: crashes, links, full and read-only disks."""

import errno
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from everyword_events import InvalidInput, Misconfigured, TransientFailure
from everyword_storage import DirectoryBlobStore

NOBODY = 65534

WRITER = """
import sys
from pathlib import Path
from everyword_storage import DirectoryBlobStore
store = DirectoryBlobStore(Path(sys.argv[1]))
round = 0
while True:
    print("begins", flush=True)
    round += 1
    store.put("e/one.bin", (b"%d|" % round) * 200_000, media_type=f"x/{round}")
"""


def test_kill_9_in_the_middle_of_a_put_leaves_a_whole_blob_or_none(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = 0
    for kill in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        for _ in range(1 + kill % 3):  # in the first put, or in a later one
            assert writer.stdout.readline() == b"begins\n"
        time.sleep(chance.uniform(0.0, 0.03))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        store = DirectoryBlobStore(tmp_path)
        ref = store.stat("e/one.bin")
        if ref is None:
            continue
        whole += 1
        number = ref.media_type.removeprefix("x/").encode()
        assert store.get(ref) == (number + b"|") * 200_000
    assert whole
    store.delete("e/")
    assert not (tmp_path / "e").exists()


def test_what_a_killed_writer_left_is_swept_a_day_later(tmp_path: Path) -> None:
    store = DirectoryBlobStore(tmp_path)
    old, young = tmp_path / ".incoming" / "old", tmp_path / ".incoming" / "young"
    for left in (old, young):
        left.write_bytes(b"half")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    store = DirectoryBlobStore(tmp_path)
    assert (old.exists(), young.exists()) == (False, True)
    store.put("a", b"x", media_type="text/plain")
    assert [left.name for left in (tmp_path / ".incoming").iterdir()] == ["young"]


def test_a_body_that_fails_half_way_leaves_the_old_blob(tmp_path: Path) -> None:
    class Broken(io.RawIOBase):
        calls = 0

        def read(self, size: int = -1, /) -> bytes:
            self.calls += 1
            if self.calls > 2:
                raise ConnectionResetError("client went away")
            return b"half"

    store = DirectoryBlobStore(tmp_path)
    ref = store.put("a", b"old", media_type="text/plain")
    with pytest.raises(ConnectionResetError):
        store.put("a", Broken(), media_type="text/plain")  # type: ignore[arg-type]
    assert store.stat("a") == ref
    assert not list((tmp_path / ".incoming").iterdir())


def test_a_damaged_blob_is_noticed_on_get(tmp_path: Path) -> None:
    store = DirectoryBlobStore(tmp_path)
    ref = store.put("e/a.txt", b"true", media_type="text/plain")
    store.path_of(ref).write_bytes(b"lies")
    with pytest.raises(InvalidInput) as caught:
        store.get(ref)
    assert caught.value.code == "digest_mismatch"


def test_path_of_is_a_file_with_the_key_s_suffix(tmp_path: Path) -> None:
    store = DirectoryBlobStore(tmp_path)
    path = store.path_of(store.put("e/captions.vtt", b"WEBVTT", media_type="text/vtt"))
    assert path.read_bytes() == b"WEBVTT"
    assert path.suffix == ".vtt"
    assert path.parent == tmp_path / "e"


def test_a_put_that_lost_leaves_no_file_behind(tmp_path: Path) -> None:
    store = DirectoryBlobStore(tmp_path)
    for body in (b"1", b"2", b"3"):
        store.put("e/a.txt", body, media_type="text/plain")
    assert len(list((tmp_path / "e").iterdir())) == 2
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    store = DirectoryBlobStore(tmp_path / "blobs")
    (tmp_path / "blobs" / "way").symlink_to(outside)
    with pytest.raises(InvalidInput):
        store.put("way/a", b"x", media_type="text/plain")
    assert not list(outside.iterdir())


def test_many_writers_of_one_key_leave_one_whole_blob(tmp_path: Path) -> None:
    stores = [DirectoryBlobStore(tmp_path) for _ in range(4)]
    failures: list[BaseException] = []

    def write(store: DirectoryBlobStore, mark: bytes) -> None:
        try:
            for _ in range(15):
                ref = store.put("e/a.bin", mark * 50_000, media_type="x/y")
                found = store.stat("e/a.bin")
                assert found is not None
                assert ref.bytes == found.bytes
        except BaseException as failure:  # noqa: BLE001 - a thread's failure is told below
            failures.append(failure)

    threads = [
        threading.Thread(target=write, args=(store, bytes([65 + index % 2])))
        for index, store in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    last = stores[0].stat("e/a.bin")
    assert last is not None
    assert len(set(stores[0].get(last))) == 1


def test_several_may_delete_the_same_episode_at_once(tmp_path: Path) -> None:
    stores = [DirectoryBlobStore(tmp_path) for _ in range(4)]
    for turn in range(10):
        for number in range(40):
            stores[0].put(f"e/r{number}/a.txt", b"x", media_type="text/plain")
        with ThreadPoolExecutor(4) as pool:
            counts = list(pool.map(lambda store: store.delete("e/"), stores))
        assert sum(counts) == 40, turn
        assert not (tmp_path / "e").exists()


def test_a_put_survives_a_delete_beside_it_or_says_so(tmp_path: Path) -> None:
    writer, remover = DirectoryBlobStore(tmp_path), DirectoryBlobStore(tmp_path)
    done = threading.Event()

    def remove() -> None:
        while not done.is_set():
            remover.delete("e/")

    thread = threading.Thread(target=remove)
    thread.start()
    try:
        for number in range(60):
            with suppress(TransientFailure):
                writer.put(f"e/r{number % 3}/a.txt", b"whole", media_type="text/plain")
    finally:
        done.set()
        thread.join()
    ref = writer.put("e/r0/a.txt", b"whole", media_type="text/plain")
    assert writer.get(ref) == b"whole"
    assert not list((tmp_path / ".incoming").iterdir())


def test_a_file_where_the_folder_should_be_is_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(Misconfigured) as caught:
        DirectoryBlobStore(tmp_path / "blobs")
    assert "cannot write" in caught.value.message


@pytest.fixture
def powerless() -> Iterator[Path]:
    """Give a folder and, to root, another user's rights while the test runs."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


def test_a_read_only_folder_is_misconfigured(powerless: Path) -> None:
    store = DirectoryBlobStore(powerless / "blobs")
    ref = store.put("a", b"x", media_type="text/plain")
    for folder in (powerless / "blobs" / ".incoming", powerless / "blobs"):
        folder.chmod(0o500)
    try:
        with pytest.raises(Misconfigured) as caught:
            store.put("b", b"x", media_type="text/plain")
        assert caught.value.code == "storage_not_writable"
        with pytest.raises(Misconfigured):
            DirectoryBlobStore(powerless / "blobs")
        assert store.get(ref) == b"x"
    finally:
        for folder in (powerless / "blobs", powerless / "blobs" / ".incoming"):
            folder.chmod(0o700)


def open_files() -> dict[int, str]:
    found = {}
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(FileNotFoundError):
            found[int(entry.name)] = str(entry.readlink())
    return found


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_said_in_plain_words(tmp_path: Path) -> None:
    class FullDisk(io.RawIOBase):
        """A body whose reading fills the disk: the store's open file becomes /dev/full."""

        done = False

        def read(self, size: int = -1, /) -> bytes:
            if self.done:
                return b""
            self.done = True
            (half,) = (number for number in open_files() if ".incoming" in open_files()[number])
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, half)
            os.close(full)
            return b"x" * 100

    store = DirectoryBlobStore(tmp_path)
    with pytest.raises(TransientFailure) as caught:
        store.put("a", FullDisk(), media_type="text/plain")  # type: ignore[arg-type]
    assert caught.value.code == "disk_full"
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert store.stat("a") is None
