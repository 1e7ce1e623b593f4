"""Searches are counted by client, also behind a reverse proxy: a real server, real addresses."""

import httpx
import pytest

from support.stack import Everyword, write_transcript_file

ALLOWED = 2
"""0.4 searches a second, five seconds' worth at once."""


def searches(url: str, source: str = "127.0.0.1", **headers: str) -> list[int]:
    """Search four times at once from an address of this machine; return the statuses."""
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(transport=transport, headers=headers) as client:
        return [client.get(f"{url}/v1/search?q=storm").status_code for _ in range(4)]


def archive(everyword: Everyword, settings: str) -> None:
    file = write_transcript_file(everyword.data.parent / "talk.json", "the storm came")
    everyword("add", "--transcript", str(file), "--wait")
    (everyword.data / "everyword.toml").write_text(f"[search]\nsearches_per_s = 0.4\n{settings}")


def test_clients_are_told_apart_by_the_loopbacks_proxies(everyword: Everyword) -> None:
    archive(everyword, "")
    with everyword.up() as (url, _):
        assert searches(url) == [200, 200, 429, 429]
        assert searches(url, source="127.0.0.2") == [200, 200, 429, 429]
        page = httpx.get(f"{url}/search?q=storm", timeout=60)
        assert (page.status_code, "wait a little" in page.text) == (429, True)
        for client in ("198.51.100.7", "198.51.100.8"):
            assert searches(url, **{"X-Forwarded-For": client}) == [200, 200, 429, 429]
        more = "203.0.113.1, 198.51.100.7"
        assert searches(url, **{"X-Forwarded-For": more}) == [429, 429, 429, 429]


@pytest.mark.slow
def test_an_uploads_scheme_is_a_trusted_proxys_word(everyword: Everyword) -> None:
    asked = {"title": "T", "filename": "a.wav", "bytes": 44}
    https = {
        "X-Forwarded-Proto": "https",
        "Host": "archive.example",
        "Authorization": "Bearer k3y",
    }
    (everyword.data / "everyword.toml").write_text('[server]\nnames = ["archive.example"]\n')
    with everyword.up(EVERYWORD_KEY="k3y") as (url, _):
        near = httpx.post(f"{url}/v1/episodes", json=asked, headers=https, timeout=60).json()
    assert near["upload"]["url"].startswith("https://archive.example/uploads/")
