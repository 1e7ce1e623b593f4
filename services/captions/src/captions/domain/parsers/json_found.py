"""Transcript JSON that no reader of its own knows: found by what its lists hold.

Somewhere in it stands a list of entries with texts and times, or several at the same place of
several objects: segments, with words in them or not, or words alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, Final

from captions.domain.parsers.json_entries import Entry, Time, entry_of
from everyword_transcripts.top_level_words import with_top_level_words

Json = Mapping[str, Any]
Place = tuple[str, ...]
_DEEPEST: Final = 8
_MOST_WORDS: Final = 1.2
"""Lists of entries with no more words than this each are lists of words."""
_UNITS: Final = (1.0, 1e3, 1e7)
_SLOWEST: Final = 0.5
"""Letters a second, below which nobody speaks: so slow are milliseconds taken for seconds."""
_OTHER_READINGS: Final = frozenset({"alternatives", "nbest"})
_LANGUAGES: Final = (
    *("language", "language_code", "languageCode", "LanguageCode"),
    *("detected_language", "locale"),
)


def found_transcript(form: Any) -> Json | None:
    """Return the form of ours for JSON in which a list of timed texts is found; else None."""
    places = _by_place(_lists(form, (), 0))
    segments, words = (_best(places, words=kind) for kind in (False, True))
    if not segments and not words:
        return None
    names = names_in(form)
    language = next(_languages(form, 0), None)
    usual = _unit([one for entries in segments or words for one in entries])
    read = [_segment(one, usual, names) for entries in segments for one in entries]
    spoken = [[_word(one, usual, names) for one in _joined(entries)] for entries in words]
    if not read and (turns := _turns(form, usual, names)):
        spoken = [[_said_in(turns, word) for word in entries] for entries in spoken]
    if read:
        said = [word for entries in spoken for word in entries]
        segments_read = one_after_another(sorted(read, key=_start))
        return {"segments": segments_read, "words": said, "language": language}
    text = text_alone(form) if len(spoken) == 1 else ""
    for entries in spoken:
        alone = {"segments": [], "words": entries, "text": text, "language": language}
        read += with_top_level_words(alone)["segments"]
    return {"segments": sorted(read, key=_start), "language": language}


def one_after_another(segments: Sequence[Json]) -> list[Json]:
    """Return segments that last until the next one of their speaker begins, where they are longer.

    Captions stay on the screen while the next line is said; segments with words have their times.
    """
    following: dict[Any, float] = {}
    kept: list[Json] = []
    for one in reversed(segments):
        start, end, speaker = one.get("start"), one.get("end"), one.get("speaker")
        after = following.get(speaker)
        if not one.get("words") and start is not None and end is not None:
            if after is not None and start < after < end:
                kept.append({**one, "end": after})
                following[speaker] = start
                continue
            following[speaker] = start
        kept.append(one)
    return kept[::-1]


def text_alone(form: Any) -> str:
    """Return the text of JSON that has nothing else, as OpenAI's shortest answer."""
    text = form.get("text") if isinstance(form, Mapping) else None
    return text.strip() if isinstance(text, str) else ""


def timed_page(form: Any) -> bytes:
    """Return the page that stands in oTranscribe's JSON, whose times are marked in its text."""
    text = form.get("text") if isinstance(form, Mapping) else None
    is_page = isinstance(text, str) and 'class="timestamp"' in text
    return text.encode() if is_page and isinstance(text, str) else b""


def _by_place(lists: Iterable[tuple[Place, list[Entry]]]) -> dict[Place, list[list[Entry]]]:
    places: dict[Place, list[list[Entry]]] = {}
    for place, entries in lists:
        places.setdefault(place, []).append(entries)
    return places


def _start(segment: Json) -> float:
    """Return when a segment begins, or its first word does."""
    words = segment.get("words")
    start = segment.get("start")
    return float(words[0]["start"] or 0.0) if start is None and words else float(start or 0.0)


