"""What is perhaps said among hours of other speech, with exact moments elsewhere: words, phrases.

    python benchmarks/perhaps_said.py FOLDER --transcripts KEPT [--hours 200] [--only NAME]...

FOLDER holds English recordings and their truth, KEPT what was recognised in them (NAME.wav.json),
as `everyword eval search FOLDER --transcripts KEPT` reads and writes them (both are in the folder
that benchmarks/public_recordings.py makes). Around them lie generated hours, and an episode in
which all that is said is written right. Asked for are every word of five letters or more, and every
two and three words in a row that hold such a word, in quotation marks. Recall counts each in each
recording that says it, among the recording's first ten moments; a moment is right within half a
second. `found` are moments as written, other forms and typing errors; `perhaps` those that were
perhaps said, and how many are right: in the generated hours none is. No word asked for is in them;
for phrases they hold every word.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from spoken.generated import generated_hours

from everyword_local.commands.evaluating_search import truths_in
from everyword_transcripts import Segment, Transcript, Word, read_transcript
from everyword_transcripts.truth import Truth
from search.config import SearchSettings
from search.domain.tokens import tokens_of
from search.engines import open_engine
from search.evaluation import FIRST_MOMENTS, Said, document_of, is_asked, said_in
from search.service import SearchService

LONGEST_PAUSE_S: Final = 1.0
TOLERANCE_S: Final = 0.5
COPY: Final = "all-that-is-said"


def main() -> None:
    """Measure words, then phrases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--transcripts", type=Path, required=True)
    parser.add_argument("--hours", type=int, default=200)
    parser.add_argument("--only", action="append", metavar="NAME", help="only this recording")
    parser.add_argument("--kind", choices=("words", "phrases"), help="only these queries")
    chosen = parser.parse_args()
    truths = [
        truth
        for truth in truths_in(chosen.folder, "en").truths
        if not chosen.only or truth.audio.name in chosen.only
    ]
    heard = {
        truth.audio.name: read_transcript(
            (chosen.transcripts / f"{truth.audio.name}.json").read_bytes()
        )
        for truth in truths
    }
    said = {truth.audio.name: said_in(truth, heard[truth.audio.name]) for truth in truths}
    words = {name: [one for one in some if is_asked(one.term)] for name, some in said.items()}
    phrases = {name: [*phrases_of(some)] for name, some in said.items()}
    print("queries        in recordings  found  + perhaps  perhaps  CPU ms")
    for kind, asked in (("words", words), ("phrases", phrases)):
        if chosen.kind not in {None, kind}:
            continue
        without = {one.term for some in words.values() for one in some} if kind == "words" else ()
        with archive(truths, heard, chosen.hours, set(without)) as opened:
            print(f"{kind:14} {count(opened, asked, quoted=kind == 'phrases')}", flush=True)


def phrases_of(said: Sequence[Said]) -> Iterator[Said]:
    """Yield two and three words in a row, without a pause, one of which is asked for."""
    for size in (2, 3):
        for at in range(len(said) - size + 1):
            row = said[at : at + size]
            pauses = [after.start_s - one.end_s for one, after in pairwise(row)]
            if max(pauses) <= LONGEST_PAUSE_S and any(is_asked(one.term) for one in row):
                yield Said(" ".join(one.term for one in row), row[0].start_s, row[-1].end_s)


@dataclass
class archive:  # noqa: N801 - reads as what it is: with archive(…)
    """An archive to search, in a folder of its own."""

    truths: Sequence[Truth]
    heard: Mapping[str, Transcript]
    hours: int
    without: set[str]
    folder: TemporaryDirectory[str] = field(default_factory=TemporaryDirectory)

    def __enter__(self) -> SearchService:
        """Index the recordings, what is said in them, and the hours."""
        self.engine = open_engine(SearchSettings(), Path(self.folder.name) / "words.sqlite")
        for name, transcript in self.heard.items():
            self.engine.index.put(document_of(name, transcript))
        words = [token for truth in self.truths for w in truth.words for token in tokens_of(w.text)]
        self.engine.index.put(document_of(COPY, as_said(words)))
        for document in islice(generated_hours(without=self.without), self.hours):
            self.engine.index.put(replace(document, recognized=None))
        blobs: Any = None
        return SearchService(
            self.engine.index,
            self.engine.vocabulary,
            blobs,
            lambda _: SearchSettings(),
            self.engine.phonetics,
        )

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self.engine.close()
        self.folder.cleanup()


def as_said(words: Sequence[str]) -> Transcript:
    """Return a transcript of words, .4 s each."""
    timed = [Word(word=word, start=0.4 * at, end=0.4 * at + 0.35) for at, word in enumerate(words)]
    end = 0.4 * len(words)
    return Transcript(
        language="en",
        duration_s=end,
        segments=(Segment(0.0, end, None, " ".join(words), tuple(timed)),),
    )


def count(search: SearchService, asked: Mapping[str, Sequence[Said]], *, quoted: bool) -> str:
    """Ask for everything and return the row of the table."""
    pairs = {(one.term, name) for name, some in asked.items() for one in some}
    terms = sorted({term for term, _ in pairs})
    found: set[tuple[str, str]] = set()
    perhaps: set[tuple[str, str]] = set()
    shown = right = 0
    began = time.process_time()
    for term in terms:
        reply = search.search(f'"{term}"' if quoted else term, limit=1_000, perhaps=True)
        seen: Counter[str] = Counter()
        for is_perhaps, groups in ((False, reply["results"]), (True, reply["perhaps"])):
            for group in groups:
                name = group["episode_id"]
                for moment in group["moments"]:
                    middle_s = (moment["start"] + moment["end"]) / 2
                    seen[name] += 1
                    is_right = any(
                        one.term == term
                        and one.start_s - TOLERANCE_S <= middle_s <= one.end_s + TOLERANCE_S
                        for one in asked.get(name, ())
                    )
                    shown += is_perhaps
                    right += is_perhaps and is_right
                    if is_right and seen[name] <= FIRST_MOMENTS:
                        (perhaps if is_perhaps else found).add((term, name))
    ms = 1000 * (time.process_time() - began) / len(terms)
    return (
        f"{len(pairs):13}  {len(found) / len(pairs):5.3f}"
        f"  {len(found | perhaps) / len(pairs):9.3f}  {right:3} of {shown:<3}  {ms:5.0f}"
    )


if __name__ == "__main__":
    main()
