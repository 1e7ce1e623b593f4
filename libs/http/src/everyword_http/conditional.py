"""Conditional requests (RFC 9110, section 13): what the client has is still good."""

from hashlib import sha256


def etag_of(body: bytes) -> str:
    """Return a strong validator for a body."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def is_fresh(if_none_match: str | None, etag: str) -> bool:
    """Tell whether `If-None-Match` names the validator: weakly, any of a list, or `*`."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