def _lists(raw: Any, place: Place, depth: int) -> Iterator[tuple[Place, list[Entry]]]:
    """Yield the lists of entries with texts and times, by their place without numbers."""
    if depth > _DEEPEST:
        return
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            if name == "channels" and isinstance(value, list) and len(value) > 1:
                yield from _of_channels(value, (*place, name), depth + 1)
            else:
                yield from _lists(value, (*place, name), depth + 1)
    elif isinstance(raw, list):
        if place and place[-1].lower() in _OTHER_READINGS:
            raw = raw[:1]
        entries = [
            _with_words(one, entry, depth) for one in raw if (entry := entry_of(one)) is not None
        ]
        timed = [entry for entry in entries if entry.attached or _says(entry)]
        if timed and len(timed) * 2 >= len(entries):
            yield place, timed
            return
        for one in raw:
            yield from _lists(one, (*place, "[]"), depth + 1)


def _of_channels(channels: list[Any], place: Place, depth: int) -> Iterator[tuple[Place, Any]]:
    """Yield what each channel says, by the channel's number where nothing else tells who does."""
    for number, channel in enumerate(channels, 1):
        for inner, entries in _lists(channel, (*place, "[]"), depth + 1):
            yield inner, [replace(e, speaker=e.speaker or f"Channel {number}") for e in entries]


def _says(entry: Entry) -> bool:
    text = entry.text.strip() or any(word.text.strip() for word in entry.words)
    return bool(text) and entry.begins is not None


def _with_words(raw: Any, entry: Entry, depth: int) -> Entry:
    """Return an entry with the words that stand inside it, at any name."""
    if not isinstance(raw, Mapping):
        return entry
    lists = (one for name, value in raw.items() for one in _lists(value, (name,), depth + 2))
    words = _best(_by_place(lists), words=True)
    return replace(entry, words=_joined([word for entries in words for word in entries]))


def _best(places: Mapping[Place, list[list[Entry]]], *, words: bool) -> list[list[Entry]]:
    """Return the lists that say most, of those of single words or of those that are not."""
    fitting = [
        lists for lists in places.values() if _are_words([e for one in lists for e in one]) is words
    ]
    return max(fitting, key=lambda lists: _weight([e for one in lists for e in one]), default=[])


def _are_words(entries: Sequence[Entry]) -> bool:
    if any(entry.words for entry in entries):
        return False
    count = sum(len(entry.text.split()) for entry in entries)
    return count <= _MOST_WORDS * len(entries)


def _letters(entries: Sequence[Entry]) -> int:
    """Count the letters that entries say."""
    return sum(max(_length(one), sum(map(_length, one.words))) for one in entries)


def _length(entry: Entry) -> int:
    return len(entry.text.strip())


def _weight(entries: Sequence[Entry]) -> tuple[int, int]:
    """Weigh entries by what they say; of equals, by whether they have words and speakers."""
    told = any(one.words for one in entries) + any(one.speaker for one in entries)
    return _letters(entries), told


def _joined(words: Sequence[Entry]) -> list[Entry]:
    """Return words with the punctuation behind them."""
    joined: list[Entry] = []
    for word in words:
        if not word.attached:
            joined.append(word)
        elif joined:
            last = joined[-1]
            joined[-1] = replace(last, text=last.text.rstrip() + word.text.strip())
    return joined


def _unit(entries: Sequence[Entry]) -> float:
    """Return how many of the file's time units make a second, by how fast people speak.

    Taken from how long words last, else entries; from their starts where no end is known.
    """
    rates = []
    for one in [word for entry in entries for word in entry.words or [entry]]:
        start, end = one.begins, _end_count(one)
        if start and end is not None and start.per_s is None and end > start.count:
            rates.append(_letters([one]) / (end - start.count))
    if not rates:
        starts = [one.begins.count for one in entries if one.begins and one.begins.per_s is None]
        lasting = max(starts, default=0.0) - min(starts, default=0.0)
        rates = [_letters(entries) / lasting] if lasting > 0 else []
    rate = median(rates) if rates else 1.0
    return next((unit for unit in _UNITS if rate * unit >= _SLOWEST), _UNITS[-1])


