"""What every blob store promises; each adapter is put through all of it."""

import hashlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from everyword_events import BlobRef, EventData, InvalidInput, NotFound
from everyword_storage import BlobStore, DirectoryBlobStore, artifact_key, done_once, upload_key
from everyword_storage.s3 import S3BlobStore
from support.aws import mocked_aws


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    if request.param == "directory":
        yield DirectoryBlobStore(tmp_path / "blobs")
        return
    with mocked_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
        )
        client.create_bucket(Bucket="everyword-test")
        yield S3BlobStore(client, "everyword-test")


KEY = artifact_key("e1", "r1", "transcript.json")


def test_what_was_put_comes_back(store: BlobStore) -> None:
    ref = store.put(KEY, b'{"a": 1}', media_type="application/json")
    assert ref.sha256 == hashlib.sha256(b'{"a": 1}').hexdigest()
    assert (ref.bytes, ref.media_type) == (8, "application/json")
    assert ref.uri.endswith(f"/{KEY}")
    assert store.get(ref) == b'{"a": 1}'
    assert store.stat(KEY) == ref


def test_nothing_lies_where_nothing_was_put(store: BlobStore) -> None:
    assert store.stat(KEY) is None
    ref = store.put(KEY, b"x", media_type="text/plain")
    other = ref.model_copy(update={"uri": ref.uri.replace("e1", "e2")})
    with pytest.raises(NotFound):
        store.get(other)
    with pytest.raises(NotFound):
        store.open(other)


@pytest.mark.parametrize("size", [0, 1, 3_000_001])
def test_streams_of_any_size_are_taken_and_stay_open(store: BlobStore, size: int) -> None:
    body = bytes(index % 251 for index in range(1000)) * (size // 1000 + 1)
    stream = io.BytesIO(body[:size])
    ref = store.put(upload_key("e1"), stream, media_type="audio/mpeg")
    assert not stream.closed
    assert ref.bytes == size
    assert store.get(ref) == body[:size]


def test_a_stream_that_cannot_seek_is_taken(store: BlobStore) -> None:
    class Pipe(io.RawIOBase):
        left = 5

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            return b"part" if self.left >= 0 else b""

    ref = store.put(KEY, Pipe(), media_type="text/plain")  # type: ignore[arg-type]
    assert store.get(ref) == b"part" * 5


def test_a_stream_is_stored_from_where_it_stands(store: BlobStore) -> None:
    stream = io.BytesIO(b"header body")
    stream.seek(7)
    assert store.get(store.put(KEY, stream, media_type="text/plain")) == b"body"


def test_open_reads_and_seeks(store: BlobStore) -> None:
    ref = store.put(KEY, b"0123456789", media_type="text/plain")
    with store.open(ref) as stream:
        assert stream.read(3) == b"012"
        stream.seek(-2, io.SEEK_END)
        assert stream.read() == b"89"
        stream.seek(0)
        assert stream.read() == b"0123456789"


def test_the_first_put_wins_and_the_second_gets_its_claim_check(store: BlobStore) -> None:
    first = store.put(KEY, b"first", media_type="text/plain")
    second = store.put(KEY, io.BytesIO(b"second!"), media_type="text/html")
    assert second == first == store.stat(KEY)
    assert store.get(second) == b"first"


def test_putting_the_same_bytes_again_keeps_them(store: BlobStore) -> None:
    first = store.put(KEY, b"same", media_type="text/plain")
    ref = store.put(KEY, b"same", media_type="text/vtt")
    assert ref == first
    assert store.get(ref) == b"same"


def test_a_key_is_free_again_once_it_was_deleted(store: BlobStore) -> None:
    old = store.put(KEY, b"old", media_type="text/plain")
    store.delete("episodes/e1/")
    new = store.put(KEY, b"new!", media_type="text/plain")
    assert store.get(new) == b"new!"
    with pytest.raises(InvalidInput) as caught:
        store.get(old)
    assert caught.value.code == "digest_mismatch"


def test_a_child_process_can_open_a_local_copy(store: BlobStore) -> None:
    ref = store.put(upload_key("e1"), b"sound", media_type="audio/ogg")
    with store.local_copy(ref) as path:
        command = [sys.executable, "-c", "import sys; print(open(sys.argv[1]).read())", path]
        assert subprocess.check_output(command, text=True) == "sound\n"
    assert store.get(ref) == b"sound"
    gone = ref.model_copy(update={"uri": ref.uri.replace("e1", "e2")})
    with pytest.raises(NotFound), store.local_copy(gone):
        pass


def test_delete_takes_a_prefix_and_nothing_beside_it(store: BlobStore) -> None:
    for key in ("episodes/e1/r1/a.json", "episodes/e1/r2/b/c.json", "episodes/e1/r2/b"):
        store.put(key, b"x", media_type="text/plain")
    kept = store.put("episodes/e10/r1/a.json", b"kept", media_type="text/plain")
    assert store.delete("episodes/e1/") == 3
    assert store.stat("episodes/e1/r1/a.json") is None
    assert store.stat("episodes/e1/r2/b") is None
    assert store.get(kept) == b"kept"
    assert store.delete("episodes/e1/") == 0
    store.put("episodes/e1/r1/a.json", b"again", media_type="text/plain")


HOSTILE = [
    "",
    "/",
    "/etc/passwd",
    "../outside",
    "a/../../outside",
    "a/./b",
    "a//b",
    "a/",
    ".hidden",
    "a/.incoming",
    "a\\..\\b",
    "a\0b",
    "a\nb",
    "C:evil",
    "naïve",
    "🎙.mp3",
    "two words",
    "%2e%2e/x",
    "a" * 129,
    "a/" * 300 + "a",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_refused(store: BlobStore, key: str) -> None:
    with pytest.raises(InvalidInput):
        store.put(key, b"x", media_type="text/plain")
    with pytest.raises(InvalidInput):
        store.stat(key)
    ref = store.put("a", b"x", media_type="text/plain")
    with pytest.raises(InvalidInput):
        store.get(ref.model_copy(update={"uri": ref.uri.removesuffix("a") + key}))
    if key != "a/":
        with pytest.raises(InvalidInput):
            store.delete(f"{key}/")


@pytest.mark.parametrize("prefix", ["", "episodes", "/"])
def test_a_prefix_that_is_none_deletes_nothing(store: BlobStore, prefix: str) -> None:
    ref = store.put(KEY, b"x", media_type="text/plain")
    with pytest.raises(InvalidInput):
        store.delete(prefix)
    assert store.get(ref) == b"x"


def test_another_store_s_claim_check_is_not_found(store: BlobStore) -> None:
    ref = BlobRef(uri="blob://elsewhere/a", sha256="0" * 64, bytes=1)
    with pytest.raises(NotFound):
        store.get(ref)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=300), again=st.binary(max_size=300))
