"""Upload addresses: what is signed comes back, anything else is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import InvalidInput, Misconfigured
from everyword_storage import DirectoryUploadSigner, upload_key

SECRET = b"0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def test_what_was_signed_comes_back() -> None:
    clock = Clock()
    signer = DirectoryUploadSigner(lambda: "http://127.0.0.1:8080/", SECRET, clock)
    upload = signer.sign_put(upload_key("e1"), size=12, media_type="audio/mpeg", expires_in_s=60)
    assert upload.url.startswith("http://127.0.0.1:8080/uploads/")
    assert upload.expires_at == clock.now + timedelta(seconds=60)
    grant = signer.verify(token_of(upload.url))
    assert (grant.key, grant.size, grant.media_type) == (upload_key("e1"), 12, "audio/mpeg")
    assert grant.expires_at == upload.expires_at


def test_an_expired_address_is_refused() -> None:
    clock = Clock()
    signer = DirectoryUploadSigner("http://x", SECRET, clock)
    upload = signer.sign_put("a", size=1, media_type="x/y", expires_in_s=60)
    clock.now += timedelta(seconds=59)
    signer.verify(token_of(upload.url))
    clock.now += timedelta(seconds=1)
    with pytest.raises(InvalidInput) as caught:
        signer.verify(token_of(upload.url))
    assert caught.value.code == "upload_expired"


def test_another_secret_s_signature_is_refused() -> None:
    upload = DirectoryUploadSigner("http://x", b"another secret!!").sign_put(
        "a", size=1, media_type="x/y", expires_in_s=60
    )
    with pytest.raises(InvalidInput) as caught:
        DirectoryUploadSigner("http://x", SECRET).verify(token_of(upload.url))
    assert caught.value.code == "upload_signature"


@given(st.data())
def test_any_change_of_a_character_breaks_the_signature(data: st.DataObject) -> None:
    signer = DirectoryUploadSigner("http://x", SECRET)
    token = token_of(signer.sign_put("a/b", size=1, media_type="x/y", expires_in_s=60).url)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[place]))
    with pytest.raises(InvalidInput) as caught:
        signer.verify(token[:place] + other + token[place + 1 :])
    assert caught.value.code == "upload_signature"


@given(st.text(max_size=60))
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        DirectoryUploadSigner("http://x", SECRET).verify(token)
    assert caught.value.code == "upload_signature"


def test_a_hostile_key_is_not_signed() -> None:
    with pytest.raises(InvalidInput):
        DirectoryUploadSigner("http://x", SECRET).sign_put(
            "../x", size=1, media_type="x/y", expires_in_s=60
        )


def test_a_short_secret_is_misconfigured() -> None:
    with pytest.raises(Misconfigured):
        DirectoryUploadSigner("http://x", b"short")
