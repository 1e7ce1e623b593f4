"""The `LatestCaptions` port: what each adapter promises."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from captions.adapters.dynamodb import DynamoLatestCaptions, table_definition
from captions.adapters.sqlite import SqliteLatestCaptions
from captions.domain.latest import LatestFiles
from captions.ports import LatestCaptions
from everyword_events import BlobRef, EpisodeInfo, TransientFailure

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
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(**table_definition("everyword-captions"))
        yield lambda: DynamoLatestCaptions(client, "everyword-captions")


def test_what_is_put_is_there_for_everybody(opened: Opened) -> None:
    assert opened().get("e") is None
    assert opened().put("e", KNOWN, was=None)
    assert opened().get("e") == KNOWN
    assert opened().get("other") is None


def test_two_writers_cannot_overwrite_each_other_unseen(opened: Opened) -> None:
    one, other = opened(), opened()
    assert one.put("e", KNOWN, was=None)
    assert not other.put("e", LatestFiles(run_id="b"), was=None)
    assert other.put("e", LatestFiles(run_id="c"), was=KNOWN)
    assert not one.put("e", LatestFiles(run_id="d"), was=KNOWN)
    assert one.get("e") == LatestFiles(run_id="c")


def test_a_table_that_stays_locked_is_a_passing_failure(tmp_path: Path) -> None:
    path = tmp_path / "latest.sqlite3"
    latest = SqliteLatestCaptions(path, busy_s=0.01)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientFailure):
        latest.put("e", KNOWN, was=None)
    blocker.close()
