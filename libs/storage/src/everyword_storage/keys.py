"""Where artifacts lie: one function, so that no two places disagree."""

import re
from typing import Final

from everyword_events import InvalidInput, NotFound

MOST_KEY_CHARACTERS: Final = 512
_PART: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


def episode_prefix(episode_id: str) -> str:
    """Return the prefix under which all of an episode's blobs lie."""
    return f"episodes/{_plain(episode_id)}/"


def artifact_key(episode_id: str, run_id: str, name: str) -> str:
    """Return the key of the artifact `name` that one run made of one episode.

    A name begins with the service that owns it, `captions/captions.vtt`, so that no service can
    write over another's artifact.
    """
    return f"{episode_prefix(episode_id)}{_plain(run_id)}/{name}"


def upload_key(episode_id: str) -> str:
    """Return the key where an episode's audio is uploaded: never derived from a file's name."""
    return f"{episode_prefix(episode_id)}upload/audio"


def plain_key(key: str) -> str:
    """Return `key` if every store can keep it: parts of `A-Za-z0-9._-` that start with no dot.

    Raises:
        InvalidInput: it is empty, absolute, has `..`, other characters, or is too long.
    """
    parts = key.split("/")
    if len(key) > MOST_KEY_CHARACTERS or not all(_PART.fullmatch(part) for part in parts):
        shown = key if len(key) <= 80 else f"{key[:80]}…"  # noqa: PLR2004
        raise InvalidInput(f"not a key: {shown!r}", code="key_invalid")
    return key


def key_of(uri: str, *, scheme: str, bucket: str) -> str:
    """Return the key in `{scheme}://{bucket}/{key}`.

    Raises:
        NotFound: the claim check belongs to another store.
    """
    key = uri.removeprefix(f"{scheme}://{bucket}/")
    if key == uri:
        raise NotFound(f"not in this store: {uri}", code="blob_not_found")
    return plain_key(key)


def _plain(part: str) -> str:
    if not part or not all(c.isascii() and (c.isalnum() or c in "-_") for c in part):
        raise InvalidInput(f"not an id: {part!r}", code="id_invalid")
    return part
