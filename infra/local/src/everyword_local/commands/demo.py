"""`everyword demo`: two bundled episodes through the whole pipeline, over HTTP."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from everyword_events import EverywordError, Misconfigured, TransientFailure
from everyword_local.client import Api, Json
from everyword_local.commands.archive import FORMATS, LEAST_SAID_S
from everyword_local.commands.context import CommandContext
from everyword_local.commands.watching import tenth
from everyword_local.data_folder import FILE_NAME
from everyword_local.output import Output, clock, counted
from everyword_local.settings_reading import read_section
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.standalone import announced_engine, model_library

SAMPLES = ("interview", "archive")
AUTO = "auto"
LANGUAGE = "en"
MODEL = "tiny.en"
"""What `auto` takes for English: 75 MB, and five times faster than speech on one core."""
DRAFT_ENGINE = "pocketsphinx"
PHRASE = '"the lighthouse keeper"'
RULE = """
[[refine.replacements]]
kind = "literal"
from = "fog horn"
to = "foghorn"
"""
RULED_WORD = "foghorn"
SETTINGS = """# Made by `everyword demo`.
[transcribe]
engine = "{engine}"
"""
MARK = "demo.json"
START_TIMEOUT_S = 60
EPISODE_TIMEOUT_S = 600
CAPTION_LINES = 2


def engine_of_settings(context: CommandContext) -> str:
    """Return the engine that everyword.toml names; not the one that the last demo wrote there."""
    if context.config is None and context.chosen_data is not None:
        here = Path(FILE_NAME)
        if not here.exists():
            return AUTO
        return read_section(here, "transcribe", TranscribeSettings, "").engine
    return context.section("transcribe", TranscribeSettings).engine


class Demo:
    """The main job on real input, told step by step; every step's duration is printed.

    Raises:
        Misconfigured: the folder holds something that no demo made.
        EverywordError: a step did not end as it must.
    """

    def __init__(self, output: Output, folder: Path, *, engine: str, keep: bool, key: str) -> None:
        self._output = output
        self._folder = folder
        self._engine = engine
        self._keep = keep
        self._key = key
        self._steps: dict[str, float] = {}

    def run(self) -> Json:
        """Run all steps and return what they found."""
        self._clean()
        if self._engine == AUTO:
            with self._step("speech model"):
                self._engine = self._engine_with_a_model()
        self._write_settings()
        with self._step("start"), contextlib.ExitStack() as stack:
            api = stack.enter_context(self._server())
            running = stack.pop_all()
        with running:
            return self._story(api)

    def _story(self, api: Api) -> Json:
        samples = {name: json.loads(_sample(f"{name}.json").read_text()) for name in SAMPLES}
        self._say(f"Everyword runs at {api.url}, its data lies in {self._folder}")
        self._say(announced_engine(TranscribeSettings(engine=self._engine, language=LANGUAGE)))
        with self._step("upload"):
            ids = {name: self._upload(api, about) for name, about in samples.items()}
        with self._step("transcribe, refine, caption, index"):
            episodes = [self._until_ready(api, each) for each in ids.values()]
        for name, episode in zip(ids, episodes, strict=True):
            self._describe(api, name, episode)
        with self._step("search"):
            found = self._search(api, PHRASE, at_least=2)
        with self._step("replay with a changed rule"):
            replayed = self._replay(api, ids["archive"])
        self._say("")
        for step, seconds in self._steps.items():
            self._say(f"{seconds:8.2f} s  {step}")
        self._say(f"{sum(self._steps.values()):8.2f} s  in all")
        self._say("")
        self._say(f"Look around: everyword --data {self._folder} up")
        return {
            "episodes": episodes,
            "search": found,
            "replayed": replayed,
            "steps_s": self._steps,
            "data": str(self._folder),
        }

    def _clean(self) -> None:
        mark = self._folder / MARK
        if self._folder.is_dir() and any(self._folder.iterdir()):
            if not mark.exists():
                raise Misconfigured(
                    f"{self._folder} holds something that no demo made",
                    hint="choose another folder with --data",
                    code="data_not_demo",
                )
            if not self._keep:
                shutil.rmtree(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        mark.write_text("{}")

    def _write_settings(self) -> None:
        (self._folder / "everyword.toml").write_text(SETTINGS.format(engine=self._engine))

    def _engine_with_a_model(self) -> str:
        """Fetch a speech model, or say plainly that the demo does without one."""
        with self._output.progress() as bars:
            bar = bars.add_task(f"fetch the speech model {MODEL}", total=1.0)

            def report(_: str, fraction: float, __: float | None) -> None:
                bars.update(bar, completed=fraction)

            try:
                found = model_library().fetch(MODEL, report=report)
            except EngineUnavailable as error:
                self._say(f"{error.message} - {error.hint}")
                self._say(
                    f"This demo uses {DRAFT_ENGINE}: draft quality, about one word in five wrong."
                )
                return DRAFT_ENGINE
        self._say(f"Speech model {found.name} in {found.path}")
        return AUTO

    @contextlib.contextmanager
    def _server(self) -> Iterator[Api]:
        command = [sys.executable, "-m", "everyword_local", "--data", str(self._folder)]
        with subprocess.Popen(  # noqa: S603 - this very program
            [*command, "--json", "--quiet", "up", "--port", "0"], stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stdout is not None
                said = server.stdout.readline()
                if not said:
                    raise TransientFailure("the stack did not start", code="start_failed")
                yield Api(json.loads(said)["url"], key=self._key)
            finally:
                server.terminate()
                server.wait()

    def _upload(self, api: Api, about: Json) -> str:
        audio = _sample(about["audio"])
        announced = api.post(
            "/v1/episodes",
            {
                "title": about["title"],
                "show": about["show"],
                "published_at": about["published_at"],
                "language": about["language"],
                "channels": about["channels"],
                "filename": audio.name,
                "media_type": "audio/ogg",
                "bytes": audio.stat().st_size,
            },
        )
        api.upload(announced, audio)
        return str(announced["episode_id"])

    def _until_ready(self, api: Api, episode_id: str) -> Json:
        deadline = time.monotonic() + EPISODE_TIMEOUT_S
        said = ""
        with self._output.progress() as bars:
            bar = bars.add_task("…", total=1.0)
            while time.monotonic() < deadline:
                episode = api.get(f"/v1/episodes/{episode_id}")
                state, progress = episode["state"], episode["progress"] or {}
                fraction = progress.get("fraction") or 0.0
                bars.update(bar, description=f"{episode['title']}: {state}", completed=fraction)
                line = f"{episode['title']}: {state}{tenth(episode)}"
                if line != said and not self._output.is_terminal:
                    self._output.note(line)
                    said = line
                if state == "ready":
                    return episode
                if state == "failed":
                    error = episode["error"]
                    raise EverywordError(error["message"], hint=error["hint"], code=error["code"])
                time.sleep(0.3)
        raise TransientFailure(f"{episode_id} took over {EPISODE_TIMEOUT_S} s", code="too_slow")

    def _describe(self, api: Api, name: str, episode: Json) -> None:
        self._say("")
        engine = episode["engine"]
        self._say(
            f"{episode['show']}: {episode['title']} ({clock(episode['duration_s'])}, "
            f"recognised by {engine['name']})"
        )
        steps = episode["timings"].items()
        said = ", ".join(f"{step} {took:.2f} s" for step, took in steps if took >= LEAST_SAID_S)
        self._say(f"  steps: {said}")
        for suffix in FORMATS.values():
            file = self._folder / "out" / f"{name}{suffix}"
            file.parent.mkdir(exist_ok=True)
            path = f"/v1/episodes/{episode['episode_id']}/transcript{suffix}"
            file.write_bytes(api.get_bytes(path))
        self._say(f"  captions and transcripts: {self._folder / 'out' / name}.*")

    def _search(self, api: Api, query: str, *, at_least: int) -> Json:
        found = api.get("/v1/search", q=query)
        self._say("")
        self._say(
            f"{query}: {counted(found['hits'], 'time')} in {counted(found['episodes'], 'episode')}"
        )
        for episode in found["results"]:
            for moment in episode["moments"]:
                words = " ".join(
                    f"[{w['text']}]" if w["match"] else w["text"] for w in moment["snippet"]
                )
                speaker = f", {moment['speaker']}" if moment["speaker"] else ""
                self._say(f"  {clock(moment['start']):>8}  {episode['title']}{speaker}: {words}")
        if found["hits"] < at_least:
            raise EverywordError(
                f"{query} was found {counted(found['hits'], 'time')}", code="demo_not_found"
            )
        return found

    def _replay(self, api: Api, episode_id: str) -> Json:
        before = self._caption(api, episode_id, "fog horn")
        with (self._folder / "everyword.toml").open("a") as settings:
            settings.write(RULE)
        run = api.get(f"/v1/episodes/{episode_id}")["run_id"]
        request = {"from": "TranscriptReady", "reason": "a rule was added: fog horn -> foghorn"}
        api.post(f"/v1/episodes/{episode_id}/replays", request)
        while (episode := self._until_ready(api, episode_id))["run_id"] == run:
            time.sleep(0.1)
        after = self._caption(api, episode_id, RULED_WORD)
        self._say("")
        self._say(f"Replayed {episode['title']} from TranscriptReady with a rule added:")
        self._say(f"  before: {before}")
        self._say(f"  after:  {after}")
        self._search(api, RULED_WORD, at_least=1)
        return {"before": before, "after": after}

    def _caption(self, api: Api, episode_id: str, phrase: str) -> str:
        """Return the first caption cue of the latest captions that holds the phrase."""
        captions = api.get_bytes(f"/v1/episodes/{episode_id}/transcript.vtt").decode()
        for cue in captions.split("\n\n")[1:]:
            text = " ".join(cue.splitlines()[CAPTION_LINES - 1 :])
            if phrase in text.lower():
                return " | ".join(cue.splitlines())
        raise EverywordError(f"no caption says {phrase!r}", code="demo_no_caption")

    def _say(self, line: str) -> None:
        if self._output.as_json:
            self._output.note(line)
        else:
            self._output.result({}, [line])

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._steps[name] = time.monotonic() - began


def _sample(name: str) -> Path:
    return Path(str(files("everyword_local") / "samples" / name))
