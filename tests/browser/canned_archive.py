"""A small archive with the real API's shapes, whose delays, failures and hostile text a test sets.

It holds the two sample episodes (their true words and times, their real audio), and episodes made
to be awkward: hostile markup, right-to-left and unspaced writing, thousands of hits.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from everyword_events import EpisodeInfo
from everyword_transcripts import Segment, Speaker, Transcript, Word
from search.pages import CONTENT_SECURITY_POLICY

Json = dict[str, Any]
SAMPLES = Path(str(files("everyword_local") / "samples"))
HOSTILE = '<img src=x onerror="window.hacked=1">'
HOSTILE_END = "</script><script>window.hacked=1</script>"
OVERRIDE = "evil\u202egnp.exe"


@dataclass(frozen=True)
class Episode:
    """An episode and everything said in it."""

    episode_id: str
    info: EpisodeInfo
    transcript: Transcript
    audio: Path | None = None


@dataclass
class Archive:
    """What the server holds, and how badly it behaves."""

    episodes: dict[str, Episode] = field(default_factory=dict)
    states: list[Json] = field(default_factory=list)
    held: str | None = None
    """The query whose answer waits until this is another; `*`: every answer of the API."""
    fail: int = 0
    """A status every API call answers with; 0: none."""
    asked: list[str] = field(default_factory=list)
    url: str = ""
    host_page: str = ""
    announced: list[Json] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    work: dict[str, Json] = field(default_factory=dict)
    """What the operator's routes answer, by path; `POST`ed bodies by `POST path`."""
    policy: str = CONTENT_SECURITY_POLICY
    misheard: dict[str, str] = field(default_factory=dict)
    """How a query was perhaps written, where it was said."""

    def search(self, params: Mapping[str, str]) -> Json:
        """Answer as `GET /v1/search` does, by brute force."""
        query = params["q"]
        words = re.findall(r"[^\W_]+\*?", query.lower())
        matched = "exact"
        suggestion = None
        found = self._find(words, params)
        if not found and "foghron" in words and not params.get("exact"):
            matched, suggestion = "fuzzy", query.replace("foghron", "foghorn")
            found = self._find(_tokens(suggestion), params)
        limit = int(params.get("limit", 10))
        per_episode = int(params.get("per_episode", 100))
        skip, inside = 0, ""
        if cursor := params.get("cursor"):
            inside, _, at = cursor.partition("@")
            skip = int(at)
        if inside:
            found = [(episode, hits) for episode, hits in found if episode.episode_id == inside]
            page = [_result(episode, hits, skip, 100) for episode, hits in found]
            following = None
        else:
            page = [
                _result(episode, hits, 0, per_episode) for episode, hits in found[skip:][:limit]
            ]
            following = f"@{skip + limit}" if len(found) > skip + limit else None
        return {
            "query": query,
            "matched": matched,
            "suggestion": suggestion,
            "hits": sum(len(hits) for _, hits in found),
            "episodes": len(found),
            "capped": False,
            "next": following,
            "results": page,
            **({"perhaps": self._perhaps(query, params)} if params.get("perhaps") else {}),
            **({"titles": self._titles(words)} if params.get("titles") else {}),
        }

    def _titles(self, words: list[str]) -> list[Json]:
        return [
            {
                "episode_id": each.episode_id,
                "show": each.info.show,
                "title": each.info.title,
                "published_at": None,
                "url": f"/episodes/{each.episode_id}",
            }
            for each in self.episodes.values()
            if set(words) <= set(_tokens(each.info.title))
        ]

    def _perhaps(self, query: str, params: Mapping[str, str]) -> list[Json]:
        found = self._find(_tokens(self.misheard.get(query, "")), params)
        likely = {"likelihood": 0.62, "matched": "sounds_like"}
        return [
            {**result, "moments": [{**moment, **likely} for moment in result["moments"]]}
            for episode, hits in found
            for result in [_result(episode, hits[:10], 0, 10)]
        ]

    def _find(
        self, wanted: list[str], params: Mapping[str, str]
    ) -> "list[tuple[Episode, list[Hit]]]":
        found = []
        for episode in self.episodes.values():
            if params.get("episode", episode.episode_id) != episode.episode_id:
                continue
            if params.get("show", episode.info.show) != episode.info.show:
                continue
            day = f"{episode.info.published_at:%Y-%m-%d}"
            if not params.get("from", "") <= day <= params.get("to", "9"):
                continue
            hits = _hits(episode, wanted)
            if speaker := params.get("speaker"):
                hits = [
                    hit
                    for hit in hits
                    if episode.transcript.speaker_name(hit.words[hit.first].speaker) == speaker
                ]
            if hits:
                found.append((episode, hits))
        return sorted(found, key=lambda each: -len(each[1]))

    def timeline(self, params: Mapping[str, str]) -> Json:
        """Answer as `GET /v1/timeline` does, by month."""
        reply = self.search({**params, "limit": "1000", "per_episode": "1"})
        months: dict[str, Json] = {}
        for result in sorted(reply["results"], key=lambda each: str(each["published_at"])):
            name = result["published_at"][:7]
            month = months.setdefault(name, {"period": name, "hits": 0, "episodes": 0})
            month["hits"] += result["hits"]
            month["episodes"] += 1
        shared = {name: reply[name] for name in ("query", "matched", "hits", "episodes", "capped")}
        return {**shared, "undated_hits": 0, "periods": [*months.values()], "by_episode": []}

    def names(self, of: Callable[[Episode], list[str]]) -> list[Json]:
        """Count the episodes of each name."""
        counts = Counter(name for episode in self.episodes.values() for name in set(of(episode)))
        return [{"name": name, "episodes": count} for name, count in counts.most_common()]

    def suggest(self, typed: str) -> list[Json]:
        """Complete the last word."""
        *before, last = typed.split() or [""]
        counts: dict[str, int] = {}
        for episode in self.episodes.values():
            for word in episode.transcript.words():
                for token in _tokens(word.word):
                    if last and token.startswith(last.lower()):
                        counts[token] = counts.get(token, 0) + 1
        best = sorted(counts, key=lambda word: (-counts[word], word))[:8]
        return [{"text": " ".join([*before, word]), "count": counts[word]} for word in best]


