"""What an uploader says about an episode: taken as display text only, checked, cut to size."""

import re
import unicodedata
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from everyword_events import InvalidInput
from everyword_events.moments import GivenMoment
from ingest.domain.audio import AudioLimits
from ingest.domain.languages import checked_language

MOST_FILENAME_CHARACTERS: Final = 120
MOST_TITLE_CHARACTERS: Final = 300
MOST_LINK_CHARACTERS: Final = 2000
UNTITLED: Final = "Untitled"

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[\w./:@+-]{0,200}", re.ASCII)
_TURNS_TEXT_AROUND: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


FACTS: Final = ("title", "show", "published_at", "link")


class NewEpisode(BaseModel):
    """An announcement, as it came. Without a title, the file's name makes one."""

    model_config = ConfigDict(frozen=True)

    title: str | None = None
    show: str = ""
    filename: str = ""
    bytes: int = Field(default=0, ge=0, le=2**53)
    media_type: str = ""
    sha256: str | None = None
    language: str = ""
    speakers: int = Field(default=0, ge=0, le=64)
    channels: Literal["", "mix", "speakers"] = ""
    engine: str = ""
    model: str = ""
    published_at: GivenMoment = None
    link: str | None = None
    allow_duplicate: bool = False


class EpisodeFacts(BaseModel):
    """What people state about an episode; a field that is left out is not spoken of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str | None = None
    show: str | None = None
    published_at: GivenMoment = None
    link: str | None = None

    def stated(self) -> dict[str, Any]:
        """Return the fields that are spoken of."""
        return {name: getattr(self, name) for name in FACTS if name in self.model_fields_set}


class EpisodeChange(EpisodeFacts):
    """What is stated anew; a field that is left out stays as it is.

    `expect`, what the person saw, guards against overwriting what somebody else changed meanwhile.
    """

    expect: EpisodeFacts | None = None


def checked(new: NewEpisode, limits: AudioLimits, *, wants_audio: bool = True) -> NewEpisode:
    """Return the announcement in its plain form.

    Raises:
        InvalidInput: nothing to upload, too large, or a field that does not fit; the code says
            which.
    """
    if wants_audio:
        _check_size(new.bytes, limits)
    filename = display_name(new.filename)
    return new.model_copy(
        update={
            "title": checked_title(new.title or "") or title_of(filename),
            "show": checked_title(new.show, what="show"),
            "filename": filename,
            "media_type": checked_media_type(new.media_type),
            "sha256": checked_digest(new.sha256),
            "language": checked_language(new.language),
            "engine": _checked_name(new.engine, "engine"),
            "model": _checked_name(new.model, "model"),
            "link": checked_link(new.link),
        }
    )


def clean(text: str) -> str:
    """Return `text` on one line, without control characters or bytes that were no text."""
    kept = (
        "\ufffd" if unicodedata.category(c) == "Cs" else " " if c.isspace() else c
        for c in unicodedata.normalize("NFC", text)
        if c.isspace() or unicodedata.category(c) != "Cc"
        if c not in _TURNS_TEXT_AROUND
    )
    return " ".join("".join(kept).split())


def display_name(filename: str) -> str:
    """Return the last part of a file's name or path, short enough to show, its suffix kept."""
    name = clean(re.split(r"[/\\]", filename)[-1])
    if len(name) <= MOST_FILENAME_CHARACTERS:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > MOST_FILENAME_CHARACTERS // 10:
        return f"{name[: MOST_FILENAME_CHARACTERS - 1]}…"
    return f"{stem[: MOST_FILENAME_CHARACTERS - len(suffix) - 2]}….{suffix}"


def title_of(filename: str) -> str:
    """Make a title of a file's name."""
    stem, dot, _ = filename.rpartition(".")
    return (stem if dot else filename).replace("_", " ").strip(" .") or UNTITLED


def checked_title(text: str, *, what: str = "title") -> str:
    """Return a title or a show's name on one line.

    Raises:
        InvalidInput: it is too long to be one.
    """
    text = clean(text)
    if len(text) > MOST_TITLE_CHARACTERS:
        raise InvalidInput(
            f"the {what} has {len(text)} characters, {MOST_TITLE_CHARACTERS} are the most",
            code=f"{what}_too_long",
        )
    return text


def checked_link(link: str | None) -> str | None:
    """Return a web address that is safe to put on a page, or None.

    Raises:
        InvalidInput: it is none (`javascript:` for one).
    """
    if not link or not link.strip():
        return None
    link = link.strip()
    try:
        parts = urlsplit(link)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits or len(link) > MOST_LINK_CHARACTERS or link != clean(link) or " " in link:
        raise InvalidInput(
            "the link is not a web address",
            hint="it starts with https:// or http://",
            code="link_invalid",
        )
    return link


def checked_media_type(media_type: str) -> str:
    """Return `type/subtype` in lower case, `application/octet-stream` where none is given.

    Raises:
        InvalidInput: it is no media type.
    """
    plain = media_type.partition(";")[0].strip().lower()
    if not plain:
        return "application/octet-stream"
    if not _MEDIA_TYPE.fullmatch(plain):
        raise InvalidInput(
            f"not a media type: {clean(media_type)[:80]!r}",
            hint="such as audio/mpeg; it may be left out",
            code="media_type_invalid",
        )
    return plain


def checked_digest(sha256: str | None) -> str | None:
    """Return a SHA-256 digest in lower case, or None.

    Raises:
        InvalidInput: it is not 64 hexadecimal digits.
    """
    if not sha256:
        return None
    digest = sha256.strip().lower()
    if not _DIGEST.fullmatch(digest):
        raise InvalidInput("sha256 is 64 hexadecimal digits", code="sha256_invalid")
    return digest


def human_bytes(size: float) -> str:
    """Say a size as people do."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _check_size(size: int, limits: AudioLimits) -> None:
    if size == 0:
        raise InvalidInput(
            "the file is empty",
            hint="send its size as `bytes`; a file of 0 bytes holds no audio",
            code="empty",
        )
    if size > limits.max_bytes:
        raise InvalidInput(
            f"the file has {human_bytes(size)}, {human_bytes(limits.max_bytes)} are the most",
            hint="compress it (Opus or MP3), split it, or raise max_bytes in [ingest]",
            code="too_large",
        )


def _checked_name(name: str, what: str) -> str:
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"not the name of an {what}: {clean(name)[:80]!r}", code=f"{what}_name")
    return name
