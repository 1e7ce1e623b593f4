"""Captions: how long they take and how good they are: `python benchmarks/caption_files.py`.

Every time is the median of N runs, of the process's own CPU, the rows of one run measured in turn.
The yardstick is parsing and writing the same transcript with Python's own json, in the same run.
Speech is simulated from texts in the public domain (word lengths, pauses at punctuation, seeded);
the two sample episodes are there with their true times.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from captions.config import CaptionsSettings
from captions.domain.cue_building import build_cues
from captions.domain.cues import Captions, Cue, CueLine
from captions.domain.file_formats import FORMATS
from captions.domain.limits import PROFILES, CueLimits
from captions.domain.quality import CaptionQuality, measure
from captions.domain.tracks import separator, shown_speakers, tracks
from captions.standalone import transcript_writer
from everyword_transcripts import Segment, Transcript, Word, read_transcript, write_transcript

TEXT = Path(__file__).parent / "texts" / "public_domain.txt"
FAST = ("vtt", "srt", "json")


def turns() -> list[str]:
    """Return the paragraphs to speak."""
    paragraphs = TEXT.read_text(encoding="utf-8").split("\n\n")
    return [" ".join(text.split()) for text in paragraphs if not text.startswith("#")]


def speak(n_words: int, words_per_minute: float, seed: int = 1) -> Transcript:
    """Speak the texts again and again by two voices, until `n_words` are said."""
    dice = random.Random(seed)
    paragraphs = turns()
    letter_s = 60.0 / words_per_minute / 7.6
    clock, said, segments = 0.5, 0, []
    while said < n_words:
        for number, paragraph in enumerate(paragraphs):
            words: list[Word] = []
            for text in paragraph.split()[: n_words - said]:
                length = letter_s * (1.6 + len(text)) * dice.uniform(0.8, 1.2)
                words.append(Word(text, clock, clock + length, 0.9, f"SPEAKER_0{number % 2}"))
                clock += length + pause_after(text, dice)
                if text[-1] in '.?!"' and len(words) > 4:
                    segments.append(Segment.of(words, speaker=words[0].speaker, language="en"))
                    said, words = said + len(words), []
            if words:
                segments.append(Segment.of(words, speaker=words[0].speaker, language="en"))
                said += len(words)
            clock += dice.uniform(0.1, 0.8)
    return Transcript("en", clock, tuple(segments))


def pause_after(text: str, dice: random.Random) -> float:
    """Return seconds of silence: a breath at a sentence's end, less at a comma, now and then."""
    if text.rstrip('"')[-1] in ".?!":
        return dice.uniform(0.25, 0.9)
    if text[-1] in ",;:":
        return dice.uniform(0.05, 0.4)
    return dice.uniform(0.3, 1.2) if dice.random() < 0.02 else 0.0


def one_segment(transcript: Transcript) -> Transcript:
    """Return the same words in a single segment of one voice."""
    words = [word.with_speaker("SPEAKER_00") for word in transcript.words()]
    return transcript.with_segments([Segment.of(words, speaker="SPEAKER_00", language="en")])


def samples() -> list[tuple[str, Transcript]]:
    """Return the sample episodes, as truly spoken."""
    found = []
    for name in ("archive", "interview"):
        path = files("everyword_local").joinpath("samples", f"{name}.json")
        truth = json.loads(path.read_text(encoding="utf-8"))
        segments = []
        for sentence in truth["sentences"]:
            spoken = zip(sentence["text"].split(), sentence["words"], strict=True)
            words = [{**word, "word": shown} for shown, word in spoken]
            segments.append({"speaker": sentence["speaker"], "words": words})
        form = {"language": "en", "duration_s": truth["duration_s"], "segments": segments}
        found.append((f"sample: {name}", read_transcript(form)))
    return found


