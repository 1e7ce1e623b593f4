"""Every format by name: its file, its media type, and how it is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from captions.domain.ass import write_ass
from captions.domain.cue_building import build_cues
from captions.domain.cues import Captions
from captions.domain.limits import PROFILES, CueLimits
from captions.domain.paragraphs import Paragraph, paragraphs_of
from captions.domain.podcast import write_html, write_podcast_json
from captions.domain.srt import write_srt
from captions.domain.text import write_markdown, write_text
from captions.domain.vtt import Voices, write_karaoke, write_vtt
from captions.domain.wording import clean_text
from everyword_transcripts import Transcript, write_transcript


@dataclass(frozen=True)
class TranscriptWriter:
    """A transcript about to be written: cues and paragraphs are found once, for all formats."""

    transcript: Transcript
    limits: CueLimits = PROFILES["web"]
    title: str = ""
    voices: Voices = "tags"
    cue_settings: str = ""
    cues: Captions | None = None

    @cached_property
    def captions(self) -> Captions:
        """The transcript as cues: those given, or cut by the limits."""
        return self.cues or build_cues(self.transcript, self.limits)

    @cached_property
    def paragraphs(self) -> list[Paragraph]:
        """The transcript as paragraphs."""
        return paragraphs_of(self.transcript)

    def write(self, name: str) -> bytes:
        """Write one of `FORMATS`: UTF-8 without BOM, LF, the same bytes for the same transcript."""
        written = FORMATS[name].write(self)
        return written if isinstance(written, bytes) else written.encode()


@dataclass(frozen=True)
class Format:
    """One format: `file` is the artifact's name, `suffix` what files and addresses end in.

    `published` ones are made for every episode, the others when asked for.
    """

    name: str
    file: str
    suffix: str
    media_type: str
    write: Callable[[TranscriptWriter], str | bytes]
    published: bool = True


_ALL: Final = (
    Format(
        "vtt",
        "captions.vtt",
        ".vtt",
        "text/vtt; charset=utf-8",
        lambda m: write_vtt(m.captions, voices=m.voices, settings=m.cue_settings),
    ),
    Format(
        "srt",
        "captions.srt",
        ".srt",
        "application/x-subrip; charset=utf-8",
        lambda m: write_srt(m.captions),
    ),
    Format(
        "json",
        "transcript.json",
        ".json",
        "application/json",
        lambda m: write_transcript(m.transcript),
    ),
    Format(
        "podcast-json",
        "podcast.json",
        ".podcast.json",
        "application/json",
        lambda m: write_podcast_json(m.captions),
    ),
    Format(
        "html",
        "transcript.html",
        ".html",
        "text/html; charset=utf-8",
        lambda m: write_html(
            m.paragraphs, title=clean_text(m.title), language=m.transcript.language
        ),
    ),
    Format(
        "md",
        "transcript.md",
        ".md",
        "text/markdown; charset=utf-8",
        lambda m: write_markdown(m.paragraphs, title=clean_text(m.title)),
    ),
    Format(
        "txt",
        "transcript.txt",
        ".txt",
        "text/plain; charset=utf-8",
        lambda m: write_text(m.paragraphs),
    ),
    Format(
        "karaoke-vtt",
        "karaoke.vtt",
        ".karaoke.vtt",
        "text/vtt; charset=utf-8",
        lambda m: write_karaoke(m.captions, voices=m.voices, settings=m.cue_settings),
    ),
    Format(
        "ass",
        "karaoke.ass",
        ".ass",
        "text/x-ssa; charset=utf-8",
        lambda m: write_ass(m.captions),
        published=False,
    ),
)
FORMATS: Final[Mapping[str, Format]] = {form.name: form for form in _ALL}
PUBLISHED: Final = tuple(form for form in _ALL if form.published)
