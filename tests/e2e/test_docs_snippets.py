"""The commands of the documentation, run as they stand, in order, on one archive with its server.

What a page takes from its reader (a recording, an id, an address) is put in; what cannot be run
here is in `NOT_RUN`, with the reason.
"""

import json
import re
import shlex
import subprocess
import time
import urllib.request
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from everyword_local.settings import SettingsFile
from ingest.testing.web import Web, serving
from support.clips import clip
from support.snippets import Snippet, snippets
from support.stack import Everyword, environment

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md", "docs/tutorial.md", "docs/guide.md", "docs/http.md", "docs/notifications.md",
    "docs/feeds.md", "docs/operations.md", "docs/better-transcripts.md", "docs/aws.md",
    "docs/move-from-podwhisperer.md",
)  # fmt: skip
KEY = "a-key-of-this-test-alone"

NOT_RUN = {
    r"models (fetch|path|remove)": "needs the network",
    r"--model small": "needs a model of 486 MB",
    r"engines install": "8 GB; CI does so in scripts/install-engines.sh",
    r"^hf ": "needs the hub, and somebody who accepted its terms",
    r"--follow$": "goes on until Ctrl-C",
    r"^(cd infra/aws|IMAGE=|docker |npx |aws |for bucket)": "needs an AWS account",
    r"cloudfront|DynamoKeyStore": "needs an AWS account",
    r"^(pipx|uv) ": "installs what is here; tests/test_deploy.py of the local composition does so",
    r"^make ": "sets up the repository itself; CI begins with it",
    r"^(\S*/)?everyword up": "the server that all the others talk to",
    r"--data \.demo": "needs the archive that `make demo` makes",
    r"^export API": "the address of this test's own server",
    r"^echo": "looks at the exit code of the command before, as the test does",
}
IDS = {
    "webhooks": ("webhooks list", "webhooks", "id"),
    "failed": ("failed list", "dead_letters", "dead_letter_id"),
    "feeds": ("feeds imports", "imports", "import_id"),
    "replays": ("replays list", "replays", "replay_id"),
}
EXIT_CODES = {"status nobody": 3, "add notes.mp3": 1, "replays pause": 1, "cancel first": 1}
MAY_BE_MISSING = {"period"}
"""Said of dated episodes, of which this archive has none with the word."""


@dataclass
class Reader:
    """Somebody who types in what the pages say."""

    everyword: Everyword
    url: str
    put_in: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    episodes: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.everyword.data.parent

    def follow(self, snippet: Snippet) -> None:
        if snippet.language == "python":
            exec(compile(self._put_in(snippet.text), snippet.where, "exec"), {})
        elif snippet.language == "toml":
            self._set(snippet.text)
        elif not any(re.search(pattern, snippet.text) for pattern in NOT_RUN):
            self._type(snippet)

    def _set(self, settings: str) -> None:
        """Read the settings as the program does; rules are put where this archive has them."""
        alone = self.folder / "shown.toml"
        alone.write_text(settings)
        SettingsFile(alone)
        if "[refine]" in settings:
            file = self.everyword.data / "everyword.toml"
            file.write_text(f"{file.read_text()}\n{settings}")

    def _type(self, snippet: Snippet) -> None:
        text = self._put_in(snippet.text)
        if text == "everyword failed list":
            self._lose_a_transcript()
        if text == "everyword replays list":
            self.everyword("replay", "--all", "--from", "TranscriptRefined", "--only", "search")
        self._wait_until_idle()
        text = self._with_its_id(text)
        if text.startswith("everyword "):
            done = self.everyword.run(*shlex.split(text)[1:])
        else:
            done = self._shell(text)
        expected = next((EXIT_CODES[part] for part in EXIT_CODES if part in text), 0)
        told = f"{snippet.where}: {text}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, told
        assert done.returncode == expected or "doctor" in text, told
        if "curl " in text:
            missing = _keys(snippet.shown) - _keys(done.stdout) - MAY_BE_MISSING
            assert not done.stdout or not missing, f"{told}\nnot in the answer: {missing}"
            self._learn(text, done.stdout)

    def _put_in(self, text: str) -> str:
        for placeholder, real in self.put_in.items():
            text = text.replace(placeholder, real)
        return text

    def _with_its_id(self, text: str) -> str:
        """Put in what a page calls ID: the first that the command's own list has."""
        group = text.split()[1] if text.startswith("everyword ") else ""
        if not re.search(r"\bID\b", text) or group not in IDS:
            return text
        listing, key, name = IDS[group]
        found = self.everyword.json(*listing.split())[key]
        return re.sub(r"\bID\b", found[0][name], text)

    def _shell(self, text: str) -> "subprocess.CompletedProcess[str]":
        if "Authorization" not in text:
            text = text.replace("curl ", 'curl -H "Authorization: Bearer $EVERYWORD_KEY" ')
        variables = {**self.variables, "API": self.url, "EVERYWORD_KEY": KEY}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env={**environment(), **variables},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def _learn(self, text: str, answer: str) -> None:
        """Keep what the page calls $ID, $URL and $EVENT_ID."""
        if "-X DELETE" in text and "/edits/" not in text:
            self.variables["ID"] = self.episodes[-1]
            return
        try:
            reply = json.loads(answer)
        except ValueError:
            return
        if "upload" in reply:
            self.episodes.append(reply["episode_id"])
        if reply.get("upload"):
            self.variables.setdefault("ID", reply["episode_id"])
            self.variables.setdefault("URL", reply["upload"]["url"])
        if "event_id" in reply:
            self.variables["EVENT_ID"] = reply["event_id"]

    def _lose_a_transcript(self) -> None:
        """Delete a file that the next run of captions needs."""
        episode = self.everyword.json("status", "tape1")["episode_id"]
        blobs = self.everyword.data / "blobs/episodes" / episode
        for file in blobs.glob("*/refine/transcript.*.json"):
            file.unlink()
        self.everyword("replay", "tape1", "--from", "TranscriptRefined", "--only", "captions")

    def _wait_until_idle(self) -> None:
        request = urllib.request.Request(
            f"{self.url}/v1/health", headers={"Authorization": f"Bearer {KEY}"}
        )
        until = time.monotonic() + 240
        while time.monotonic() < until:
            with urllib.request.urlopen(request, timeout=60) as answer:
                if not json.load(answer)["pending"]:
                    return
            time.sleep(0.1)
        pytest.fail("the server did not finish its work")


