"""From words to paragraphs, for reading: by speaker, pause and length."""

from typing import NamedTuple

from captions.domain.phrases import ends_sentence
from captions.domain.tracks import separator, shown_speakers, speaker_name, to_ms
from captions.domain.wording import clean_text
from everyword_transcripts import Transcript

_LONG_PAUSE_S = 2.0
_LONG = 450
"""Characters after which a paragraph ends with its sentence."""
_LONGEST = 1500
"""Characters after which it ends anyway."""


class Paragraph(NamedTuple):
    """What one speaker said without a long break."""

    start_ms: int
    speaker: str | None
    text: str


def paragraphs_of(transcript: Transcript) -> list[Paragraph]:
    """Gather a transcript's words into paragraphs, in the order of its segments."""
    shown = shown_speakers(transcript)
    space = separator(transcript)
    names: dict[str | None, str | None] = {None: None}
    found: list[Paragraph] = []
    gathered: list[str] = []
    label, begins, ended, length = None, 0.0, 0.0, 0

    def close() -> None:
        if gathered:
            if label not in names:
                names[label] = speaker_name(transcript, label)
            name = names[label]
            found.append(
                Paragraph(to_ms(begins), name if name in shown else None, space.join(gathered))
            )
            gathered.clear()

    for word in transcript.words():
        text = word.word if word.word.isprintable() else clean_text(word.word)
        if not text:
            continue
        if gathered and (
            word.speaker != label
            or word.start - ended > _LONG_PAUSE_S
            or length > _LONGEST
            or (length > _LONG and ends_sentence(gathered[-1]))
        ):
            close()
        if not gathered:
            label, begins, length = word.speaker, word.start, 0
        gathered.append(text)
        length += len(text) + 1
        ended = word.end
    close()
    return found
