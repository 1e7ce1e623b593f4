"""The data folder: what it refuses, who holds it, and the key that all its processes share."""

import contextlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from everyword_events import Misconfigured
from everyword_local.data_folder import DataFolder

MAKE_KEY = """
import sys
from pathlib import Path
from everyword_local.data_folder import DataFolder
sys.stdin.read()
print(DataFolder(Path(sys.argv[1])).secret().decode())
"""


def refusal(root: Path) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        DataFolder(root)
    return caught.value


def test_a_new_folder_is_made_and_says_its_format(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "b")
    assert json.loads((folder.root / "format.json").read_text()) == {"format": 1}
    assert [path.name for path in folder.root.iterdir()] == ["format.json"]
    DataFolder(folder.root)


def test_others_are_kept_out_and_what_the_owner_locked_stays_locked(tmp_path: Path) -> None:
    for given, kept in ((0o755, 0o700), (0o555, 0o500), (0o700, 0o700)):
        tmp_path.chmod(given)
        with contextlib.suppress(Misconfigured):  # root may write into any folder
            DataFolder(tmp_path)
        assert tmp_path.stat().st_mode & 0o777 == kept
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('{"format": 2}', "data_too_new"),
        ('{"format": "2"}', "data_damaged"),
        ("{}", "data_damaged"),
        ("", "data_damaged"),
    ],
)
def test_a_folder_of_another_format_is_left_alone(tmp_path: Path, written: str, code: str) -> None:
    (tmp_path / "format.json").write_text(written)
    assert refusal(tmp_path).code == code
    assert (tmp_path / "format.json").read_text() == written


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file").code == "data_not_writable"


def test_one_server_at_a_time_and_everyone_knows_where(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    assert second.server_url() is None
    with first.serving("http://127.0.0.1:1"):
        assert second.server_url() == "http://127.0.0.1:1"
        with pytest.raises(Misconfigured) as caught, second.serving("http://127.0.0.1:2"):
            pass
        assert caught.value.code == "data_in_use"
        assert "http://127.0.0.1:1" in caught.value.hint
        assert second.server_url() == "http://127.0.0.1:1"
    assert second.server_url() is None
    with second.serving("http://127.0.0.1:2"):
        assert first.server_url() == "http://127.0.0.1:2"


def test_an_address_that_a_killed_server_left_is_no_address(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "server.json").write_text('{"url": "http://127.0.0.1:1", "pid": 1}')
    assert folder.server_url() is None


def test_threads_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: DataFolder(tmp_path).secret(), range(64)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE_KEY, str(tmp_path)]
    makers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)
    ]
    for maker in makers:  # all wait until their input ends
        assert maker.stdin is not None
        maker.stdin.close()
        maker.stdin = None
    keys = {maker.communicate()[0] for maker in makers}
    assert len(keys) == 1
    assert keys != {b""}
    assert (tmp_path / "upload.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", ["", "abc"])
def test_a_key_that_was_never_written_whole_is_made_again(tmp_path: Path, left: str) -> None:
    (tmp_path / "upload.key").write_text(left)
    key = DataFolder(tmp_path).secret()
    assert len(key) == 64
    assert DataFolder(tmp_path).secret() == key
