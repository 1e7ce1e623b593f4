"""Capitals for recognisers that write none: at the starts of sentences, by pauses and punctuation.

The case of words that a recogniser, a file or a person wrote is never touched.
"""

from collections.abc import Iterator
from typing import Final

from everyword_transcripts import Segment, Transcript, Word

_WITHOUT_CASE: Final = frozenset({"pocketsphinx"})
"""Recognisers whose words have no case of their own."""
_SENTENCE_ENDS: Final = tuple(".?!…。？！؟।።")  # noqa: RUF001 - other scripts' marks are meant
_CLOSERS: Final = "\"'»”’)]}」』"  # noqa: RUF001
_SENTENCE_PAUSE_S: Final = 0.7
"""A pause this long begins a new sentence; people breathe for less inside one."""
_ENGLISH_I: Final = frozenset({"i", "i'm", "i'll", "i'd", "i've", "i’m", "i’ll", "i’d", "i’ve"})  # noqa: RUF001


def has_capitals(transcript: Transcript) -> bool:
    """Tell whether the words have case, or the script has none."""
    texts = [segment.text for segment in transcript.segments]
    return any(text != text.lower() for text in texts) or all(
        text == text.upper() for text in texts
    )


def lacks_case(transcript: Transcript) -> bool:
    """Tell whether a recogniser without case made the words. A file is left as it was written."""
    return transcript.engine.name in _WITHOUT_CASE and not has_capitals(transcript)


def capitalise(transcript: Transcript, keep: frozenset[str]) -> tuple[Transcript, int]:
    """Write capitals at sentence starts, and English "I"; but into no word of `keep`.

    Returns how many words got one. Punctuation is never invented.
    """
    english = transcript.language.lower().split("-")[0] == "en"
    starts = _sentence_starts(transcript)
    count = 0
    segments: list[Segment] = []
    for segment in transcript.segments:
        words = [
            _capital(word)
            if (begins and word.word not in keep)
            or (english and word.word.rstrip(".,?!") in _ENGLISH_I)
            else word
            for word, begins in zip(segment.words, starts, strict=False)
        ]
        changed = sum(a is not b for a, b in zip(words, segment.words, strict=True))
        count += changed
        segments.append(
            Segment.of(words, speaker=segment.speaker, language=transcript.language)
            if changed
            else segment
        )
    return transcript.with_segments(segments), count


def _sentence_starts(transcript: Transcript) -> Iterator[bool]:
    """Yield for each word whether a sentence begins with it."""
    before: Word | None = None
    for word in transcript.words():
        yield (
            before is None
            or before.speaker != word.speaker
            or word.start - before.end >= _SENTENCE_PAUSE_S
            or before.word.rstrip(_CLOSERS).endswith(_SENTENCE_ENDS)
        )
        before = word


def _capital(word: Word) -> Word:
    text = word.word[:1].title() + word.word[1:]
    return word if text == word.word else word.with_text(text)
