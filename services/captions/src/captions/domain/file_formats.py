"""Every format by name: its file and its media type. How each is written, `formats` knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CHAPTERS: Final = "chapters"
"""What chapters are called among the files of an episode."""
CHAPTERS_FILE: Final = "chapters.json"


@dataclass(frozen=True)
class Format:
    """One format: `file` is the artifact's name, `suffix` what files and addresses end in.

    `published` ones are made for every episode, the others when asked for.
    """

    name: str
    file: str
    suffix: str
    media_type: str
    published: bool = True


_ALL: Final = (
    Format("vtt", "captions.vtt", ".vtt", "text/vtt; charset=utf-8"),
    Format("srt", "captions.srt", ".srt", "application/x-subrip; charset=utf-8"),
    Format("json", "transcript.json", ".json", "application/json"),
    Format("podcast-json", "podcast.json", ".podcast.json", "application/json"),
    Format("html", "transcript.html", ".html", "text/html; charset=utf-8"),
    Format("md", "transcript.md", ".md", "text/markdown; charset=utf-8"),
    Format("txt", "transcript.txt", ".txt", "text/plain; charset=utf-8"),
    Format("karaoke-vtt", "karaoke.vtt", ".karaoke.vtt", "text/vtt; charset=utf-8"),
    Format("ass", "karaoke.ass", ".ass", "text/x-ssa; charset=utf-8", published=False),
)
FORMATS: Final[Mapping[str, Format]] = {form.name: form for form in _ALL}
PUBLISHED: Final = tuple(form for form in _ALL if form.published)