@dataclass(frozen=True)
class Hit:
    """A match in an episode's words."""

    words: tuple[Word, ...]
    first: int
    last: int


def _matches(names: list[str], wanted: list[str]) -> bool:
    """Tell whether these words are those wanted; the last may be a prefix, `fog*`."""
    *before, last = wanted
    if last.endswith("*"):
        return names[:-1] == before and names[-1].startswith(last[:-1])
    return names == wanted


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _hits(episode: Episode, wanted: list[str]) -> list[Hit]:
    words = tuple(episode.transcript.words())
    tokens = [(token, index) for index, word in enumerate(words) for token in _tokens(word.word)]
    names = [token for token, _ in tokens]
    return [
        Hit(words, tokens[at][1], tokens[at + len(wanted) - 1][1])
        for at in range(len(names) - len(wanted) + 1)
        if wanted and _matches(names[at : at + len(wanted)], wanted)
    ]


def _result(episode: Episode, hits: list[Hit], skip: int, most: int) -> Json:
    info = episode.info
    result = {
        "episode_id": episode.episode_id,
        "show": info.show,
        "title": info.title,
        "published_at": info.published_at.isoformat() if info.published_at else None,
        "url": info.link or f"/episodes/{episode.episode_id}",
        "hits": len(hits),
        "duration_s": episode.transcript.duration_s,
        "starts": [hit.words[hit.first].start for hit in hits][:1000],
        "moments": [_moment(episode, hit) for hit in hits[skip : skip + most]],
    }
    if len(hits) > skip + most:
        result["next"] = f"{episode.episode_id}@{skip + most}"
    return result


def _moment(episode: Episode, hit: Hit) -> Json:
    around = range(max(0, hit.first - 12), min(len(hit.words), hit.last + 13))
    return {
        "start": hit.words[hit.first].start,
        "end": hit.words[hit.last].end,
        "speaker": episode.transcript.speaker_name(hit.words[hit.first].speaker),
        "first_word": hit.first,
        "n_words": hit.last - hit.first + 1,
        "snippet": [
            {
                "text": hit.words[index].word,
                "start": hit.words[index].start,
                "match": hit.first <= index <= hit.last,
            }
            for index in around
        ],
    }


# Episodes