def test_what_is_there_never_changes(store: BlobStore, body: bytes, again: bytes) -> None:
    store.delete("episodes/e1/")
    ref = store.put(KEY, body, media_type="text/plain")
    assert store.put(KEY, again, media_type="text/plain") == store.stat(KEY) == ref
    assert store.get(ref) == body


def test_two_that_finish_a_step_at_once_publish_one_result(store: BlobStore) -> None:
    class Heard(EventData):
        by: str
        transcript: BlobRef

    def work(name: str, other: Callable[[], object]) -> Heard:
        ref = store.put(KEY, name.encode(), media_type="text/plain")
        other()
        return Heard(by=name, transcript=ref)

    step = {"episode_id": "e1", "run_id": "r1", "step": "hear"}
    results = []

    def second() -> None:
        results.append(done_once(store, Heard, lambda: work("second", lambda: None), **step))

    results.append(done_once(store, Heard, lambda: work("first", second), **step))
    assert results[0] == results[1]
    assert store.get(results[0].transcript) == b"first"


def test_a_finished_step_is_not_done_again(store: BlobStore) -> None:
    class Counted(EventData):
        count: int

    calls: list[int] = []

    def work() -> Counted:
        calls.append(1)
        return Counted(count=len(calls))

    for _ in range(3):
        done = done_once(store, Counted, work, episode_id="e1", run_id="r1", step="count")
        assert done.count == 1
    assert len(calls) == 1
    assert done_once(store, Counted, work, episode_id="e1", run_id="r2", step="count").count == 2
