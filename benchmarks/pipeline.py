"""Everything but recognition for one episode, and a long queue: `python benchmarks/pipeline.py`.

An imported transcript goes through refine (25 rules), captions (every format) and the index in one
process, handler by handler, with SQLite and the blob folder on this disk. CPU seconds are those of
this process; the yardstick of the same run is Python's own json reading and writing the transcript
twice. The queue: episodes are announced faster than they are worked on, and the growth of this
process's resident memory over the whole backlog is printed.
"""

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from running import generated

from captions.standalone import render_files
from everyword_events import Event, Handler
from everyword_local.composition import DISPATCHER, Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile, read_settings
from everyword_transcripts import Segment, Transcript, read_transcript, write_transcript
from ingest.domain import NewEpisode
from refine.standalone import refine_transcript

WORDS = 10_000
RULES = 25
MIB = 1024 * 1024


def settings_file(folder: Path) -> Path:
    """Write an everyword.toml with 25 replacement rules."""
    path = folder / "everyword.toml"
    rules = [
        f'[[refine.replacements]]\nfrom = "w{n} w{n + 1}"\nto = "W{n}{n + 1}"\n'
        for n in range(RULES)
    ]
    path.write_text("\n".join(rules))
    return path


def cpu_s(work: Callable[[], object]) -> float:
    """Return the processor seconds that the work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def one_hour(runs: int) -> None:
    """Print the CPU seconds of each step for a 10,000-word transcript."""
    draw = random.Random(1)
    steps: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = DataFolder(Path(scratch))
        with Composition(folder, SettingsFile(settings_file(folder.root))) as composition:
            for run in range(runs + 1):
                transcript = write_transcript(generated(WORDS, draw))
                took = {"json (yardstick)": cpu_s(lambda t=transcript: twice(t))}
                new = NewEpisode(title=f"hour {run}")
                took["ingest"] = cpu_s(
                    lambda t=transcript, n=new: composition.ingest.import_transcript(t, n)
                )
                event = last(composition, "TranscriptReady")
                for name in ("refine", "captions", "search"):
                    took[name], caused = worked(composition.handler(name), event)
                    composition.bus.append(caused)
                    if name == "refine":
                        (event,) = caused
                if run:  # the first warms up
                    for step, seconds in took.items():
                        steps.setdefault(step, []).append(seconds)
    work = [step for step in steps if "yardstick" not in step]
    print(f"one episode of {WORDS:,} words, {RULES} rules, CPU seconds, median of {runs} runs")
    for step, seconds in steps.items():
        print(f"  {step:<18} {statistics.median(seconds):8.3f}")
    sums = [sum(steps[step][run] for step in work) for run in range(runs)]
    yardstick = statistics.median(steps["json (yardstick)"])
    total = statistics.median(sums)
    print(f"  {'all but speech':<18} {total:8.3f}  ({total / yardstick:.1f} x the yardstick)")


def one_segment(transcript: Transcript) -> Transcript:
    """Return the same words in a single segment."""
    words = list(transcript.words())
    return transcript.with_segments([Segment.of(words, speaker="SPEAKER_00", language="en")])


def text_chain(title: str, transcript: Transcript, runs: int) -> None:
    """Print the CPU milliseconds of rules, normalization and three caption formats, JSON between.

    Read the recognised JSON, refine (25 rules), write JSON, read it again, write VTT, SRT and JSON.
    """
    raw = write_transcript(transcript)
    with tempfile.TemporaryDirectory() as scratch:
        settings, _ = read_settings(settings_file(Path(scratch)))

    def chain() -> None:
        refined, _ = refine_transcript(read_transcript(raw), settings.refine)
        again = read_transcript(write_transcript(refined))
        render_files(again, ["vtt", "srt", "json"], settings.captions, stem="hour")

    chain()
    took = statistics.median(cpu_s(chain) for _ in range(runs)) * 1000
    yardstick = statistics.median(cpu_s(lambda: twice(raw)) for _ in range(runs)) * 1000
    print(
        f"{title}, {RULES} rules, normalization, VTT + SRT + JSON: "
        f"{took:.0f} ms CPU ({took / yardstick:.1f} x the yardstick of {yardstick:.0f} ms)"
    )


def worked(handler: Handler, event: Event) -> tuple[float, Sequence[Event]]:
    """Return the processor seconds a handler takes for an event, and the events it causes."""
    began = time.process_time()
    caused = handler(event)
    return time.process_time() - began, caused


def last(composition: Composition, kind: str) -> Event:
    """Return the newest event of a type in the journal."""
    return list(composition.bus.scan(types=[kind]))[-1].event


def twice(raw: bytes) -> None:
    """Read and write a transcript twice with the standard library, as two services would."""
    for _ in range(2):
        json.dumps(json.loads(raw))


def long_queue(episodes: int) -> None:
    """Print how memory grows while a backlog of episodes is worked off."""
    draw = random.Random(2)
    with tempfile.TemporaryDirectory() as scratch:
        folder = DataFolder(Path(scratch))
        with Composition(folder, SettingsFile(None)) as composition:
            for number in range(episodes):
                transcript = write_transcript(generated(60, draw))
                composition.ingest.import_transcript(
                    transcript, NewEpisode(title=f"short {number}")
                )
            process = psutil.Process()
            stop = threading.Event()
            dispatcher = threading.Thread(target=composition.run, args=(DISPATCHER, stop))
            began = time.monotonic()
            dispatcher.start()
            seen = [process.memory_info().rss / MIB]
            while sum(depth.unfinished for depth in composition.bus.pending().values()):
                time.sleep(0.5)
                seen.append(process.memory_info().rss / MIB)
            took_s = time.monotonic() - began
            stop.set()
            dispatcher.join()
    fifth = max(1, len(seen) // 5)
    early = statistics.median(seen[fifth : 2 * fifth] or seen)  # one sample where it went at once
    late = statistics.median(seen[-fifth:])
    print(f"{episodes:,} queued episodes worked off in {took_s:.1f} s ({episodes / took_s:.0f}/s)")
    print(f"  resident memory: {early:.0f} MiB early on, {late:.0f} MiB at the end")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--episodes", type=int, default=1000)
    chosen = parser.parse_args()
    one_hour(chosen.runs)
    for words in (WORDS, 10 * WORDS):
        text_chain(f"{words:,} words", generated(words, random.Random(3)), chosen.runs)
    long = one_segment(generated(WORDS, random.Random(3)))
    text_chain(f"{WORDS:,} words in one segment", long, chosen.runs)
    long_queue(chosen.episodes)


if __name__ == "__main__":
    main()