def sample(name: str) -> Episode:
    """A shipped sample episode with its true words."""
    truth = json.loads((SAMPLES / f"{name}.json").read_text())
    segments = [
        Segment.of(
            [
                Word(
                    _shown(word["word"], sentence["text"], number),
                    word["start"],
                    word["end"],
                    0.9,
                    sentence["speaker"],
                )
                for number, word in enumerate(sentence["words"])
            ],
            speaker=sentence["speaker"],
            language="en",
        )
        for sentence in truth["sentences"]
    ]
    return Episode(
        name,
        EpisodeInfo(
            show=truth["show"],
            title=truth["title"],
            published_at=truth["published_at"],
            as_of=truth["published_at"],
        ),
        Transcript(
            "en",
            truth["duration_s"],
            tuple(segments),
            tuple(Speaker(who, who) for who in truth["speakers"]),
        ),
        SAMPLES / truth["audio"],
    )


def _shown(word: str, sentence: str, number: int) -> str:
    """The word with the punctuation it has in the sentence."""
    written = sentence.split()
    return written[number] if number < len(written) and word in written[number] else word


def spoken(
    episode_id: str,
    title: str,
    *lines: tuple[str, str],
    show: str = "Awkward",
    language: str = "en",
    step_s: float = 0.4,
    link: str | None = None,
) -> Episode:
    """An episode with a word every `step_s`; each line is (speaker, text)."""
    segments, at = [], 0.0
    speakers: dict[str, Speaker] = {}
    for number, (who, text) in enumerate(lines):
        words = []
        label = f"SPEAKER_{number % 2:02}"
        speakers[who] = Speaker(speakers[who].label if who in speakers else label, who)
        pieces = list(text) if language in ("ja", "zh") else text.split()
        for piece in pieces:
            words.append(
                Word(piece, round(at, 3), round(at + step_s * 0.8, 3), 0.9, speakers[who].label)
            )
            at += step_s
        segments.append(Segment.of(words, speaker=speakers[who].label, language=language))
    return Episode(
        episode_id,
        EpisodeInfo(
            show=show,
            title=title,
            published_at="2025-11-03T00:00:00Z",
            link=link,
            as_of="2025-11-03T00:00:00Z",
        ),
        Transcript(language, round(at, 3), tuple(segments), tuple(speakers.values())),
    )


def awkward() -> list[Episode]:
    """Episodes that break careless pages."""
    return [
        spoken(
            "hostile",
            f"A title with {HOSTILE} and {HOSTILE_END}",
            (f"Mallory {HOSTILE}", f"trouble {HOSTILE} more trouble {HOSTILE_END} end of trouble"),
            (OVERRIDE, f"the file {OVERRIDE} is trouble & <b>bold</b>"),
            show="<i>Show</i>",
            link="javascript:window.hacked=1",
        ),
        spoken(
            "hebrew",
            "ארכיון קול של האי",
            ("דניאל", "שלום לכולם היום נדבר על המגדלור ועל הסערה הגדולה של שנת 1953"),
            ("מרגרט", "המגדלור היה הבית שלנו וכל לילה שמענו את צופר הערפל"),
            show="קולות",
            language="he",
        ),
        spoken(
            "japanese",
            "灯台の声",
            ("花子", "灯台の霧笛が聞こえた。灯台は静かだった。"),
            show="声",
            language="ja",
        ),
    ]


def crowded(episodes: int, hits: int) -> list[Episode]:
    """Episodes in which one word is said `hits` times over."""
    text = " ".join(f"crowd word{number % 97}" for number in range(hits // episodes))
    return [
        spoken(
            f"crowd-{number}", f"Crowd number {number}", ("Ann", text), show="Crowds", step_s=0.1
        )
        for number in range(episodes)
    ]


def state(episode_id: str, title: str, state: str, **more: Any) -> Json:
    """An episode as `GET /v1/episodes` lists it."""
    return {
        "episode_id": episode_id,
        "show": "",
        "title": title,
        "state": state,
        "run_id": None,
        "progress": None,
        "error": None,
        "duration_s": None,
        "language": None,
        "engine": None,
        "timings": {},
        "cost": None,
        "created_at": "2026-02-10T06:00:00Z",
        "updated_at": "2026-02-10T06:00:00Z",
        **more,
    }
