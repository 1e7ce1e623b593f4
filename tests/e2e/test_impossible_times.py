"""A transcript with impossible times is mended or refused at the door; the archive never breaks."""

import json
from pathlib import Path

import httpx
import pytest

from support.stack import Everyword

TIMES = ["-7", "1e308", "-1e308", "NaN", "Infinity", "1e400", "1" + "0" * 400]


def talk(time: str, word: str) -> str:
    """Return WhisperX's JSON with `time` wherever a time can be; what is said differs."""
    return (
        f'{{"language": "en", "duration_s": {time}, "segments": [{{"start": 9, "end": {time},'
        f' "text": "{word} one", "words": [{{"word": "{word}", "start": {time}, "end": {time}}},'
        f' {{"word": "one", "start": 3.0, "end": 2.0}}]}},'
        f' {{"start": {time}, "end": 1, "text": "backwards {word}"}}]}}'
    )


@pytest.mark.slow
def test_impossible_times_by_command_and_over_http(everyword: Everyword, tmp_path: Path) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    for number, time in enumerate(TIMES):
        (folder / f"t{number}.json").write_text(talk(time, f"lighthouse{number}"))
    added = everyword.json("add", "--transcript", str(folder), "--wait")
    assert [each["state"] for each in added["episodes"]] == ["ready"] * len(TIMES)
    assert all(0 < each["duration_s"] < 60 for each in added["episodes"])
    everyword("status")
    everyword.json("status")
    with everyword.up() as (url, _):
        for number, time in enumerate(TIMES):
            reply = httpx.post(
                f"{url}/v1/episodes",
                content=f'{{"title": "T", "transcript": {talk(time, f"beacon{number}")}}}',
                headers={"content-type": "application/json"},
                timeout=60,
            )
            assert reply.status_code in {200, 201, 202, 400, 422}, (time, reply.text)
            if reply.status_code >= 400:
                assert reply.headers["content-type"] == "application/problem+json"
        listed = httpx.get(f"{url}/v1/episodes", timeout=60)
        assert listed.status_code == 200
        json.loads(listed.text, parse_constant=pytest.fail)
        found = httpx.get(f"{url}/v1/search", params={"q": "lighthouse1"}, timeout=60)
        assert found.status_code == 200
        json.loads(found.text, parse_constant=pytest.fail)
    everyword("status")
    for number in range(len(TIMES)):
        assert everyword.json("search", f"lighthouse{number}", "--exact")["hits"] == 2
