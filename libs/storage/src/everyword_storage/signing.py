"""Upload addresses for the directory store: a token signed with HMAC-SHA-256."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadData, URLSafeSerializer
from pydantic import AwareDatetime, NonNegativeInt, ValidationError

from everyword_events import InvalidInput, Misconfigured, Model
from everyword_storage.clock import utc_now
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
        self._tokens = URLSafeSerializer(
            secret, salt="everyword-upload", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._clock = clock

    def sign_put(
        self,
        key: str,
        *,
        size: int,
        media_type: str,
        expires_in_s: float,
        sha256: str | None = None,  # noqa: ARG002 - this store digests what it takes
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
        token = str(self._tokens.dumps(grant.model_dump(mode="json", exclude_defaults=True)))
        base_url = self._base_url if isinstance(self._base_url, str) else self._base_url()
        return (
            f"{base_url.rstrip('/')}/uploads/{token if isinstance(token, str) else token.decode()}"
        )

    def verify(self, token: str) -> UploadGrant:
        """Return what the token allows.

        Raises:
            InvalidInput: not signed by us (code `upload_signature`), or too old
                (`upload_expired`).
        """
        try:
            said = self._tokens.loads(token)
            if self._tokens.dumps(said) != token:  # another spelling of the same bits
                raise _not_ours()
            grant = UploadGrant.model_validate(said)
        except (BadData, ValidationError) as error:
            raise _not_ours() from error
        if self._clock() >= grant.expires_at:
            raise InvalidInput(
                "the upload address has expired",
                hint="create the episode again and upload to the new address",
                code="upload_expired",
            )
        return grant


def _not_ours() -> InvalidInput:
    return InvalidInput(
        "the upload address is not one that this server gave out",
        hint="use the url exactly as POST /v1/episodes returned it",
        code="upload_signature",
    )
