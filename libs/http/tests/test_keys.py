"""API keys: what each reaches, that only digests are kept, sessions that end with their key."""

from typing import Any

import pytest

from everyword_events import EverywordError, InvalidInput, NotFound
from everyword_http.keys import BURST, ApiKey, KeyAccess, Keys


class MemoryKeyStore(dict[str, ApiKey]):
    """`KeyStore` in memory."""

    def put(self, key: ApiKey) -> None:
        self[key.key_id] = key

    def list(self) -> list[ApiKey]:
        return list(self.values())

    def delete(self, key_id: str) -> bool:
        return self.pop(key_id, None) is not None


@pytest.fixture(name="keys")
def _keys() -> Keys:
    store: Any = MemoryKeyStore()
    return Keys(store)


def access_by(keys: Keys, **options: Any) -> KeyAccess:
    return KeyAccess(keys, signing_key=b"secret", **options)


def refusal(access: KeyAccess, key: str, scope: Any = "search", *, public: bool = False) -> str:
    """Return the code of a refusal, or nothing where the request may go on."""
    try:
        access.check(key, scope, public=public)
    except EverywordError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        ("search", {"search"}),
        ("upload", {"search", "upload"}),
        ("edit", {"search", "edit"}),
        ("admin", {"search", "upload", "edit", "admin"}),
    ],
)
def test_a_scope_reaches_what_it_says(keys: Keys, scope: Any, reached: set[str]) -> None:
    _, key = keys.create("", [scope])
    access = access_by(keys)
    for each in ("search", "upload", "edit", "admin"):
        assert refusal(access, key, each) == ("" if each in reached else "scope_missing")


def test_only_a_digest_is_kept_and_every_key_is_another(keys: Keys) -> None:
    made, key = keys.create("site", ["search", "edit"])
    _, other = keys.create("site", ["search"])
    assert key != other
    secret = key.split("_", 2)[2]
    assert len(secret) >= 40
    assert secret not in repr(keys.store.list())
    assert (made.name, made.scopes) == ("site", ("search", "edit"))


@pytest.mark.parametrize(
    "wrong", ["", "x", "ew", "ew_", "ew__", "ew_{id}_", "ew_{id}_x", "{key}x", "é"]
)
def test_a_wrong_key_is_refused(keys: Keys, wrong: str) -> None:
    made, key = keys.create("", ["search"])
    said = refusal(access_by(keys), wrong.format(id=made.key_id, key=key))
    assert said == ("key_unknown" if wrong else "key_missing")


def test_a_rotated_or_revoked_key_and_its_sessions_end(keys: Keys) -> None:
    access = access_by(keys)
    made, key = keys.create("", ["edit"])
    session = access.sign_in(key)
    assert refusal(access, session, "edit") == ""
    assert refusal(access, session, "admin") == "scope_missing"
    _, new = keys.rotate(made.key_id)
    assert (refusal(access, key), refusal(access, session)) == ("key_unknown", "key_unknown")
    assert refusal(access, new, "edit") == ""
    session = access.sign_in(new)
    keys.revoke(made.key_id)
    assert (refusal(access, new), refusal(access, session)) == ("key_unknown", "key_unknown")
    for again in (keys.rotate, keys.revoke):
        with pytest.raises(NotFound):
            again(made.key_id)


def test_a_session_is_not_made_up(keys: Keys) -> None:
    access = access_by(keys, environment_key="k3y")
    session = access.sign_in("k3y")
    assert refusal(access, session, "admin") == ""
    other = KeyAccess(keys, signing_key=b"another", environment_key="k3y")
    changed = access_by(keys, environment_key="k4y")
    for made_up in (session[:-1], f"{session}x", "session.", "session.e30.x.y"):
        assert refusal(access, made_up) == "key_unknown"
    assert refusal(other, session) == "key_unknown"
    assert refusal(changed, session) == "key_unknown"
    with pytest.raises(EverywordError):
        access.sign_in("wrong")


def test_without_keys_a_loopback_server_is_open_until_there_is_one(keys: Keys) -> None:
    access = access_by(keys, open_without_keys=True, owner="0wner")
    for needless in ("", "none", "ew_x_y"):  # many clients cannot do without sending one
        assert refusal(access, needless, "admin") == ""
    keys.create("", ["search"])
    assert refusal(access, "", "search") == "key_missing"
    assert refusal(access, "none", "search") == "key_unknown"
    assert refusal(access, "0wner", "admin") == ""


def test_public_search_opens_what_is_public_alone(keys: Keys) -> None:
    access = access_by(keys, public_search=True)
    assert refusal(access, "", "search", public=True) == ""
    assert refusal(access, "", "search") == "key_missing"


def test_a_key_that_asks_too_often_waits(keys: Keys) -> None:
    now = [0.0]
    access = access_by(keys, clock=lambda: now[0])
    _, busy = keys.create("", ["search"])
    _, calm = keys.create("", ["search"])
    said = [refusal(access, busy) for _ in range(int(BURST) + 1)]
    assert set(said[:-1]) == {""}
    assert said[-1] == "rate_limited"
    assert refusal(access, calm) == ""
    now[0] += 1
    assert refusal(access, busy) == ""


def test_a_key_needs_a_scope(keys: Keys) -> None:
    with pytest.raises(InvalidInput):
        keys.create("", [])
