"""Our captions in a real browser: what `<track>` shows is what we wrote, and read ourselves."""

import base64
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from captions.adapters.sqlite import SqliteLatestCaptions
from captions.api import router
from captions.config import CaptionsSettings
from captions.domain.formats import TranscriptWriter
from captions.domain.parsers.vtt_file import parse_vtt
from captions.service import CaptionsService
from everyword_events import EpisodeInfo, Event, InvalidInput, TranscriptRefined, new_run_id
from everyword_http import create_application
from everyword_http.testing import listening
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import Segment, Speaker, Transcript, Word, write_transcript

pytestmark = pytest.mark.browser

READ_TRACKS = """async (files) => {
  const voices = (node, voice, found) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) found.push([child.data, voice]);
      else if (child.nodeType === Node.ELEMENT_NODE) {
        const named = child.localName === "span" && child.hasAttribute("title");
        voices(child, named ? child.getAttribute("title") : voice, found);
      }
    }
    return found;
  };
  const results = [];
  for (const file of files) {
    const video = document.createElement("video");
    const track = document.createElement("track");
    const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
    track.kind = "captions";
    track.src = URL.createObjectURL(new Blob([bytes], { type: "text/vtt" }));
    video.append(track);
    document.body.append(video);
    const loaded = new Promise((done) => {
      track.onload = () => done(true);
      track.onerror = () => done(false);
    });
    track.track.mode = "hidden";
    const accepted = await loaded;
    results.push(accepted && [...track.track.cues].map((cue) => ({
      start: Math.round(cue.startTime * 1000),
      end: Math.round(cue.endTime * 1000),
      raw: cue.text,
      shown: voices(cue.getCueAsHTML(), null, []),
    })));
    URL.revokeObjectURL(track.src);
    video.remove();
  }
  return results;
}"""

Shown = tuple[int, int, str, list[tuple[str, str | None]]]
Reader = Callable[[list[bytes]], list[list[Shown] | None]]


@pytest.fixture
def tracks(browser: Any) -> Iterator[Reader]:
    """Give each file to a `<track>`; return its cues, or None for a file it refuses."""
    page = browser.new_page()
    page.goto("about:blank")

    def read(files: list[bytes]) -> list[list[Shown] | None]:
        results = page.evaluate(READ_TRACKS, [base64.b64encode(file).decode() for file in files])
        return [
            None
            if cues is False
            else [(c["start"], c["end"], c["raw"], merged(c["shown"])) for c in cues]
            for cues in results
        ]

    yield read
    page.close()


def merged(runs: list[Any]) -> list[tuple[str, str | None]]:
    """Join neighbouring runs of one voice; Chromium leaves a voice's white space as it is."""
    found: list[tuple[str, str | None]] = []
    for text, voice in runs:
        voice = " ".join(voice.split()) or None if voice else None  # noqa: PLW2901
        if text and found and found[-1][1] == voice:
            found[-1] = found[-1][0] + text, voice
        elif text:
            found.append((text, voice))
    return found


def ours(file: bytes) -> list[Shown] | None:
    try:
        cues = parse_vtt(file)
    except InvalidInput:
        return None
    return [
        (c.start_ms, c.end_ms, c.raw, merged([(p.text, p.voice) for p in c.pieces])) for c in cues
    ]


def ordered(cues: list[Shown] | None) -> list[Shown] | None:
    """A browser lists cues by start, and of those that start together the longest first."""
    return cues and sorted(cues, key=lambda cue: (cue[0], -cue[1]))


HARD = [
    "-->", "&amp;", "AT&T", "<v", "</v>", "<b>bold</b>", "1 < 2", "00:00:01.000", "NOTE", "STYLE",
    "WEBVTT", "שלום", "עולם.", "مرحبا", "日本語", "👩‍🚀", "e\u0301", "\u200b", "\x00", "a\u2028b",
    "don't", "...", "?!", "&#65;", "&notit;", "\ufeff", "\u202e",
]  # fmt: skip
PLAIN = [
    "we",
    "kept",
    "the",
    "light",
    "all",
    "winter,",
    "and",
    "nobody",
    "came.",
    "It",
    "was",
    "quiet",
    "then,",
    "so",
    "quiet",
]


def talk(seed: int) -> Transcript:
    dice = random.Random(seed)
    clock, segments = 0.0, []
    for at in range(40):
        label = f"S{at % 3}"
        words = []
        for _ in range(dice.randint(1, 14)):
            text = dice.choice(HARD if dice.random() < 0.4 else PLAIN)
            words.append(Word(text, clock, clock + 0.3, None, label))
            clock += dice.choice([0.0, 0.31, 0.33333, 1.9996])
        clock += dice.choice([0.0, 0.2, 1.0])
        segments.append(Segment.of(words, speaker=label, language="en"))
    speakers = (Speaker("S0", "Ada"), Speaker("S1", "<b>A & B</b>"), Speaker("S2", "--> \u2028x"))
    return Transcript("en", clock + 5, tuple(segments), speakers)


