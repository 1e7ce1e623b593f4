"""The server under more than it can do at once: everybody is answered, in time, and it lives on."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from support.stack import Everyword, write_transcript_file

AT_ONCE = 64
SLOW_UPLOADS = 20
UPLOAD_BYTES = 4_000
PATHS = ("/v1/health", "/v1/search?q=storm", "/v1/episodes?limit=200", "/search?q=storm")


@pytest.fixture(name="url")
def _url(everyword: Everyword, tmp_path: Path) -> Iterator[str]:
    for number in range(3):
        file = write_transcript_file(tmp_path / f"{number}.json", "the storm took the fog horn")
        everyword("add", "--transcript", str(file), "--title", f"T{number}", "--wait")
    settings = everyword.data / "everyword.toml"
    settings.write_text(f"{settings.read_text()}[search]\nsearches_per_s = 0\ntime_budget_s = 60\n")
    with everyword.up() as (url, _):
        yield url


async def upload_slowly(client: httpx.AsyncClient, *, over_s: float) -> int:
    asked = {"title": "slow", "filename": "slow.wav", "bytes": UPLOAD_BYTES}
    announced = (await client.post("/v1/episodes", json=asked)).json()

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * (UPLOAD_BYTES // 20)
            await asyncio.sleep(over_s / 20)

    size = {"Content-Length": str(UPLOAD_BYTES)}
    sent = await client.put(announced["upload"]["url"], content=drops(), headers=size)
    return sent.status_code


async def timed(client: httpx.AsyncClient, path: str) -> tuple[int, float]:
    began = time.monotonic()
    answer = await client.get(path)
    return answer.status_code, time.monotonic() - began


async def rounds(url: str, count: int, *, over_s: float, longest_s: float) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=240, limits=limits) as client:
        for _ in range(count):
            uploads = [
                asyncio.create_task(upload_slowly(client, over_s=over_s))
                for _ in range(SLOW_UPLOADS)
            ]
            await asyncio.sleep(0.3)
            asked = [timed(client, PATHS[n % len(PATHS)]) for n in range(AT_ONCE)]
            answers = await asyncio.gather(*asked)
            assert [status for status, _ in answers] == [200] * AT_ONCE
            assert max(took for _, took in answers) < longest_s
            assert await asyncio.gather(*uploads) == [200] * SLOW_UPLOADS


@pytest.mark.parametrize(
    ("count", "over_s", "longest_s"),
    [(1, 1.0, math.inf), pytest.param(3, 6.0, 15.0, marks=pytest.mark.slow)],
)
def test_many_requests_and_slow_uploads_are_all_answered(
    url: str, count: int, over_s: float, longest_s: float
) -> None:
    asyncio.run(rounds(url, count, over_s=over_s, longest_s=longest_s))
    assert httpx.get(f"{url}/v1/health", timeout=60).status_code == 200
