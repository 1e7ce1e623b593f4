"""Ask a search for every term that is said, and count what it finds."""

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from everyword_events import EpisodeInfo
from everyword_transcripts import Transcript
from everyword_transcripts.truth import Truth
from search.config import SearchSettings
from search.domain.document import EpisodeDocument
from search.domain.expansion import Tier
from search.engines import open_engine
from search.evaluation.said import Found, Said, is_right, said_in, speech_s
from search.evaluation.term_weighted import best_term_weighted_value, term_weighted_value
from search.service import SearchService

SHORTEST_TERM: Final = 5
FIRST_MOMENTS: Final = 10
PERHAPS: Final = "perhaps"
TIERS: Final = (*(tier.value for tier in Tier), PERHAPS)
_STATED: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """What a tier adds, and recall and precision of it and all before it."""

    tier: str
    added: int
    added_right: int
    recall: float
    precision: float | None


@dataclass(frozen=True)
class SearchEvaluation:
    """The figures; `pairs` are terms in recordings that say them."""

    recordings: int
    speech_s: float
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
    others: Mapping[str, Transcript] | None = None,
) -> SearchEvaluation:
    """Search transcripts, by file name, for every term that the truths say.

    `others` are in the archive too, and nothing of what is said in them is known: they crowd.
    """
    said = {truth.audio.name: said_in(truth, transcripts[truth.audio.name]) for truth in truths}
    terms = sorted({one.term for some in said.values() for one in some if is_asked(one.term)})
    found = search_for(terms, {**transcripts, **(others or {})}, settings or SearchSettings())
    known = {term: [one for one in some if one.recording in said] for term, some in found.items()}
    return _counted(known, said)


def is_asked(term: str) -> bool:
    """Tell whether a word is long enough to ask for, and one."""
    return len(term) >= SHORTEST_TERM and term.isalpha()


def search_for(
    terms: Sequence[str], transcripts: Mapping[str, Transcript], settings: SearchSettings
) -> dict[str, list[Found]]:
    """Return what an archive of these transcripts gives for each term."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(settings, Path(folder) / "words.sqlite")
        for name, transcript in transcripts.items():
            engine.index.put(document_of(name, transcript))
        blobs: Any = None
        service = SearchService(
            engine.index, engine.vocabulary, blobs, lambda _: settings, engine.phonetics
        )
        found = {term: [*_found(service, term)] for term in terms}
        engine.close()
    return found


def document_of(name: str, transcript: Transcript) -> EpisodeDocument:
    """Return a transcript as it is indexed, named as its recording."""
    info = EpisodeInfo(show="", title=name, as_of=_STATED)
    return EpisodeDocument.of(
        transcript, episode_id=name, info=info, run_id="1", occurred_at=_STATED
    )


def _found(service: SearchService, term: str) -> Iterator[Found]:
    cursor: str | None = None
    while True:
        reply = service.search(term, limit=1_000, cursor=cursor, perhaps=cursor is None)
        for episode in reply["results"]:
            for one in episode["moments"]:
                yield Found(episode["episode_id"], one["start"], one["end"], reply["matched"], 1.0)
        for uncertain in reply.get("perhaps", []):
            for one in uncertain["moments"]:
                yield Found(
                    uncertain["episode_id"], one["start"], one["end"], PERHAPS, one["likelihood"]
                )
        cursor = reply["next"]
        if cursor is None:
            return


def _counted(
    found: Mapping[str, Sequence[Found]], said: Mapping[str, Sequence[Said]]
) -> SearchEvaluation:
    pairs = {(term, name) for term in found for name in said if _says(said[name], term)}
    rows: list[Row] = []
    shown = right = 0
    reached: set[tuple[str, str]] = set()
    for number, tier in enumerate(TIERS, start=1):
        first = _first_moments(found, TIERS[:number])
        rights = [pair for pair, one in first if is_right(one, pair[0], said)]
        reached = pairs.intersection(rights)
        precision = len(rights) / len(first) if first else None
        recall = len(reached) / max(1, len(pairs))
        rows.append(Row(tier, len(first) - shown, len(rights) - right, recall, precision))
        shown, right = len(first), len(rights)
    seconds = sum(speech_s(some) for some in said.values())
    return SearchEvaluation(
        recordings=len(said),
        speech_s=seconds,
        terms=len(found),
        pairs=len(pairs),
        rows=tuple(rows),
        atwv=term_weighted_value(found, said, seconds),
        mtwv=best_term_weighted_value(found, said, seconds),
        missed=tuple(sorted(pairs - reached)),
    )


def _first_moments(
    found: Mapping[str, Sequence[Found]], tiers: Collection[str]
) -> list[tuple[tuple[str, str], Found]]:
    """Return the first ten moments of each term and recording, with those two."""
    first: defaultdict[tuple[str, str], list[Found]] = defaultdict(list)
    for term, some in found.items():
        for one in some:
            if one.tier in tiers and len(first[term, one.recording]) < FIRST_MOMENTS:
                first[term, one.recording].append(one)
    return [(pair, one) for pair, some in first.items() for one in some]


def _says(said: Sequence[Said], term: str) -> bool:
    return any(one.term == term for one in said)


def as_json(found: SearchEvaluation) -> dict[str, Any]:
    """Return the figures as a JSON document."""
    rows = [row._asdict() for row in found.rows]
    missed = [{"term": term, "file": file} for term, file in found.missed]
    return {**asdict(found), "rows": rows, "missed": missed}