def _keys(text: str) -> set[str]:
    return set(re.findall(r'"(\w+)": ?', text))


VTT = """WEBVTT

00:00:00.000 --> 00:00:03.400
<v Ada>Welcome to the second episode. The storm took the boat.

00:00:03.500 --> 00:00:07.500
<v Ada>Everything runs on A W S near Mamino.

00:00:07.600 --> 00:00:11.000
<v Ben>Mr Mamino keeps it running at five per cent of the cost.
"""
SRT = "1\n00:00:00,000 --> 00:00:04,000\nBen: Tape one. The storm was loud.\n"
FEED = """<rss version="2.0"><channel><title>Island Voices</title>
<item><title>margaret</title><guid>1</guid></item></channel></rss>"""
FOLLOWED = """<rss version="2.0"><channel><title>Slow Radio</title><item><title>Ships</title>
<guid>2</guid><enclosure url="{audio}" type="audio/wav"/></item></channel></rss>"""
SETTINGS = """[transcribe]
engine = "pocketsphinx"
diarization = "off"
[ingest]
allow_private_addresses = true
"""


@pytest.fixture
def web() -> Iterator[Web]:
    """What the pages call example.org: a feed, its recording, and whoever is told."""
    with serving() as web:
        yield web


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody with a few recordings, transcripts and a running archive."""
    for folder in ("data", "recordings", "transcripts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "data/everyword.toml").write_text(SETTINGS)
    (tmp_path / "talk.vtt").write_text(VTT)
    (tmp_path / "talk.srt").write_text(SRT)
    (tmp_path / "tape12.srt").write_text(SRT)
    (tmp_path / "transcripts/tape1.srt").write_text(SRT)
    (tmp_path / "feed.xml").write_text(FEED)
    (tmp_path / "notes.mp3").write_text("not audio at all\n")
    segment = {"start": 0, "end": 2, "text": "The storm again"}
    (tmp_path / "whisperx.json").write_text(json.dumps({"language": "en", "segments": [segment]}))
    for number, name in enumerate(
        ("first.wav", "margaret.wav", "curl.wav", "tape12.wav", "recordings/tape1.wav")
    ):
        clip("archive.opus", tmp_path / name, start=4.0 * number, seconds=4.0)
    for name in ("spoken/tape.wav", "podwhisperer/tape.wav"):
        (tmp_path / name).parent.mkdir()
        clip("archive.opus", tmp_path / name, start=24.0, seconds=4.0)
    (tmp_path / "spoken/tape.txt").write_text("My father started the engine.")
    (tmp_path / "podwhisperer/tape.srt").write_text(SRT)
    _channels(tmp_path / "interview.wav", tmp_path / "first.wav", tmp_path / "curl.wav")
    everyword = Everyword(tmp_path / "data")
    with everyword.up(EVERYWORD_KEY=KEY) as (url, _server):
        yield Reader(everyword, url, {})


def _channels(to: Path, *each: Path) -> None:
    pieces = []
    for path in each:
        with wave.open(str(path)) as audio:
            pieces.append(np.frombuffer(audio.readframes(audio.getnframes()), dtype="<i2"))
    shortest = min(map(len, pieces))
    with wave.open(str(to), "wb") as out:
        out.setnchannels(len(pieces))
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(np.stack([piece[:shortest] for piece in pieces], axis=1).tobytes())


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not (which("curl") and which("jq")), reason="needs curl and jq")
def test_every_command_of_the_documentation_works(reader: Reader, web: Web) -> None:
    size = str((reader.folder / "curl.wav").stat().st_size)
    put_in = {
        "README.md": {"interview.mp3": "first.wav", "EPISODE": "first"},
        "http.md": {"margaret.wav": "curl.wav", "704444": size, '"at_s":5': '"at_s":1'},
        "better-transcripts.md": {
            "recordings": "spoken",
            "EPISODE": "first",
            "http://127.0.0.1:8080": reader.url,
            '"none"': f'"{KEY}"',
            "clip.mp3": str(reader.folder / "first.wav"),
        },
        "operations.md": {"EPISODE": "first"},
    }
    audio = web.file("/episodes/12.mp3", (reader.folder / "first.wav").read_bytes())
    web.file("/feed.xml", FOLLOWED.format(audio=audio).encode(), "application/rss+xml")
    for name in PAGES:
        page = ROOT / name
        reader.put_in = {
            "https://example.org": web.url,
            "https://example.com": web.url,
            **put_in.get(page.name, {}),
        }
        for snippet in snippets(page):
            reader.follow(snippet)


def test_every_reason_for_not_running_a_command_is_needed() -> None:
    texts = [snippet.text for name in PAGES for snippet in snippets(ROOT / name)]
    unneeded = [each for each in NOT_RUN if not any(re.search(each, text) for text in texts)]
    assert unneeded == []