def _end_count(entry: Entry) -> float | None:
    if entry.end is not None:
        return entry.end.count
    if entry.duration is not None and entry.start is not None:
        return entry.start.count + entry.duration.count
    return _end_count(entry.words[-1]) if entry.words else None


def _turns(form: Any, usual: float, names: Mapping[str, str]) -> list[Json]:
    """Return who speaks from when until when, where a list beside the words tells it alone."""
    lists = form.values() if isinstance(form, Mapping) else ()
    for raw in (one for one in lists if isinstance(one, list)):
        entries = [entry for one in raw if isinstance(one, Mapping) and (entry := entry_of(one))]
        if entries and all(e.speaker and e.start and e.end and not e.text for e in entries):
            return [_segment(one, usual, names) for one in entries]
    return []


def _said_in(turns: Sequence[Json], word: Json) -> Json:
    """Return a word with the speaker of the turn that it begins in."""
    start = word["start"]
    if word["speaker"] or start is None:
        return word
    turn = next((one for one in turns if one["start"] <= start < one["end"]), None)
    return {**word, "speaker": turn["speaker"]} if turn else word


def _span(entry: Entry, usual: float) -> tuple[float | None, float | None]:
    start = entry.start.seconds(usual) if entry.start else None
    if entry.end is not None:
        return start, entry.end.seconds(usual)
    if entry.duration is None or start is None:
        return start, None
    return start, start + _like(entry.duration, entry.start).seconds(usual)


def _like(duration: Time, start: Time | None) -> Time:
    """Give a duration the unit of its start where it names none: both are written alike."""
    own = duration.per_s or (start.per_s if start else None)
    return Time(duration.count, own)


def _segment(entry: Entry, usual: float, names: Mapping[str, str]) -> Json:
    start, end = _span(entry, usual)
    form: dict[str, Any] = {
        "start": start,
        "end": end,
        "text": entry.text,
        "speaker": names.get(entry.speaker or "", entry.speaker),
    }
    if entry.words:
        form["words"] = [_word(word, usual, names) for word in entry.words]
    return form


def _word(entry: Entry, usual: float, names: Mapping[str, str]) -> Json:
    start, end = _span(entry, usual)
    return {
        "word": entry.text,
        "start": start,
        "end": end,
        "score": entry.score,
        "speaker": names.get(entry.speaker or "", entry.speaker),
    }


def names_in(form: Any) -> dict[str, str]:
    """Return what a list called `speakers` calls them, by the id that entries have."""
    names: dict[str, str] = {}
    for one in _speaker_lists(form, 0):
        if isinstance(one, Mapping) and isinstance(name := one.get("name"), str) and name.strip():
            for key in ("id", "label", "speaker", "uuid"):
                label = one.get(key)
                if isinstance(label, int) and not isinstance(label, bool):
                    names[f"SPEAKER_{label:02}"] = name.strip()
                elif isinstance(label, str):
                    names[label] = name.strip()
    return names


def _speaker_lists(raw: Any, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        return
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            if name.lower() == "speakers" and isinstance(value, list):
                yield from value
            elif isinstance(value, Mapping | list):
                yield from _speaker_lists(value, depth + 1)
    elif isinstance(raw, list):
        for one in raw[:20]:
            yield from _speaker_lists(one, depth + 1)


def _languages(raw: Any, depth: int) -> Iterator[str]:
    """Yield the languages that a document names, the outermost first."""
    if not isinstance(raw, Mapping | list) or depth > _DEEPEST:
        return
    if isinstance(raw, Mapping):
        for name in _LANGUAGES:
            if isinstance(raw.get(name), str):
                yield raw[name]
    for value in raw.values() if isinstance(raw, Mapping) else raw[:3]:
        yield from _languages(value, depth + 1)
