"""How much of what was said is found: recall and precision by tier, and term-weighted value.

Recall counts, for every term and every recording that says it, whether one of the recording's
first ten moments is such a place; precision, how many of all those moments are. Term-weighted
value is NIST's (The Spoken Term Detection 2006 Evaluation Plan, section 4): 1 less the mean over
terms of the miss probability and `BETA` times the false alarm probability, one trial a second; a
moment is right within half a second of the middle of the word. ATWV is that of what is shown,
MTWV the best that any threshold on the likelihood would give.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final, NamedTuple

from everyword_events import EpisodeInfo
from everyword_transcripts import Transcript
from search.config import SearchSettings
from search.domain.document import EpisodeDocument
from search.domain.pages import Moment
from search.domain.tokens import tokens_of
from search.engines import open_engine
from search.service import SearchService

SHORTEST_TERM: Final = 5
FIRST_MOMENTS: Final = 10
BETA: Final = 999.9
TOLERANCE_S: Final = 0.5
_STATED: Final = datetime(2026, 1, 1, tzinfo=UTC)


class TrueWord(NamedTuple):
    """A word as it is said, with its times in seconds where they are known."""

    word: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Truth:
    """What is said in a recording."""

    file: str
    words: tuple[TrueWord, ...]


class Said(NamedTuple):
    """A term really said, and about when."""

    term: str
    start_s: float
    end_s: float


class Found(NamedTuple):
    """A moment that a search gave; `likelihood` is 1 for what is written."""

    recording: str
    start_s: float
    end_s: float
    tier: str
    likelihood: float


class Row(NamedTuple):
    """What some tiers find, those before among them."""

    tiers: str
    recall: float
    precision: float


@dataclass(frozen=True)
class Evaluation:
    """The figures; `pairs` are terms in recordings that say them."""

    recordings: int
    terms: int
    pairs: int
    rows: tuple[Row, ...]
    atwv: float
    mtwv: float
    missed: tuple[tuple[str, str], ...]


def evaluate(
    truths: Sequence[Truth],
    transcripts: Mapping[str, Transcript],
    settings: SearchSettings | None = None,
) -> Evaluation:
    """Search transcripts, by file name, for every term that the truths say."""
    settings = settings or SearchSettings()
    said = {truth.file: said_in(truth, transcripts[truth.file]) for truth in truths}
    terms = sorted({one.term for of_file in said.values() for one in of_file if _asked(one.term)})
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(settings, Path(folder) / "words.sqlite")
        for name, transcript in transcripts.items():
            engine.index.put(_document(name, transcript))
        blobs: Any = None
        service = SearchService(
            engine.index, engine.vocabulary, blobs, lambda _: settings, engine.phonetics
        )
        found = {term: [*_found(service, term)] for term in terms}
        engine.close()
    seconds = sum(transcript.duration_s for transcript in transcripts.values())
    curve = [_weighted_value(found, said, seconds, at) for at in _thresholds(found)]
    pairs = {(term, name) for term in terms for name in said if _says(said[name], term)}
    rows = [
        _row(name, {t: [f for f in some if f.tier in tiers] for t, some in found.items()}, said)
        for name, tiers in _TIERS
    ]
    reached = {
        (term, one.recording)
        for term, some in found.items()
        for one in some
        if _is_right(one, term, said)
    }
    return Evaluation(
        len(truths), len(terms), len(pairs), tuple(rows),
        _weighted_value(found, said, seconds, 0.0), max(curve), tuple(sorted(pairs - reached)),
    )  # fmt: skip


_WRITTEN: Final = ("exact", "folded")
_RESULTS: Final = (*_WRITTEN, "stemmed", "fuzzy", "sounds_like")
_TIERS: Final = (
    ("as written", _WRITTEN),
    ("all results", _RESULTS),
    ("with perhaps", (*_RESULTS, "perhaps")),
)


def _asked(term: str) -> bool:
    return len(term) >= SHORTEST_TERM and term.isalpha()


def said_in(truth: Truth, transcript: Transcript) -> list[Said]:
    """Return the tokens said; times that are not known come from the transcript around them."""
    timed = [
        (token, word.start, word.end) for word in truth.words for token in tokens_of(word.word)
    ]
    tokens = [token for token, _, _ in timed]
    if timed and all(start is not None and end is not None for _, start, end in timed):
        return [Said(token, start or 0.0, end or 0.0) for token, start, end in timed]
    heard = [
        (token, word.start, word.end)
        for word in transcript.words()
        for token in tokens_of(word.word)
    ]
    spans: list[tuple[float, float] | None] = [None] * len(tokens)
    matcher = SequenceMatcher(None, tokens, [token for token, _, _ in heard], autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            spans[block.a + step] = heard[block.b + step][1:]
    return [Said(t, *_between(spans, at, transcript.duration_s)) for at, t in enumerate(tokens)]


def _between(
    spans: Sequence[tuple[float, float] | None], at: int, end_s: float
) -> tuple[float, float]:
    """Return a word's time, or its share of the time between those that are known."""
    span = spans[at]
    if span is not None:
        return span
    before = next((n for n in range(at - 1, -1, -1) if spans[n]), -1)
    after = next((n for n in range(at + 1, len(spans)) if spans[n]), len(spans))
    start = (spans[before] or (0.0, 0.0))[1] if before >= 0 else 0.0
    stop = (spans[after] or (end_s, end_s))[0] if after < len(spans) else end_s
    step = (stop - start) / (after - before - 1)
    return start + (at - before - 1) * step, start + (at - before) * step


