"""Upload addresses for the directory store: a token signed with HMAC-SHA-256 (RFC 2104)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, NonNegativeInt, ValidationError

from everyword_events import InvalidInput, Misconfigured, Model
from everyword_storage.keys import plain_key
from everyword_storage.ports import SignedUpload

LEAST_SECRET_BYTES: Final = 16


class UploadGrant(Model):
    """What a token allows: one file of `size` bytes under `key`, until `expires_at`.

    With a `part`, from 1, it is that part of a file.
    """

    key: str
    size: NonNegativeInt
    media_type: str
    expires_at: AwareDatetime
    part: NonNegativeInt = 0


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class DirectoryUploadSigner:
    """Signs `PUT {base_url}/uploads/{token}`.

    `base_url` may be a function, because the port is known only when the server listens.

    Raises:
        Misconfigured: the secret is too short to keep anyone out.
    """

    def __init__(
        self,
        base_url: str | Callable[[], str],
        secret: bytes,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if len(secret) < LEAST_SECRET_BYTES:
            raise Misconfigured(
                f"the upload secret has {len(secret)} bytes, needed are {LEAST_SECRET_BYTES}",
                code="secret_too_short",
            )
        self._base_url = base_url
        self._secret = secret
        self._clock = clock

    def sign_put(
        self, key: str, *, size: int, media_type: str, expires_in_s: float
    ) -> SignedUpload:
        """Return an address that accepts exactly one file of `size` bytes until it expires."""
        expires_at = self._clock() + timedelta(seconds=expires_in_s)
        grant = UploadGrant(
            key=plain_key(key), size=size, media_type=media_type, expires_at=expires_at
        )
        return SignedUpload(
            url=self.address_of(grant), headers={"content-type": media_type}, expires_at=expires_at
        )

    def address_of(self, grant: UploadGrant) -> str:
        """Return the address that allows what the grant says."""
        payload = _encode(grant.model_dump_json(exclude_defaults=True).encode())
        token = f"{payload}.{_encode(self._signature(payload))}"
        base_url = self._base_url if isinstance(self._base_url, str) else self._base_url()
        return f"{base_url.rstrip('/')}/uploads/{token}"

    def verify(self, token: str) -> UploadGrant:
        """Return what the token allows.

        Raises:
            InvalidInput: not signed by us (code `upload_signature`), or too old
                (`upload_expired`).
        """
        payload, _, signature = token.partition(".")
        try:
            given = _decode(signature)
            if not hmac.compare_digest(given, self._signature(payload)):
                raise _not_ours()
            grant = UploadGrant.model_validate_json(_decode(payload))
        except (ValueError, ValidationError) as error:
            raise _not_ours() from error
        if self._clock() >= grant.expires_at:
            raise InvalidInput(
                "the upload address has expired",
                hint="create the episode again and upload to the new address",
                code="upload_expired",
            )
        return grant

    def _signature(self, payload: str) -> bytes:
        return hmac.new(self._secret, payload.encode(), hashlib.sha256).digest()


def _not_ours() -> InvalidInput:
    return InvalidInput(
        "the upload address is not one that this server gave out",
        hint="use the url exactly as POST /v1/episodes returned it",
        code="upload_signature",
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    raw = text.encode("ascii")
    decoded = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    if _encode(decoded) != text:  # a second spelling of the same bits is no signature of ours
        raise binascii.Error("not canonical")
    return decoded