def greedy(transcript: Transcript, limits: CueLimits) -> Captions:
    """Cut cues as simple captioners do: fill the line, fill the cue, start anew."""
    cues: list[Cue] = []
    for track in tracks(transcript, limits):
        lines: list[list[int]] = []

        def close(lines: list[list[int]] = lines, track: object = track) -> None:
            if lines:
                made = tuple(
                    CueLine(
                        " ".join(track.words[at] for at in line),
                        track.speakers[line[0]],
                        tuple(track.words[at] for at in line),
                        tuple(track.starts[at] for at in line),
                    )
                    for line in lines
                )
                start, end = track.starts[lines[0][0]], track.ends[lines[-1][-1]]
                if cues and cues[-1].end_ms > start:
                    cues[-1] = cues[-1]._replace(end_ms=start)
                cues.append(Cue(start, max(end, start + limits.min_ms), made))
                lines.clear()

        for at, word in enumerate(track.words):
            begins = at == 0 or track.speakers[at] != track.speakers[at - 1]
            pause = at > 0 and track.starts[at] - track.ends[at - 1] > 1000
            late = bool(lines) and track.ends[at] - track.starts[lines[0][0]] > limits.max_ms
            if begins or pause or late:
                close()
            width = sum(track.widths[n] + 1 for n in lines[-1]) if lines else 0
            if not lines or width + track.widths[at] > limits.max_line_chars:
                if len(lines) == limits.max_lines:
                    close()
                lines.append([])
            lines[-1].append(at)
            assert word
        close()
    return Captions(cues, separator(transcript), shown_speakers(transcript), limits.max_line_chars)


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the CPU time `work` takes, in milliseconds."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def step(raw: bytes, names: tuple[str, ...]) -> None:
    """Do what the service does: read the transcript, write the named formats."""
    script = transcript_writer(read_transcript(raw), CaptionsSettings(), title="Benchmark")
    for name in names:
        script.write(name)


def report_times(runs: int) -> None:
    """Print medians for an hour, ten hours, and an hour in one segment."""
    hour = speak(10_000, 165)
    inputs = {
        "10,000 words": write_transcript(hour),
        "10,000 in one segment": write_transcript(one_segment(hour)),
        "100,000 words": write_transcript(speak(100_000, 165)),
    }
    rows: dict[str, Callable[[bytes], object]] = {
        "json module, read and write (yardstick)": lambda raw: json.dumps(json.loads(raw)),
        "read transcript": read_transcript,
        "read, cut, write VTT SRT JSON": lambda raw: step(raw, FAST),
        "read, cut, write all formats": lambda raw: step(raw, tuple(FORMATS)),
    }
    print(f"\nCPU ms, median of {runs} (ratio to the yardstick)")
    for title, raw in inputs.items():
        times: dict[str, list[float]] = {row: [] for row in rows}
        for _ in range(runs):
            for row, work in rows.items():
                times[row].append(cpu_ms(lambda work=work, raw=raw: work(raw)))
        medians = {row: statistics.median(taken) for row, taken in times.items()}
        yardstick = next(iter(medians.values()))
        print(f"  {title}")
        for row, median in medians.items():
            print(f"    {row:42} {median:8.1f}  ({median / yardstick:.2f})")


def report_quality() -> None:
    """Print cue quality beside the greedy baseline's, for each profile."""
    talks = samples() + [
        (f"texts at {speed} words a minute", speak(10_000, speed, seed))
        for seed, speed in enumerate((140, 165, 190))
    ]
    for profile, limits in PROFILES.items():
        print(f"\nProfile {profile}: shares in %, ours / greedy")
        print(f"  {'':32}{'cues':>12}{'within all':>15}{'speed':>15}{'duration':>15}", end="")
        print(f"{'at a phrase':>15}{'inside one':>15}")
        for title, talk in talks:
            ours = measure(build_cues(talk, limits), limits, "en")
            plain = measure(greedy(talk, limits), limits, "en")
            print(f"  {title:32}{f'{ours.cues} / {plain.cues}':>12}", end="")
            for share in (
                lambda q: q.within_all,
                lambda q: q.within_speed,
                lambda q: q.within_duration,
                lambda q: q.at_phrase,
                lambda q: q.inside_phrase,
            ):
                print(f"{pair(share, ours, plain):>15}", end="")
            print()


def pair(
    share: Callable[[CaptionQuality], float], ours: CaptionQuality, plain: CaptionQuality
) -> str:
    """Return both shares in per cent."""
    return f"{100 * share(ours):.1f} / {100 * share(plain):.1f}"


def main() -> None:
    """Measure, and print a report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    report_quality()
    report_times(arguments.runs)


if __name__ == "__main__":
    main()
