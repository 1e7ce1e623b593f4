"""The transcript's JSON (schema 1, a superset of WhisperX's): one reader, one writer."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final

import msgspec

from everyword_transcripts.limits import LONGEST_S
from everyword_transcripts.mending import invalid, mended_segments, seconds_of, text_of
from everyword_transcripts.model import (
    SCHEMA,
    Engine,
    PhoneSpan,
    Segment,
    Speaker,
    Transcript,
    Word,
)
from everyword_transcripts.spacing import is_unspaced, writes_spaces
from everyword_transcripts.timing import put_in_order
from everyword_transcripts.top_level_words import with_top_level_words

Json = Mapping[str, Any]
OURS: Final = b'{"schema":'
"""How each file begins that `write_transcript` wrote."""


def read_transcript(raw: bytes | str | Json) -> Transcript:
    """Read our transcript JSON or WhisperX's, mending times that are missing or impossible.

    Missing, infinite, NaN or absurdly late times are estimated from their neighbours and marked;
    a segment without words gets them from its text; starts that run backwards are put in order and
    the transcript is flagged `times_repaired`.

    Raises:
        InvalidInput: not JSON, no list of segments, or a schema newer than this program.
    """
    sound = None if isinstance(raw, Mapping) else _read_sound(raw)
    return sound or _read_mending(raw)


def write_transcript(transcript: Transcript) -> bytes:
    """Write schema 1 as UTF-8 JSON: the same transcript gives the same bytes."""
    form: dict[str, object] = {
        "schema": SCHEMA,
        "episode_id": transcript.episode_id,
        "run_id": transcript.run_id,
        "language": transcript.language,
        "duration_s": round(transcript.duration_s, 3),
        "engine": transcript.engine,
        "flags": transcript.flags,
        "speakers": transcript.speakers,
        "segments": [_in_whole_ms(segment) for segment in transcript.segments],
    }
    if transcript.phones:
        form["phones"] = [[round(s.start, 3), round(s.end, 3), s.phones] for s in transcript.phones]
    return _ENCODER.encode(form)


def with_ids(written: bytes, *, episode_id: str, run_id: str) -> bytes:
    """Return what `write_transcript` wrote of nobody's transcript as that of an episode's run."""
    nobody = _head(None, None)
    if not written.startswith(nobody):
        raise ValueError("it is an episode's already")
    return _head(episode_id, run_id) + written.removeprefix(nobody)


def in_order(segments: list[Segment], duration_s: float) -> bool:
    """Tell whether the times already hold what `Transcript` promises."""
    latest: dict[str | None, float] = {}
    for segment in segments:
        for word in segment.words:
            start = word.start
            if not latest.get(word.speaker, 0.0) <= start <= word.end <= duration_s:
                return False
            latest[word.speaker] = start
    return all(a.start <= b.start for a, b in pairwise(segments))


class _SoundSegment(msgspec.Struct):
    """A segment whose every word has its text and its times, as we and the engines write them."""

    words: tuple[Word, ...]
    speaker: str | None = None
    text: str | None = None

    def segment(self, language: str) -> Segment | None:
        """Return it with the speaker of its words settled, or None where it needs a second look.

        That is where a word is not one, or the text spaces or spells them otherwise.
        """
        words = self.words
        texts = [word.word for word in words]
        if not words or " ".join(texts).split() != texts:
            return None
        speaker = text_of(self.speaker) or None
        if speaker is not None and None in [word.speaker for word in words]:
            words = tuple(
                w
                if w.speaker is not None
                else Word(w.word, w.start, w.end, w.score, speaker, w.estimated)
                for w in words
            )
        segment = Segment.of(words, speaker=speaker or words[0].speaker, language=language)
        text = text_of(self.text)
        return segment if text in ("", segment.text) else None


class _SoundForm(msgspec.Struct):
    segments: list[_SoundSegment]
    schema: Any = SCHEMA
    language: Any = None
    duration_s: Any = None
    speakers: Any = None
    engine: Any = None
    flags: Any = None
    episode_id: Any = None
    run_id: Any = None
    phones: Any = None
    sounds: Any = None


_NO_FRACTION: Final = 1.5 * 2.0**52
"""Floats of this size are whole numbers: what is added to it loses its fraction, rounded."""
_DECODER = msgspec.json.Decoder(_SoundForm)


def _read_sound(raw: bytes | str) -> Transcript | None:
    """Read a transcript that needs no mending, straight into words; return None for any other."""
    try:
        found = _DECODER.decode(_without_mark(raw))
    except (ValueError, RecursionError):
        return None
    form = _checked(msgspec.structs.asdict(found))
    language = _language(form)
    segments: list[Segment] = []
    for sound in found.segments:
        segment = sound.segment(language)
        if segment is None:
            return None
        segments.append(segment)
    duration_s = _duration_s(form, segments)
    is_sound = duration_s <= LONGEST_S and in_order(segments, duration_s)
    return _transcript(form, segments, duration_s) if is_sound else None


def _read_mending(raw: bytes | str | Json) -> Transcript:
    form = _checked(raw if isinstance(raw, Mapping) else _parsed(raw))
    form = with_top_level_words(form)
    language = _language(form)
    spaced_after_all = is_unspaced(language) and _writes_spaces(form["segments"])
    if spaced_after_all:
        form = {**form, "language": "und"}
    segments, flags = mended_segments(form["segments"], _language(form))
    duration_s = _duration_s(form, segments)
    changed = False
    while not in_order(segments, duration_s):  # starts only ever grow, so this ends
        segments, mended = put_in_order(segments, duration_s)
        changed = changed or mended
    transcript = _transcript(form, segments, duration_s)
    if spaced_after_all:
        flags = (*flags, f"import_language_doubtful:{language}")
    for flag in flags:
        transcript = transcript.with_flag(flag)
    return transcript.with_flag("times_repaired") if changed else transcript


def _writes_spaces(raw_segments: Iterable[object]) -> bool:
    """Tell whether a transcript in a language without spaces is written with them after all."""
    texts = [text_of(raw.get("text")) for raw in raw_segments if isinstance(raw, Mapping)]
    return writes_spaces(" ".join(texts))


def _parsed(raw: bytes | str) -> object:
    from pydantic_core import from_json  # noqa: PLC0415 - takes time; most files are sound

    try:
        return from_json(_without_mark(raw))
    except ValueError as error:
        raise invalid(f"not JSON: {error}") from error


def _head(episode_id: str | None, run_id: str | None) -> bytes:
    """Return how a file begins, up to its language."""
    form = {"schema": SCHEMA, "episode_id": episode_id, "run_id": run_id}
    return _ENCODER.encode(form).removesuffix(b"}")


def _without_mark(raw: bytes | str) -> bytes | str:
    return raw.removeprefix(b"\xef\xbb\xbf") if isinstance(raw, bytes) else raw


def _checked(form: object) -> Json:
    if isinstance(form, Mapping) and "segments" not in form and isinstance(form.get("words"), list):
        form = {**form, "segments": []}
    if not isinstance(form, Mapping) or not isinstance(form.get("segments"), list):
        raise invalid('no list of "segments"')
    schema = form.get("schema", SCHEMA)
    if not isinstance(schema, int) or schema > SCHEMA:
        raise invalid(f"schema {schema!r}, this program knows up to {SCHEMA}")
    return form


def _transcript(form: Json, segments: list[Segment], duration_s: float) -> Transcript:
    return Transcript(
        language=_language(form),
        duration_s=duration_s,
        segments=tuple(segments),
        speakers=_speakers(form, segments),
        engine=_engine(form.get("engine")),
        flags=tuple(str(flag) for flag in _listed(form.get("flags"))),
        episode_id=text_of(form.get("episode_id")) or None,
        run_id=text_of(form.get("run_id")) or None,
        phones=_phones(form.get("phones", form.get("sounds")), duration_s),
    )


def _duration_s(form: Json, segments: list[Segment]) -> float:
    last = max((segment.end for segment in segments), default=0.0)
    return seconds_of(form.get("duration_s")) or last


def _listed(raw: object) -> Sequence[Any]:
    return raw if isinstance(raw, list | tuple) else ()


def _language(form: Json) -> str:
    return text_of(form.get("language")) or "und"


def _speakers(form: Json, segments: list[Segment]) -> tuple[Speaker, ...]:
    named = [
        Speaker(str(raw["label"]), text_of(raw.get("name")) or None)
        for raw in _listed(form.get("speakers"))
        if isinstance(raw, Mapping) and raw.get("label")
    ]
    known = {speaker.label for speaker in named}
    for segment in segments:
        labels = dict.fromkeys((segment.speaker, *[word.speaker for word in segment.words]))
        for label in labels:
            if label is not None and label not in known:
                known.add(label)
                named.append(Speaker(label))
    return tuple(named)


def _phones(raw: object, duration_s: float) -> tuple[PhoneSpan, ...]:
    """Return the acoustic reading, less what cannot be read: words do not depend on it."""
    read: list[PhoneSpan] = []
    for item in raw if isinstance(raw, list | tuple) else ():
        if isinstance(item, list | tuple) and len(item) == 3:  # noqa: PLR2004
            start, end, phones = seconds_of(item[0]), seconds_of(item[1]), text_of(item[2])
            if start is not None and end is not None and start <= end <= duration_s and phones:
                read.append(PhoneSpan(start, end, " ".join(phones.split())))
    return tuple(sorted(read, key=attrgetter("start")))


def _engine(raw: object) -> Engine:
    if not isinstance(raw, Mapping):
        return Engine()
    return Engine(
        text_of(raw.get("name")) or "unknown", text_of(raw.get("model")), text_of(raw.get("device"))
    )


def _in_whole_ms(segment: Segment) -> Segment:
    """Return the segment with its times rounded to ms: nearly always they are, and it is itself."""
    if _are_whole(segment.words):
        return segment
    return Segment(
        round(segment.start, 3),
        round(segment.end, 3),
        segment.text,
        segment.speaker,
        tuple(
            Word(w.word, round(w.start, 3), round(w.end, 3), w.score, w.speaker, w.estimated)
            for w in segment.words
        ),
    )


def _are_whole(words: Iterable[Word]) -> bool:
    """Tell whether all times are whole ms, in a fifth of the time that rounding them takes."""
    for word in words:
        start, end = word.start, word.end
        if (start * 1000 + _NO_FRACTION - _NO_FRACTION) / 1000 != start:
            return False
        if (end * 1000 + _NO_FRACTION - _NO_FRACTION) / 1000 != end:
            return False
    return True


def _plain(number: object) -> float:
    """Return another library's number, as engines hand them over, as one that JSON knows."""
    return float(number)  # type: ignore[arg-type]


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
