"""CPU of one transcript through 25 rules, normalization, VTT, SRT and JSON, warm.

    python benchmarks/refine_and_captions.py [WORDS ...]

Made words in segments of a dozen; 17 literal and 8 regular rules, of which a few match. Times are
CPU milliseconds, the best of several rounds, with the JSON between the steps.
"""

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from random import Random

from captions.config import CaptionsSettings
from captions.standalone import render_files
from everyword_transcripts import Segment, Transcript, Word, read_transcript, write_transcript
from refine.config import RefineSettings
from refine.standalone import refine_transcript

ROUNDS = 5
WORDS = (  # noqa: SIM905 - a list of words reads best so
    "the a of and to in we they went kept light house sea storm island winter boat keeper night"
    " morning years remember father children stories harbour ice talked about because never always"
).split()
LITERALS = [{"from": f"{a} {b}", "to": f"{a.title()} {b}"} for a, b in pairwise(WORDS[8:26])]
PATTERNS = [
    (r"(\d+) per cent", r"\1%"),
    (r"\bice(s)?\b", r"Ice\1"),
    (r"\bnever always\b", "never"),
    (r"harbou?r light", "harbour light"),
    (r"\b(\w+) \1 \1\b", r"\1"),
    (r"colou?r", "colour"),
    (r"\bkeepers? house\b", "keeper's house"),
    (r"island[,.]? winter", "island winter"),
]


def transcript(n_words: int) -> Transcript:
    """Return a transcript of so many words, a segment for each dozen or so."""
    random = Random(7)
    segments: list[Segment] = []
    at, left = 0.0, n_words
    while left > 0:
        words = []
        for _ in range(min(left, random.randint(6, 18))):
            lasting = random.choice((0.2, 0.3, 0.45))
            words.append(
                Word(random.choice(WORDS), round(at, 3), round(at + lasting, 3), 0.9, "S0")
            )
            at += lasting + random.choice((0.0, 0.05, 0.2))
        last = words[-1]
        words[-1] = last.with_text(f"{last.word}.")
        left -= len(words)
        at += random.choice((0.1, 0.6))
        segments.append(Segment.of(words, speaker="S0", language="en"))
    return Transcript("en", at + 1, tuple(segments))


def best_ms(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds of the quickest of several rounds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times) * 1000


def main() -> None:
    """Print a row for each size."""
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000]
    rules = [*LITERALS, *({"kind": "regex", "from": a, "to": b} for a, b in PATTERNS)]
    settings = RefineSettings.model_validate({"replacements": rules})
    captions = CaptionsSettings()
    print(f"{'words':>8} {'read+refine+write':>18} {'read+captions':>14} {'whole':>8}  (CPU ms)")
    for size in sizes:
        raw = write_transcript(transcript(size))
        refined = write_transcript(refine_transcript(read_transcript(raw), settings)[0])

        def refine(raw: bytes = raw) -> bytes:
            return write_transcript(refine_transcript(read_transcript(raw), settings)[0])

        def write(refined: bytes = refined) -> object:
            forms = ["vtt", "srt", "json"]
            return render_files(read_transcript(refined), forms, captions, stem="x")

        first, second = best_ms(refine), best_ms(write)
        print(f"{size:>8} {first:>18.0f} {second:>14.0f} {first + second:>8.0f}")


if __name__ == "__main__":
    main()
