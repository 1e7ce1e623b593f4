"""Where artifacts lie: one function, so that no two places disagree."""

from everyword_events import InvalidInput


def episode_prefix(episode_id: str) -> str:
    """Return the prefix under which all of an episode's blobs lie."""
    return f"episodes/{_plain(episode_id)}/"


def artifact_key(episode_id: str, run_id: str, name: str) -> str:
    """Return the key of the artifact `name` that one run made of one episode."""
    return f"{episode_prefix(episode_id)}{_plain(run_id)}/{name}"


def upload_key(episode_id: str) -> str:
    """Return the key where an episode's audio is uploaded: never derived from a file's name."""
    return f"{episode_prefix(episode_id)}upload/audio"


def _plain(part: str) -> str:
    if not part or not all(c.isascii() and (c.isalnum() or c in "-_") for c in part):
        raise InvalidInput(f"not an id: {part!r}", code="id_invalid")
    return part
