"""Refinement of long transcripts: `python benchmarks/refine_transcripts.py [--runs N]`.

25 replacement rules, a glossary, and normalization, reading and writing transcript JSON around it,
in one process. The yardstick, measured in turn with the rows: Python's own json reading and writing
the same file, and nothing else. All is processor time: one thread, nothing waited for.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from everyword_transcripts import Segment, Transcript, Word, read_transcript, write_transcript
from refine.config import RefineSettings
from refine.evaluation import evaluate
from refine.standalone import refine_transcript

LITERALS = {
    "the house": "the House",
    "old sea": "Old Sea",
    "mister": "Mr",
    "a w s": "AWS",
    "him self": "himself",
    "again": "",
    "harbour": "harbor",
} | {f"phrase number {i}": f"Phrase {i}" for i in range(11)}
PATTERNS = {
    r"(\w+) per cent": r"\1%",
    r"\b(\w+) \1\b": r"\1",
    r"\bgeneral (\w+)": r"General \1",
    r"(\d+) dollars": r"$\1",
    r"colou?r": "color",
    r"\bmisses\b": "Mrs",
    r"\bthree\b": "3",
}
SETTINGS = RefineSettings.model_validate(
    {
        "replacements": [{"from": old, "to": new} for old, new in LITERALS.items()]
        + [{"kind": "regex", "from": old, "to": new} for old, new in PATTERNS.items()],
        "glossary": ["Mammino", "Kubernetes", {"term": "kubectl", "heard": ["cube cuttle"]}],
    }
)
SPOKEN = """
the of and to a in that is was he for it with as his on be at by had not are but from or have an
they which one you were all her she there would their we him been has when who will no more if out
so up said what its about than into them can only other time new some could these two may first
then do any like my now over such our man me even most made after also did many off house old sea
harbour mister a w s again general per cent colour three himself boat winter
"""


def transcript(words: int, per_segment: int) -> bytes:
    """Return the JSON of invented speech: two speakers in turn, a sentence a segment."""
    chance = random.Random(7)
    vocabulary = SPOKEN.split()
    segments: list[Segment] = []
    at, said = 0.0, 0
    while said < words:
        spoken: list[Word] = []
        speaker = f"SPEAKER_0{len(segments) // 3 % 2}"
        count = min(per_segment, words - said)
        for index in range(count):
            text = chance.choice(vocabulary)
            end = at + 0.05 * len(text) + 0.1
            text = text.capitalize() if index % 12 == 0 else text
            text += "." if index % 12 == 11 or index == count - 1 else ""
            spoken.append(Word(text, round(at, 3), round(end, 3), 0.9, speaker))
            at = end + 0.1 * chance.random()
        segments.append(Segment.of(spoken, speaker=speaker, language="en"))
        said += count
        at += 0.5
    return write_transcript(Transcript("en", round(at, 3), tuple(segments)))


def json_alone(raw: bytes) -> None:
    """Read and write the file without looking at it."""
    json.dumps(json.loads(raw)).encode()


def refined(raw: bytes) -> None:
    """Read, refine and write."""
    result, _ = refine_transcript(read_transcript(raw), SETTINGS)
    write_transcript(result)


def seconds(work: Callable[[bytes], Any], raw: bytes) -> float:
    """Return the processor time that `work` takes."""
    started = time.process_time()
    work(raw)
    return time.process_time() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    inputs = {
        "10,000 words": transcript(10_000, 12),
        "10,000 words in one segment": transcript(10_000, 10_000),
        "100,000 words": transcript(100_000, 12),
    }
    print(f"{'median of ' + str(runs):<30}{'json alone':>12}{'refine':>10}{'ratio':>8}")
    for name, raw in inputs.items():
        pairs = [(seconds(json_alone, raw), seconds(refined, raw)) for _ in range(runs)]
        alone = statistics.median(one for one, _ in pairs)
        whole = statistics.median(two for _, two in pairs)
        ratio = statistics.median(two / one for one, two in pairs)
        print(f"{name:<30}{alone * 1000:>9.0f} ms{whole * 1000:>7.0f} ms{ratio:>8.2f}")
    _, report = refine_transcript(read_transcript(inputs["10,000 words"]), SETTINGS)
    steps = ", ".join(f"{step} {took * 1000:.1f}" for step, took in report.steps_s.items())
    print(f"steps of the first, in ms: {steps}; {sum(report.rules.values())} replacements")
    for scripted in (False, True):
        print(f"\n{evaluate(scripted=scripted).table()}")


if __name__ == "__main__":
    main()
