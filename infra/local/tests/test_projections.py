"""Tables that were lost or damaged are noticed at start and made again from the event log."""

import json
from pathlib import Path

import httpx
import pytest

from everyword_local.client import IN_PROCESS, Api
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.in_process import in_process
from everyword_local.projections import projection
from everyword_local.settings import SettingsFile
from support.stack import Everyword, write_transcript_file

DAMAGE = {
    "deleted": None,
    "garbage": lambda raw: b"garbage!" * (len(raw) // 8),
    "torn": lambda raw: raw[: len(raw) // 2 - 100],
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Everyword:
    """Three episodes, one of which got another title and one of which was removed."""
    everyword = Everyword(tmp_path_factory.mktemp("archive") / "data")
    ids = []
    for number in range(3):
        talk = write_transcript_file(
            everyword.data.with_name(f"t{number}.json"), f"the storm took horn number{number}"
        )
        added = everyword.json("add", "--transcript", str(talk), "--show", "Isles", "--wait")
        ids.append(added["episode_id"])
    everyword("remove", ids[2], "--yes")
    with Composition(DataFolder(everyword.data), SettingsFile(None)) as composition:
        api = Api(IN_PROCESS, transport=in_process(composition))
        api.patch(f"/v1/episodes/{ids[0]}", {"title": "Renamed"})
    return everyword


def served(url: str) -> object:
    """Return all that a reader gets of the archive."""
    listed = httpx.get(f"{url}/v1/episodes", timeout=60).json()["episodes"]
    return [
        (each["episode_id"], each["title"], each["state"], each["show"], words_of(url, each))
        for each in listed
    ]


def words_of(url: str, episode: dict[str, str]) -> list[str]:
    """Return an episode's words in two formats."""
    address = f"{url}/v1/episodes/{episode['episode_id']}/transcript"
    return [httpx.get(f"{address}?format={form}", timeout=60).text for form in ("vtt", "json")]


def do_damage(folder: Path, name: str, damage: str) -> None:
    path = folder / f"{name}.sqlite"
    raw, change = path.read_bytes(), DAMAGE[damage]
    for beside in folder.glob(f"{name}.sqlite-*"):
        beside.unlink()
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(raw))


def told(folder: Path) -> object:
    """Return what a command reads of the archive."""
    with Composition(DataFolder(folder), SettingsFile(None)) as composition:
        api = Api(IN_PROCESS, transport=in_process(composition))
        episodes = api.get("/v1/episodes")["episodes"]
        words = [
            api.get_bytes(f"/v1/episodes/{each['episode_id']}/transcript?format={form}")
            for each in episodes
            if each["state"] == "ready"
            for form in ("vtt", "json")
        ]
    return [(each["episode_id"], each["title"], each["state"]) for each in episodes], words


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["episodes", "captions"])
def test_a_lost_table_is_made_again(archive: Everyword, name: str, damage: str) -> None:
    before = told(archive.data)
    assert "storm" in str(before)
    assert "Renamed" in str(before)
    do_damage(archive.data, name, damage)
    assert told(archive.data) == before
    assert [each.name for each in archive.data.glob("*.damaged")] == []
    assert [each.name for each in archive.data.glob("*.unfinished")] == []


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("names", [("episodes",), ("captions",)])
def test_a_lost_table_is_made_again_at_start_of_the_stack(
    archive: Everyword, names: tuple[str, ...], damage: str
) -> None:
    with archive.up() as (url, _):
        before = served(url)
    assert "storm" in json.dumps(before)
    for name in names:
        do_damage(archive.data, name, damage)
    with archive.up() as (url, _):
        assert served(url) == before
        found = httpx.get(f"{url}/v1/search", params={"q": "storm"}, timeout=60).json()
        assert found["episodes"] == 2
    assert [each.name for each in archive.data.glob("*.damaged")] == []
    assert [each.name for each in archive.data.glob("*.unfinished")] == []


def test_what_was_cut_off_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "table.sqlite"
    for _ in range(2):
        making = projection(path)
        assert making.__enter__()
        path.write_bytes(b"")
        assert not making.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    with projection(path) as is_lost:
        assert is_lost
