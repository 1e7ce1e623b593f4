"""Keys on a real server: beyond the loopback none is served without; scopes; signing in."""

import re

import httpx
import pytest

from support.stack import Everyword

KEY = {"Authorization": "Bearer k3y"}


@pytest.mark.parametrize("settings", ["", '[server]\nnames = ["archive.example"]\n'])
def test_a_server_that_others_reach_needs_a_key(everyword: Everyword, settings: str) -> None:
    (everyword.data / "everyword.toml").write_text(settings)
    host = "127.0.0.1" if settings else "0.0.0.0"
    said = everyword.error("up", "--host", host, "--port", "0", code=4)
    assert "EVERYWORD_KEY" in said


def test_stored_keys_reach_what_their_scopes_say(everyword: Everyword) -> None:
    search = everyword.json("keys", "create", "--scope", "search", "--name", "site")
    upload = everyword.json("keys", "create", "--scope", "upload")
    asked = {"title": "t", "filename": "t.wav", "bytes": 10}
    with everyword.up() as (url, _):

        def statuses(key: str) -> list[int]:
            sent = {"Authorization": f"Bearer {key}"} if key else {}
            with httpx.Client(base_url=url, timeout=60, headers=sent) as client:
                return [
                    client.get("/v1/search?q=x").status_code,
                    client.post("/v1/episodes", json=asked).status_code,
                    client.delete("/v1/episodes/none").status_code,
                    client.get("/v1/keys").status_code,
                    client.get("/metrics").status_code,
                    client.get("/health/live").status_code,
                ]

        assert statuses("") == [401, 401, 401, 401, 401, 200]
        assert statuses(search["key"]) == [200, 403, 403, 403, 403, 200]
        assert statuses(upload["key"]) == [200, 201, 403, 403, 403, 200]
        # The folder's owner needs none.
        listed = everyword.json("keys", "list")["keys"]
        assert [(each["name"], each["scopes"]) for each in listed] == [
            ("site", ["search"]),
            ("", ["upload"]),
        ]
        again = everyword.json("keys", "rotate", search["id"])
        assert statuses(search["key"])[0] == 401
        assert statuses(again["key"])[0] == 200
        everyword("keys", "revoke", search["id"])
        assert statuses(again["key"])[0] == 401
        everyword.error("keys", "revoke", "none", code=3)
        audit = (everyword.data / "logs" / "audit.log").read_text()
    assert '"action": "revoke"' in audit
    assert '"action": "deny"' in audit
    kept = b"".join(path.read_bytes() for path in everyword.data.rglob("*") if path.is_file())
    for key in (search["key"], upload["key"], again["key"]):
        assert key.split("_", 2)[2].encode() not in kept


def test_a_browser_signs_in_with_a_key(everyword: Everyword) -> None:
    with everyword.up(EVERYWORD_KEY="k3y") as (url, _):
        own = {"Origin": url}
        with httpx.Client(base_url=url, timeout=60, follow_redirects=False) as browser:
            assert browser.get("/").headers["location"] == "/sign-in"
            assert browser.get("/search?q=x").headers["location"] == "/sign-in"
            page = browser.get("/sign-in").text
            assert "<form" in page
            sheets = re.findall(r'rel="?stylesheet"? href="?([^">]+)', page)
            assert sheets
            for sheet in sheets:
                assert "color-scheme" in browser.get(sheet).text, "the look of all other pages"
            wrong = browser.post("/sign-in", data={"key": "no"}, headers=own)
            assert (wrong.status_code, "not known" in wrong.text) == (401, True)
            foreign = {"Origin": "https://evil.example"}
            refused = browser.post("/sign-in", data={"key": "k3y"}, headers=foreign)
            assert refused.status_code == 403
            taken = browser.post("/sign-in", data={"key": "k3y"}, headers=own)
            cookie = taken.headers["set-cookie"].lower()
            assert taken.status_code == 303
            assert "httponly" in cookie
            assert "samesite=strict" in cookie
            assert "k3y" not in cookie
            assert browser.get("/").status_code == 200
            assert browser.get("/v1/episodes").status_code == 200
            asked = {"title": "t", "filename": "t.wav", "bytes": 10}
            assert browser.post("/v1/episodes", json=asked, headers=foreign).status_code == 403
            assert browser.post("/v1/episodes", json=asked, headers=own).status_code == 201
            browser.post("/sign-out", headers=own)
            assert browser.get("/v1/episodes").status_code == 401


def test_public_search_opens_reading_alone(everyword: Everyword) -> None:
    with everyword.up("--public-search", EVERYWORD_KEY="k3y") as (url, _):
        for path in ("/v1/search?q=x", "/search?q=x", "/v1/shows", "/widget/everyword-search.js"):
            assert httpx.get(f"{url}{path}", timeout=60).status_code == 200, path
        for path in ("/v1/episodes", "/v1/dead-letters", "/metrics", "/v1/keys"):
            assert httpx.get(f"{url}{path}", timeout=60).status_code == 401, path
            assert httpx.get(f"{url}{path}", headers=KEY, timeout=60).status_code == 200, path
