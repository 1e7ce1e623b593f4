"""The spoken words of a transcript laid out for captioning: clean, in ms, in tracks."""

from dataclasses import dataclass, field

from captions.domain.limits import CueLimits
from captions.domain.wording import clean_text, columns
from everyword_transcripts import Transcript, Word, is_unspaced, spread

_CROSSTALK_MS = 500
_MOST_TRACKS = 4


@dataclass(slots=True)
class Track:
    """Words that follow each other, column by column: starts never go back, `end >= start`.

    People who talk at once are in different tracks; their captions may stand at the same time.
    """

    words: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    speakers: list[str | None] = field(default_factory=list)

    def end_ms(self) -> int:
        """Return where the last word ends."""
        return self.ends[-1] if self.ends else 0


def tracks(transcript: Transcript, limits: CueLimits) -> list[Track]:
    """Lay out the transcript's words; a word too wide for a line is cut into parts that fit.

    Nearly always there is one track. A segment that begins well before the one before it has
    ended is spoken over it, and goes to the next track that is free.
    """
    found = [Track()]
    names = {label: speaker_name(transcript, label) for label in _labels(transcript)}
    for segment in transcript.segments:
        track = found[0]
        begins = to_ms(segment.start)
        if track.end_ms() > begins + _CROSSTALK_MS:
            track = _free_track(found, begins)
        _lay_out(segment.words, track, names, limits.max_line_chars)
    return [track for track in found if track.words]


def to_ms(seconds: float) -> int:
    """Round seconds to whole milliseconds, half up."""
    return int(seconds * 1000.0 + 0.5)


def separator(transcript: Transcript) -> str:
    """Return what stands between two words of the transcript's language."""
    return "" if is_unspaced(transcript.language) else " "


def shown_speakers(transcript: Transcript) -> frozenset[str]:
    """Return the speakers' names a reader should see: not the label of one unnamed speaker."""
    labels = _labels(transcript) - {None}
    names = {speaker.label: speaker.name for speaker in transcript.speakers}
    if len(labels) == 1 and not any(names.get(label or "") for label in labels):
        return frozenset()
    return frozenset(name for label in labels if (name := speaker_name(transcript, label)))


def speaker_name(transcript: Transcript, label: str | None) -> str | None:
    """Return a speaker's clean name, or None."""
    return clean_text(transcript.speaker_name(label) or "") or None


def _labels(transcript: Transcript) -> set[str | None]:
    return {word.speaker for segment in transcript.segments for word in segment.words}


def _free_track(found: list[Track], begins: int) -> Track:
    for track in found:
        if track.end_ms() <= begins + _CROSSTALK_MS:
            return track
    if len(found) < _MOST_TRACKS:
        found.append(Track())
        return found[-1]
    return min(found, key=Track.end_ms)


def _lay_out(
    words: tuple[Word, ...], track: Track, names: dict[str | None, str | None], most: int
) -> None:
    """Add a segment's words to a track: all at once where none needs a second look."""
    texts = [word.word for word in words]
    text = "".join(texts)
    widths = list(map(len if text.isascii() else columns, texts))
    starts = [int(word.start * 1000.0 + 0.5) for word in words]
    if (
        not text.isprintable()
        or " " in text
        or not 0 < min(widths, default=0) <= max(widths) <= most
        or starts != sorted(starts)
        or (track.starts and starts[0] < track.starts[-1])
    ):
        _lay_out_singly(words, track, names, most)
        return
    track.words += texts
    track.widths += widths
    track.starts += starts
    track.ends += [int(word.end * 1000.0 + 0.5) for word in words]
    track.speakers += [names[word.speaker] for word in words]


def _lay_out_singly(
    words: tuple[Word, ...], track: Track, names: dict[str | None, str | None], most: int
) -> None:
    """Clean and cut words that need it, and let no start go back."""
    for word in words:
        text = clean_text(word.word)
        if not text:
            continue
        start = max(to_ms(word.start), track.starts[-1] if track.starts else 0)
        end = max(to_ms(word.end), start)
        pieces = [text] if columns(text) <= most and " " not in text else _cut(text, most)
        spans = spread(pieces, start, end)
        track.words += pieces
        track.widths += map(columns, pieces)
        track.starts += [int(left) for left, _ in spans]
        track.ends += [int(right) for _, right in spans]
        track.speakers += [names[word.speaker]] * len(pieces)


def _cut(text: str, most: int) -> list[str]:
    """Cut an endless word (an address, a hash, an unspaced sentence) into parts of a line each."""
    return [
        part[at : at + step]
        for part in text.split()
        for step in [most if part.isascii() else max(1, most // 2)]
        for at in range(0, len(part), step)
    ]
