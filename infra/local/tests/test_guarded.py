"""Which proxies are believed on whom a request is from: those of the loopback, and the named."""

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from everyword_http import client_identity
from everyword_local.server import guarded
from everyword_local.settings import SettingsFile


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    answer = {"client": client_identity(request), "scheme": request.url.scheme}
    await JSONResponse(answer)(scope, receive, send)


def ask(folder: Path, peer: str, trusted: str, **headers: str) -> dict[str, str]:
    file = folder / "everyword.toml"
    file.write_text(f"[search]\ntrusted_proxies = [{trusted}]\n")
    client = TestClient(guarded(who, SettingsFile(file)), client=(peer, 5000))
    found: dict[str, str] = client.get(
        "/", headers={"Host": "localhost", "X-Forwarded-Proto": "https", **headers}
    ).json()
    return found


@pytest.mark.parametrize(
    ("peer", "trusted", "stated", "found"),
    [
        ("192.0.2.1", "", "198.51.100.7", "192.0.2.1|http"),
        ("127.0.0.1", "", "198.51.100.7", "198.51.100.7|https"),
        ("::1", "", "198.51.100.7", "198.51.100.7|https"),
        ("192.0.2.1", '"192.0.2.1"', "198.51.100.7", "198.51.100.7|https"),
        ("192.0.2.1", '"192.0.2.0/24"', "203.0.113.1, 198.51.100.7", "198.51.100.7|https"),
        ("192.0.2.1", '"192.0.2.0/24"', "198.51.100.7, 192.0.2.9", "198.51.100.7|https"),
        ("192.0.2.1", '"192.0.2.1"', "2001:db8:1:2:3::4", "2001:db8:1:2::/64|https"),
        ("2001:db8::7", "", "x", "2001:db8::/64|http"),
        ("::ffff:192.0.2.1", "", "x", "192.0.2.1|http"),
    ],
)
def test_whom_a_request_is_from(
    tmp_path: Path, peer: str, trusted: str, stated: str, found: str
) -> None:
    client, scheme = found.split("|")
    answer = ask(tmp_path, peer, trusted, **{"X-Forwarded-For": stated})
    assert answer == {"client": client, "scheme": scheme}
