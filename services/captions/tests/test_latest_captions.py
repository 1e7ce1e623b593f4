"""The `LatestCaptions` port: what each adapter promises."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from captions.adapters.dynamodb import DynamoLatestCaptions, table_definition
from captions.adapters.sqlite import SqliteLatestCaptions
from captions.domain.latest import LatestFiles
from captions.ports import LatestCaptions
from everyword_events import BlobRef, EpisodeInfo, Misconfigured
from support.aws import mocked_aws

Opened = Callable[[], LatestCaptions]
KNOWN = LatestFiles(
    run_id="0190",
    files={"vtt": BlobRef(uri="blob://x/y", sha256="0" * 64, bytes=3, media_type="text/vtt")},
    shown_title="Å",
    episode=EpisodeInfo(title="Å", as_of=datetime(2026, 1, 1, tzinfo=UTC)),
)


@pytest.fixture(params=["sqlite", "dynamodb"])
def opened(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    """Open the same store as often as the test likes, as several processes would."""
    if request.param == "sqlite":
        yield lambda: SqliteLatestCaptions(tmp_path / "latest.sqlite3")
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mocked_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(**table_definition("everyword-captions"))
        yield lambda: DynamoLatestCaptions(client, "everyword-captions")


def test_what_is_put_is_there_for_everybody(opened: Opened) -> None:
    assert opened().get("e") is None
    assert opened().put("e", KNOWN)
    assert opened().get("e") == replace(KNOWN, version=1)
    assert opened().get("other") is None


def test_two_writers_cannot_overwrite_each_other_unseen(opened: Opened) -> None:
    one, other = opened(), opened()
    assert one.put("e", KNOWN)
    assert not other.put("e", LatestFiles(run_id="b"))
    assert other.put("e", LatestFiles(run_id="c", version=1))
    assert not one.put("e", LatestFiles(run_id="d", version=1))
    assert one.get("e") == LatestFiles(run_id="c", version=2)


def test_a_row_of_an_older_program_can_be_replaced(tmp_path: Path) -> None:
    """What is compared is the version, not the words: a new optional field changes nothing."""
    latest = SqliteLatestCaptions(tmp_path / "latest.sqlite3")
    latest.put("e", KNOWN)
    with sqlite3.connect(tmp_path / "latest.sqlite3") as raw:
        raw.execute('UPDATE latest_captions SET state = \'{"run_id": "0190"}\'')
    raw.close()
    known = latest.get("e")
    assert known == LatestFiles(run_id="0190", version=1)
    assert latest.put("e", replace(KNOWN, version=known.version))


def test_a_table_that_is_damaged_says_what_makes_it_good(tmp_path: Path) -> None:
    path = tmp_path / "latest.sqlite3"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(Misconfigured) as caught:
        SqliteLatestCaptions(path)
    assert "made again" in caught.value.hint