def _found(service: SearchService, term: str) -> Iterator[Found]:
    cursor: str | None = None
    while True:
        reply = service.search(term, limit=1_000, cursor=cursor, perhaps=cursor is None)
        for episode in reply["results"]:
            for moment in episode["moments"]:
                yield Found(
                    episode["episode_id"], moment["start"], moment["end"], reply["matched"], 1.0
                )
        for uncertain in reply.get("perhaps", []):
            for one in uncertain["moments"]:
                yield Found(
                    uncertain["episode_id"], one["start"], one["end"], "perhaps", one["likelihood"]
                )
        cursor = reply["next"]
        if cursor is None:
            return


def _row(name: str, found: Mapping[str, Sequence[Found]], said: Mapping[str, list[Said]]) -> Row:
    pairs = reached = shown = right = 0
    for term, some in found.items():
        of_recording: defaultdict[str, list[Found]] = defaultdict(list)
        for one in some:
            if len(of_recording[one.recording]) < FIRST_MOMENTS:
                of_recording[one.recording].append(one)
        rights = {
            recording: sum(_is_right(one, term, said) for one in few)
            for recording, few in of_recording.items()
        }
        shown += sum(map(len, of_recording.values()))
        right += sum(rights.values())
        wanted = [recording for recording in said if _says(said[recording], term)]
        pairs += len(wanted)
        reached += sum(rights.get(recording, 0) > 0 for recording in wanted)
    return Row(name, reached / max(1, pairs), right / max(1, shown))


def _says(said: Sequence[Said], term: str) -> bool:
    return any(one.term == term for one in said)


def _is_right(found: Found, term: str, said: Mapping[str, list[Said]]) -> bool:
    return any(one.term == term and _is_at(found, one) for one in said[found.recording])


def is_said_at(term: str, recording: str, moment: Moment, said: Mapping[str, list[Said]]) -> bool:
    """Tell whether a term is really said at a moment of a recording."""
    found = Found(recording, moment.start_s, moment.end_s, "", 1.0)
    return _is_right(found, term, said)


def _is_at(found: Found, said: Said) -> bool:
    middle_s = (said.start_s + said.end_s) / 2
    return found.start_s - TOLERANCE_S <= middle_s <= found.end_s + TOLERANCE_S


def _thresholds(found: Mapping[str, Sequence[Found]]) -> list[float]:
    return sorted({0.0, 1.0, *(one.likelihood for some in found.values() for one in some)})


def _weighted_value(
    found: Mapping[str, Sequence[Found]],
    said: Mapping[str, list[Said]],
    seconds: float,
    threshold: float,
) -> float:
    losses = []
    for term, some in found.items():
        open_places = [
            (name, one) for name, of_file in said.items() for one in of_file if one.term == term
        ]
        true = len(open_places)
        spurious = 0
        for hit in sorted(some, key=lambda one: -one.likelihood):
            if hit.likelihood < threshold:
                break
            place = next(
                (p for p in open_places if p[0] == hit.recording and _is_at(hit, p[1])), None
            )
            if place is None:
                spurious += 1
            else:
                open_places.remove(place)
        losses.append(len(open_places) / true + BETA * spurious / max(1.0, seconds - true))
    return 1 - sum(losses) / max(1, len(losses))


def _document(name: str, transcript: Transcript) -> EpisodeDocument:
    info = EpisodeInfo(show="", title=name, as_of=_STATED)
    return EpisodeDocument.of(
        transcript, episode_id=name, info=info, run_id="1", occurred_at=_STATED
    )


def as_json(found: Evaluation) -> dict[str, Any]:
    """Return the figures as a JSON document."""
    document: dict[str, Any] = json.loads(json.dumps(found.__dict__))
    document["rows"] = [row._asdict() for row in found.rows]
    return document
