"""How every format is written."""

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
        written = _WRITERS[name](self)
        return written if isinstance(written, bytes) else written.encode()


_WRITERS: Final[Mapping[str, Callable[[TranscriptWriter], str | bytes]]] = {
    "vtt": lambda m: write_vtt(m.captions, voices=m.voices, settings=m.cue_settings),
    "srt": lambda m: write_srt(m.captions),
    "json": lambda m: write_transcript(m.transcript),
    "podcast-json": lambda m: write_podcast_json(m.captions),
    "html": lambda m: write_html(
        m.paragraphs, title=clean_text(m.title), language=m.transcript.language
    ),
    "md": lambda m: write_markdown(m.paragraphs, title=clean_text(m.title)),
    "txt": lambda m: write_text(m.paragraphs),
    "karaoke-vtt": lambda m: write_karaoke(m.captions, voices=m.voices, settings=m.cue_settings),
    "ass": lambda m: write_ass(m.captions),
}