def test_the_browser_shows_the_cues_we_wrote(tracks: Reader) -> None:
    scripts = [TranscriptWriter(talk(seed)) for seed in range(8)]
    for name in ("vtt", "karaoke-vtt"):
        for script, shown in zip(
            scripts, tracks([script.write(name) for script in scripts]), strict=True
        ):
            assert shown is not None
            cues = script.captions.cues
            assert len(shown) == len(cues) > 20
            meant = sorted(((c.start_ms, c.end_ms, c.text) for c in cues), key=lambda c: c[:2])
            seen = [(a, b, "".join(text for text, _ in runs)) for a, b, _, runs in shown]
            assert sorted(seen, key=lambda c: c[:2]) == meant
            names = {voice for _, _, _, runs in shown for text, voice in runs if text.strip()}
            assert names == {"Ada", "<b>A & B</b>", "--> x"}


def test_silence_is_a_track_without_cues(tracks: Reader) -> None:
    assert tracks([TranscriptWriter(Transcript("en", 10.0)).write("vtt")]) == [[]]


PARTS = (
    ["\n"] * 6
    + ["00:00.000 --> 00:01.000", "00:00:01.500 --> 00:00:02.000", "00:01.000-->00:02.000"] * 3
    + [
        "WEBVTT", "1:00:00.000 --> 100:00:00.000", "61:00.000 --> 62:00.000", "00:60.000 --> 1",
        "00:00.00 --> 00:01.000", "  00:03.000\t-->\f00:04.000 align:start", "-->", "x --> y",
        "00:05.000 --> 00:06.000line:0", "00:00.000 -> 00:01.000", "\r", "\r\n", "NOTE", "STYLE",
        "REGION", "id", "1", "Hello", "<v Bob>", "<v Ada &amp; B>", "<v.loud Fred  X\t>", "</v>",
        "<b>", "</b>", "<i.a.b>", "</i>", "<c>", "</c>", "<ruby>", "<rt>", "</rt>", "</ruby>",
        "<lang en>", "</lang>", "<00:00:00.500>", "<00:00.700>", "<0:1>", "<", "</", "<.x>",
        "< a>", "<>", ">", "&", "&amp;", "&amp", "&lt;", "&gt;", "&nbsp;", "&#65;", "&#x41",
        "&#0;", "&#128;", "&#xD800;", "&#x110000;", "&#1;", "&;", "&#;", "&#x;", "&notit;",
        "&notin;", "&bogus;", "&CounterClockwiseContourIntegral;", "\0", "\ufeff", "å日🙂", " ",
        "\t", "\f", "\u200f", "::cue{}", "world", "&lrm;", "\x1f", "\xa0",
    ]
)  # fmt: skip


HEADS = ["WEBVTT\n\n", "WEBVTT\n\n", "WEBVTT\n", "\ufeffWEBVTT x\r\n\r\n", "WEBVTT", ""]


def any_file(dice: random.Random) -> bytes:
    head = dice.choice(
        ["WEBVTT\n\n", "WEBVTT\n\n", "WEBVTT\n", "\ufeffWEBVTT x\r\n\r\n", "WEBVTT", ""]
    )
    body = "".join(
        dice.choice(PARTS) + ("\n" if dice.random() < 0.25 else "")
        for _ in range(dice.randint(0, 30))
    )
    raw = bytearray((head + body).encode())
    if dice.random() < 0.05:
        raw.insert(dice.randint(0, len(raw)), dice.randint(128, 255))
    return bytes(raw)


def test_our_parser_takes_any_file_as_the_browser_does(tracks: Reader) -> None:
    dice = random.Random(20260101)
    files = [any_file(dice) for _ in range(600)]
    shown = tracks(files)
    for file, seen in zip(files, shown, strict=True):
        assert ordered(ours(file)) == ordered(seen), file
    assert sum(len(seen or ()) for seen in shown) > 100
    assert None in shown


@contextmanager
def served(folder: Path) -> Iterator[tuple[CaptionsService, DirectoryBlobStore, str]]:
    blobs = DirectoryBlobStore(folder / "blobs")
    service = CaptionsService(
        blobs, lambda _: CaptionsSettings(), SqliteLatestCaptions(folder / "captions.sqlite3")
    )
    with listening(create_application("test", "0", [router(service)])) as url:
        yield service, blobs, url


@contextmanager
def another_site(folder: Path) -> Iterator[str]:
    site = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))
    )
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_address[1]}/"
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


def test_a_page_of_another_origin_may_show_our_captions(browser: Any, tmp_path: Path) -> None:
    with served(tmp_path) as (service, blobs, origin):
        episode_id, run_id = new_run_id(), new_run_id()
        spoken = talk(1)
        ref = blobs.put(
            f"episodes/{episode_id}/{run_id}/refined.json",
            write_transcript(spoken),
            media_type="application/json",
        )
        service.handle(
            Event.first(
                "refine",
                TranscriptRefined(
                    episode=EpisodeInfo(title="One", as_of=datetime.now(UTC)),
                    transcript=ref,
                    language="en",
                    duration_s=spoken.duration_s,
                    words=spoken.n_words(),
                ),
                episode_id=episode_id,
                run_id=run_id,
            )
        )
        (tmp_path / "show").mkdir()
        (tmp_path / "show" / "index.html").write_text(
            f'<video crossorigin><track default src="{origin}/v1/episodes/{episode_id}'
            '/transcript.vtt"></video>',
            encoding="utf-8",
        )
        with another_site(tmp_path / "show") as address:
            page = browser.new_page()
            page.goto(address)
            page.wait_for_function("document.querySelector('track').readyState >= 2")
            count = page.evaluate("document.querySelector('track').track.cues.length")
            page.close()
    assert count == len(TranscriptWriter(spoken).captions.cues)
