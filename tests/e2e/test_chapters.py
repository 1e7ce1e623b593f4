"""Episodes in an archive get chapters by the documented replays: of words, and of a model."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.stack import Everyword

pytestmark = pytest.mark.slow
TOPICS = (
    "The lighthouse keeper counted ships in every storm.",
    "Then the baker kneads flour and water for bread.",
)
LINES = 80
LINE_S = 5.0
TITLES = {0: "The lighthouse keeper", LINES: "Flour, water and bread"}
NO_CHAPTERS = "\n[captions]\nchapters = false\n"
MODEL = '\n[refine.model]\nprovider = "openai"\nmodel = "any"\nurl = "{url}"\n'


class Model(BaseHTTPRequestHandler):
    """Gives the chapters of `TITLES`, and one that begins where nothing does."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = json.loads(request["messages"][1]["content"])
        here = [line.get("idx") for line in asked["lines"]]
        chapters = [{"idx": idx, "title": TITLES[idx]} for idx in here if idx in TITLES]
        chapters.append({"idx": 9999, "title": "The end of bread"})
        said = json.dumps({"speakers": [], "updates": [], "chapters": chapters})
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        raw = json.dumps({"choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def model() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def talk(path: Path) -> Path:
    """Write a transcript of two topics in more than thirteen minutes."""
    segments = []
    for number in range(LINES * len(TOPICS)):
        text, at = TOPICS[number // LINES], number * LINE_S
        words = [
            {"word": word, "start": at + n * 0.4, "end": at + n * 0.4 + 0.3}
            for n, word in enumerate(text.split())
        ]
        segments.append({"start": at, "end": at + 4, "text": text, "words": words})
    path.write_text(json.dumps({"language": "en", "segments": segments}))
    return path


def chapters_of(everyword: Everyword, episode: str) -> Any:
    with everyword.up() as (url, _):
        return httpx.get(f"{url}/v1/episodes/{episode}/chapters.json", timeout=60)


def test_an_archive_from_before_there_were_any(
    everyword: Everyword, tmp_path: Path, model: str
) -> None:
    settings = everyword.data / "everyword.toml"
    before = settings.read_text() if settings.exists() else ""
    settings.write_text(before + NO_CHAPTERS)
    file = talk(tmp_path / "talk.json")
    episode = everyword.json("add", "--transcript", str(file), "--wait")["episode_id"]
    assert chapters_of(everyword, episode).status_code == httpx.codes.NOT_FOUND

    settings.write_text(before)
    only = ("--only", "captions")
    everyword("replay", "--all", "--from", "TranscriptRefined", *only, "--wait")
    made = chapters_of(everyword, episode).json()
    assert made["generated"] is True
    assert "pauses and topic words" in made["description"]
    assert [each["startTime"] for each in made["chapters"]] == [0, LINES * LINE_S]

    settings.write_text(before + MODEL.format(url=model))
    everyword("replay", "--all", "--from", "TranscriptReady", "--wait")
    made = chapters_of(everyword, episode).json()
    assert made["generated"] is True
    assert "language model" in made["description"]
    found = {each["startTime"]: each["title"] for each in made["chapters"]}
    assert found == {idx * LINE_S: title for idx, title in TITLES.items()}
