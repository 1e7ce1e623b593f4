"""One entry of a list in JSON that may be a transcript: its text, its times, who says it.

Makers call these by many names and write times in seconds, milliseconds, ticks or clocks.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

from captions.domain.parsers.clock import parse_short_clock

Json = Mapping[str, Any]
_TEXTS: Final = (
    *("punctuatedword", "text", "word", "value", "content", "body", "transcript", "sentence"),
    *("segment", "caption", "display", "displaytext", "spokentext", "utterance", "utf8", "lexical"),
)
_STARTS: Final = (
    *("start", "starttime", "datastart", "startts", "audiostart", "begin", "begintime"),
    *("beginoffset", "startoffset", "starttimestamp"),
    *("offset", "from", "time", "timestamp", "timecode", "ts", "in", "tstart", "toffset"),
)
_ENDS: Final = (
    *("end", "endtime", "dataend", "endts", "audioend", "endoffset", "endtimestamp"),
    *("stop", "to", "out"),
)
_DURATIONS: Final = ("duration", "dur", "dduration")
_SPEAKERS: Final = (
    *(
        "voice",
        "speakername",
        "speakerdisplayname",
        "speaker",
        "speakerlabel",
        "speakertag",
        "speakerid",
    ),
    *("username", "displayname", "name", "user", "users", "participant", "participantrole"),
    "channel",
)
_NAMES: Final = ("name", "displayname", "username", "label", "id")
_SCORES: Final = ("score", "confidence", "conf", "probability", "prob", "p")
_UNITS: Final = {
    **dict.fromkeys(("ms", "milliseconds", "millis", "msec"), 1e3),
    **dict.fromkeys(("inticks", "ticks"), 1e7),
}
_UNIT: Final = re.compile(r"(ms|milliseconds|millis|msec|inticks|ticks|seconds|secs?|s)\Z")
_NOT_SPOKEN: Final = frozenset({"spacing", "audioevent", "nonspeech", "silence"})
_ATTACHED: Final = frozenset({"punctuation", "punct"})
_FIRST_OF: Final = ("alternatives", "nbest", "instances")
_SECONDS: Final = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)\s?s(?:ec|econds)?")
_NUMBER: Final = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?")
_NANOS: Final = 1e9


@dataclass(frozen=True)
class Time:
    """A time as it stands in the file; `per_s` tells its unit where its name or form does."""

    count: float
    per_s: float | None = None

    def seconds(self, usual: float) -> float:
        """Return the seconds, in the file's usual unit unless this one has its own."""
        return self.count / (self.per_s or usual)


@dataclass
class Entry:
    """What a list's object says; `words` are entries of a list inside it."""

    text: str = ""
    start: Time | None = None
    end: Time | None = None
    duration: Time | None = None
    speaker: str | None = None
    score: float | None = None
    attached: bool = False
    words: list["Entry"] = field(default_factory=list)

    @property
    def begins(self) -> Time | None:
        """When it begins, or its first word does."""
        return self.start or next((word.start for word in self.words if word.start), None)


def entry_of(raw: Any) -> Entry | None:
    """Read an object, or None where it is no such entry, or tells of something not spoken.

    A row is one too: numbers, and the text behind its start and end.
    """
    if isinstance(raw, list):
        return _row(raw)
    if not isinstance(raw, Mapping):
        return None
    fields = _fields(raw)
    kind = _plain(str(fields.get("type") or fields.get("eventtype") or ""))
    if kind in _NOT_SPOKEN:
        return None
    start, end = _time(fields, _STARTS), _time(fields, _ENDS)
    pair = fields.get("timestamp")
    if isinstance(pair, list) and len(pair) == 2:  # noqa: PLR2004 - a start and an end
        start, end = _read(pair[0]), _read(pair[1])
    text = next((fields[name] for name in _TEXTS if isinstance(fields.get(name), str)), "")
    score = next((fields[name] for name in _SCORES if name in fields), None)
    return Entry(
        text=text,
        start=start,
        end=end,
        duration=_time(fields, _DURATIONS),
        speaker=_speaker(fields),
        score=score if isinstance(score, float) else None,
        attached=kind in _ATTACHED,
    )


def _row(raw: list[Any]) -> Entry | None:
    """Read a row such as faster-whisper's segments and words are when written as they are."""
    at = next((i for i, value in enumerate(raw) if isinstance(value, str)), -1)
    if at < 2:  # noqa: PLR2004 - a start and an end
        return None
    start, end = _read(raw[at - 2]), _read(raw[at - 1])
    return Entry(raw[at], start, end) if start and end else None


def _fields(raw: Json) -> dict[str, Any]:
    """Return an object's values by plain names, and those of its first alternative or instance."""
    fields: dict[str, Any] = {}
    for name, value in raw.items():
        plain = _plain(name)
        if plain in _FIRST_OF and isinstance(value, list) and value:
            value = value[0]  # noqa: PLW2901 - the rest are other readings of the same
        if isinstance(value, Mapping) and (
            plain in _FIRST_OF or plain in {"time", "times", "data"}
        ):
            fields = {**_fields(value), **fields}
        else:
            fields[plain] = value
    return fields


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _time(fields: Json, names: tuple[str, ...]) -> Time | None:
    for name, value in _named(fields, names):
        unit = _UNITS.get(name)
        read = _read(value)
        if read is not None:
            return Time(read.count, unit) if unit and read.per_s is None else read
    return None


def _named(fields: Json, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the values of names, with what unit their name ends in; exact names come first."""
    for name in names:
        if name in fields:
            yield "", fields[name]
    for key, value in fields.items():
        found = _UNIT.search(key)
        if found and key[: found.start()] in names:
            yield found[1], value


def _read(raw: Any) -> Time | None:
    """Read a number, a number as text, `1.5s`, a clock, or Google's seconds and nanos.

    Of a time of day with seconds from the start beside it, as Recall writes, those count.
    """
    if isinstance(raw, Mapping) and "relative" in raw:
        return _read(raw["relative"])
    if isinstance(raw, Mapping):
        whole, parts = _read(raw.get("seconds", 0)), _read(raw.get("nanos", 0))
        known = {"seconds", "nanos"} & set(raw)
        return Time(whole.count + parts.count / _NANOS, 1.0) if known and whole and parts else None
    if isinstance(raw, str):
        return _written(raw.strip())
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not isfinite(raw):
        return None
    return Time(float(raw))


def _written(text: str) -> Time | None:
    if found := _SECONDS.fullmatch(text):
        return Time(float(found[1]), 1.0)
    if (ms := parse_short_clock(text)) is not None:
        return Time(ms / 1000, 1.0)
    return Time(float(text)) if _NUMBER.fullmatch(text) else None


def _speaker(fields: Json) -> str | None:
    for name in _SPEAKERS:
        raw = fields.get(name)
        if isinstance(raw, list):
            raw = raw[0] if len(raw) == 1 else None
        if isinstance(raw, Mapping):
            inner = _fields(raw)
            raw = next((inner[key] for key in _NAMES if inner.get(key)), None)
        if isinstance(raw, str) and raw.strip():
            return f"SPEAKER_{int(raw):02}" if raw.isdecimal() else raw.strip()
        if isinstance(raw, int) and not isinstance(raw, bool) and name != "channel":
            return f"SPEAKER_{raw:02}"
    return None
