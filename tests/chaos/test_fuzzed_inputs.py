"""Ten thousand broken inputs to everything that reads what others wrote: each is read or refused.

Inputs are good ones with bytes changed, cut, doubled or swapped, from a fixed seed. What is refused
is refused as our own error with words for a person; nothing hangs and nothing else is raised.
"""

import io
import json
import random
import re
import time
import wave
from collections.abc import Callable
from typing import Final

import pytest

from captions.domain.chapters import generate_chapters
from captions.domain.feed import enrich_feed, feed_items
from captions.domain.feed_matching import ArchivedEpisode, match_items
from captions.reading import read_captions
from everyword_events import EverywordError, TranscriptReady, parse_event
from everyword_events.testing import sample_event
from everyword_transcripts import read_transcript
from ingest.adapters.feed_document import read_feed
from ingest.adapters.probe import probe_audio
from ingest.chapters import read_chapters
from search.domain.query import parse_query

pytestmark = pytest.mark.slow
LONGEST_S: Final = 20.0
"""So long one small input may take on a machine that is busy with others."""
EACH: Final = 1000
EPISODES: Final = [ArchivedEpisode("1", "Day", guid="1", source_url="https://x.test/1.mp3")]
SIZES: Final = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff")
NUMBERS: Final = (b"-1", b"1e999", b"NaN", b"99999999999999999999", b"0x", b"")
MARKS: Final = (b"<![CDATA[", b"&#0;", b"<!--", b"]]>", b"{{[[", b'"', b"-->")

RSS: Final = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"
 xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Slow &amp; Radio</title>
<language>sv</language><item><guid isPermaLink="false">1</guid><title><![CDATA[Day <1>]]></title>
<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate><itunes:duration>1:02:03</itunes:duration>
<enclosure url="https://x.test/1.mp3" length="123" type="audio/mpeg"/>
<podcast:transcript url="https://x.test/1.vtt" type="text/vtt"/></item></channel></rss>"""
ATOM: Final = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Å</title>
<entry><id>1</id><title>Day</title><published>2026-11-21T10:00:00Z</published>
<link rel="enclosure" href="https://x.test/1.mp3" length="9"/></entry></feed>""".encode()
VTT: Final = """WEBVTT

NOTE a note

1
00:00:01.000 --> 00:00:02.500 align:start
<v Ada>Hello <00:00:01.500><c>there</c> &amp; you

00:00:03.000 --> 00:00:04.000
- Räksmörgås
- Yes
""".encode()
SRT: Final = (
    b"1\n00:00:01,000 --> 00:00:02,000\n<i>Hello</i>\n\n2\n00:00:03,000 --> 00:00:04,0\nYou\n"
)
ASS: Final = (
    b"[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"
    b"Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ada,{\\k20}Hello\\Nthere\n"
)
TRANSCRIPT: Final = json.dumps(
    {"schema": 1, "language": "en", "duration_s": 9.0, "speakers": [{"label": "A", "name": None}],
     "segments": [{"start": 0.1, "end": 1.0, "text": "Hello there", "speaker": "A", "words": [
         {"word": "Hello", "start": 0.1, "end": 0.5, "score": 0.9}, {"word": "there"}]}]}
).encode()  # fmt: skip
CHAPTERS: Final = b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "In"}]}'
QUERY: Final = b'"fog horn" light* -storm speaker:"Ada" show:isles before:2024-05 after:2023'


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(range(256)) * 20)
    return out.getvalue()


def event() -> bytes:
    found = sample_event(TranscriptReady)
    return json.dumps({"type": found.type, **found.to_detail()}, default=str).encode()


def read_in_full(raw: bytes) -> object:
    transcript = read_transcript(raw)
    return generate_chapters(transcript), list(transcript.words())


def enriched(raw: bytes) -> object:
    match_items(feed_items(raw), EPISODES)
    return enrich_feed(raw, lambda _: None)


READERS: Final[dict[str, tuple[tuple[bytes, ...], Callable[[bytes], object]]]] = {
    "feeds": ((RSS, ATOM), lambda raw: read_feed(raw, url="https://x.test/feed")),
    "feeds to enrich": (
        (RSS, ATOM),
        lambda raw: (feed_items(raw), enrich_feed(raw, lambda _: None)),
    ),
    "audio": ((sound(),), lambda raw: probe_audio(io.BytesIO(raw))),
    "transcripts": ((TRANSCRIPT,), read_in_full),
    "WebVTT": ((VTT,), lambda raw: read_captions(raw, "vtt")),
    "SubRip": ((SRT,), lambda raw: read_captions(raw, "srt")),
    "SubStation": ((ASS,), lambda raw: read_captions(raw, "ass")),
    "captions of any kind": ((VTT, SRT, ASS, TRANSCRIPT), lambda raw: read_captions(raw, None)),
    "chapters": ((CHAPTERS,), read_chapters),
    "events": ((event(),), parse_event),
    "queries": ((QUERY,), lambda raw: parse_query(raw.decode("utf-8", "replace"))),
}


def broken(draw: random.Random, seeds: tuple[bytes, ...]) -> bytes:
    """Return a good input with a few things wrong."""
    raw = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(1, 6)):
        at, to = sorted((draw.randrange(len(raw) + 1), draw.randrange(len(raw) + 1)))
        match draw.randrange(8):
            case 0:
                del raw[at:to]
            case 1:
                raw[at:at] = raw[at:to]
            case 2:
                raw[at:at] = draw.randbytes(draw.randint(1, 20))
            case 3:
                raw[at : at + 4] = draw.choice(SIZES)
            case 4:
                number = draw.choice(NUMBERS)
                raw = bytearray(re.sub(rb"\d+", number, bytes(raw), count=draw.randint(1, 3)))
            case 5:
                raw[at:at] = draw.choice(MARKS)
            case 6:
                raw = bytearray(bytes(raw).decode("utf-8", "replace").encode("utf-16"))
            case _:
                raw[at:at] = b"(" * draw.randint(1, 3000) if draw.random() < 0.1 else b"\n\n"
        if not raw:
            raw = bytearray(b"x")
    return bytes(raw[:100_000])


def test_there_are_ten_thousand() -> None:
    assert EACH * len(READERS) >= 10_000


@pytest.mark.parametrize("kind", READERS)
def test_each_is_read_or_refused_in_words(kind: str) -> None:
    seeds, read = READERS[kind]
    draw = random.Random(f"everyword {kind}")
    for seed in seeds:
        read(seed)
    outcomes = {True: 0, False: 0}
    for number in range(EACH):
        began = time.monotonic()
        outcomes[_is_read(read, broken(draw, seeds), f"{kind} {number}")] += 1
        assert time.monotonic() - began < LONGEST_S, (kind, number)
    assert all(outcomes.values()), "some are read, some are refused"


def _is_read(read: Callable[[bytes], object], raw: bytes, name: str) -> bool:
    try:
        read(raw)
    except EverywordError as error:
        said = error.message
    except Exception as error:
        error.add_note(f"{name}: {raw!r}")
        raise
    else:
        return True
    assert said.strip(), name
    assert "Traceback" not in said
    return False
