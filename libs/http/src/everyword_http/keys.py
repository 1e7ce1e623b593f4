"""API keys: made once, shown once, kept as digests; sessions that a key opens for a browser."""

import hmac
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Protocol, get_args

from itsdangerous import BadSignature, URLSafeTimedSerializer

from everyword_events import InvalidInput, NotFound, TransientFailure
from everyword_http.access import SESSION, AccessDenied, Scope, without_key

PREFIX: Final = "ew"
SECRET_BYTES: Final = 32
SESSION_S: Final = 30 * 24 * 3600
ENVIRONMENT: Final = "environment"
"""What the key in EVERYWORD_KEY is called."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_REACH: Final[dict[Scope, frozenset[Scope]]] = {
    "search": frozenset({"search"}),
    "upload": frozenset({"search", "upload"}),
    "edit": frozenset({"search", "edit"}),
    "admin": frozenset(SCOPES),
}
REQUESTS_PER_S: Final = 50.0
BURST: Final = 500.0
audit = logging.getLogger("everyword.audit")


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept: its digest, never itself."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    digest: str
    created_at: datetime

    def reaches(self, scope: Scope) -> bool:
        """Tell whether the key may do what needs this scope."""
        return any(scope in _REACH[each] for each in self.scopes)


class KeyStore(Protocol):
    """Keeps keys by their ids."""

    def put(self, key: ApiKey) -> None:
        """Keep a key, in the place of one with its id."""
        ...

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key."""
        ...

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first."""
        ...

    def delete(self, key_id: str) -> bool:
        """Forget a key; tell whether there was one."""
        ...


class Keys:
    """Creates, rotates and revokes keys. What `create` and `rotate` return is shown once."""

    def __init__(self, store: KeyStore) -> None:
        self.store = store

    def create(self, name: str, scopes: Sequence[Scope]) -> tuple[ApiKey, str]:
        """Make a key; returns how it is kept, and the key itself.

        Raises:
            InvalidInput: no scope is named.
        """
        if not scopes:
            raise InvalidInput("a key needs a scope", hint=f"one of {', '.join(SCOPES)}")
        return self._issue(secrets.token_hex(6), name, tuple(dict.fromkeys(scopes)), "create")

    def rotate(self, key_id: str) -> tuple[ApiKey, str]:
        """Give a key another secret; the old one is no longer taken.

        Raises:
            NotFound: there is no such key.
        """
        kept = self._known(key_id)
        return self._issue(key_id, kept.name, kept.scopes, "rotate")

    def revoke(self, key_id: str) -> None:
        """Take a key back, and the sessions it opened.

        Raises:
            NotFound: there is no such key.
        """
        self._known(key_id)
        self.store.delete(key_id)
        audit.info("key", extra={"action": "revoke", "key_id": key_id})

    def of(self, presented: str) -> ApiKey | None:
        """Return the key that somebody presents, compared in constant time."""
        _, key_id, secret = (*presented.split("_", 2), "", "", "")[:3]
        kept = self.store.get(key_id)
        digest = kept.digest if kept else ""
        same = hmac.compare_digest(digest, digest_of(secret))
        return kept if same else None

    def _issue(
        self, key_id: str, name: str, scopes: tuple[Scope, ...], action: str
    ) -> tuple[ApiKey, str]:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(key_id, name, scopes, digest_of(secret), datetime.now(UTC))
        self.store.put(key)
        audit.info("key", extra={"action": action, "key_id": key_id, "scopes": list(scopes)})
        return key, f"{PREFIX}_{key_id}_{secret}"

    def _known(self, key_id: str) -> ApiKey:
        kept = self.store.get(key_id)
        if kept is None:
            raise NotFound(
                f"no key {key_id!r}", hint="`everyword keys list`", code="key_missing_id"
            )
        return kept


class PublicShows(Protocol):
    """Knows what those without a key may read."""

    def any_public(self) -> bool:
        """Tell whether there may be anything that they may read."""
        ...

    def is_public(self, show: str) -> bool:
        """Tell whether they may read this show."""
        ...

    def is_public_episode(self, episode_id: str) -> bool:
        """Tell whether they may read this episode."""
        ...


class KeyAccess:
    """Decides by stored keys, a key of the environment, and the sessions either opened.

    Without a key everything that is for reading may be read with `public_search`, or what
    `public_shows` says, where it is given.

    `open_without_keys` lets everybody do everything until there is a key: a server that only this
    machine can reach. `owner` is a secret of the data folder's owner.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        signing_key: bytes,
        environment_key: str = "",
        owner: str = "",
        public_search: bool = False,
        public_shows: PublicShows | None = None,
        open_without_keys: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._sessions = URLSafeTimedSerializer(signing_key, salt="everyword-session")
        self._always = [each for each in (environment_key, owner) if each]
        self._needs_key = bool(environment_key) or not open_without_keys
        self._public_search = public_search
        self._public_shows = public_shows
        self._rates = _Rates(clock)

    def check(self, key: str, scope: Scope, *, public: bool) -> None:
        """Let a request pass or refuse it.

        Raises:
            AccessDenied: no key, an unknown one, or one that does not reach so far.
            TransientFailure: the key asks too often (`rate_limited`).
        """
        without_key.set(False)
        try:
            self._check_key(key, scope)
        except AccessDenied:
            if not public or not self._anything_public():
                raise
            without_key.set(True)

    def _check_key(self, key: str, scope: Scope) -> None:
        if not self._is_closed():  # whoever needs none may send any: many clients cannot do without
            return
        if not key:
            raise AccessDenied("this needs a key", hint="send it as Authorization: Bearer KEY")
        who, reaches = self._who(key, scope)
        if not reaches:
            audit.warning("denied", extra={"action": "deny", "key_id": who, "scope": scope})
            raise AccessDenied(
                f"this key does not reach so far: {scope} is needed",
                hint=f"a key that does: `everyword keys create --scope {scope}`",
                code="scope_missing",
            )
        if scope != "search":
            audit.info("access", extra={"action": "access", "key_id": who, "scope": scope})

    def check_public(self, *, episode_id: str | None, show: str | None) -> None:
        """Let whoever has no key read this episode or show, or refuse it.

        Raises:
            AccessDenied: it is not public.
        """
        shows = self._public_shows
        if shows is None:
            return
        hidden = (show and not shows.is_public(show)) or (
            episode_id and not shows.is_public_episode(episode_id)
        )
        if hidden:
            raise AccessDenied("this needs a key", hint="send it as Authorization: Bearer KEY")

    def _anything_public(self) -> bool:
        if self._public_shows is None:
            return self._public_search
        return self._public_shows.any_public()

    def _is_closed(self) -> bool:
        """Tell whether a key is needed at all."""
        return self._needs_key or bool(self._keys.store.list())

    def sign_in(self, key: str) -> str:
        """Return a session that stands for a key, for a browser's cookie.

        Raises:
            AccessDenied: the key is not known.
        """
        who, _ = self._who(key, "search")
        kept = self._keys.store.get(who)
        return f"{SESSION}{self._sessions.dumps([who, self._mark(kept)])}"

    def _who(self, presented: str, scope: Scope) -> tuple[str, bool]:
        """Return whose key it is, and whether it reaches the scope."""
        if presented.startswith(SESSION):
            found = self._of_session(presented.removeprefix(SESSION))
        elif any(hmac.compare_digest(presented.encode(), each.encode()) for each in self._always):
            return ENVIRONMENT, True
        else:
            found = self._keys.of(presented)
        if found == ENVIRONMENT:
            return ENVIRONMENT, True
        if not isinstance(found, ApiKey):
            audit.warning("denied", extra={"action": "deny", "scope": scope})
            raise AccessDenied("the key is not known here", code="key_unknown")
        self._rates.take(found.key_id)
        return found.key_id, found.reaches(scope)

    def _of_session(self, token: str) -> ApiKey | str | None:
        try:
            key_id, mark = self._sessions.loads(token, max_age=SESSION_S)
        except (BadSignature, ValueError, TypeError):
            return None
        kept = self._keys.store.get(key_id)
        if not hmac.compare_digest(str(mark), self._mark(kept)):
            return None  # the key was rotated or revoked since
        return ENVIRONMENT if key_id == ENVIRONMENT else kept

    def _mark(self, kept: ApiKey | None) -> str:
        """Return what changes when a key does, so that its sessions end."""
        return digest_of(kept.digest if kept else "\0".join(self._always[:1]))[:16]


class _Rates:
    """A share of the server for each key: a burst, and so many requests a second after it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key_id: str) -> None:
        now = self._clock()
        left, seen = self._left.get(key_id, (BURST, now))
        left = min(BURST, left + (now - seen) * REQUESTS_PER_S)
        self._left[key_id] = (max(0.0, left - 1), now)
        if left < 1:
            raise TransientFailure(
                f"more than {REQUESTS_PER_S:g} requests a second with this key",
                hint="wait a little between requests",
                code="rate_limited",
                retry_after_s=1.0,
            )


def digest_of(secret: str) -> str:
    """Return how a secret of 256 random bits is kept: no salt or stretching would add to it."""
    return sha256(secret.encode()).hexdigest()
