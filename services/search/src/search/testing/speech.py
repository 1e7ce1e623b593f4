# ruff: noqa: PLR2004, S311 - the shape of natural speech, in numbers
"""Generated hours of speech for benchmarks: a Zipf vocabulary with topics, and queries to it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from everyword_events import EpisodeInfo
from search.domain.document import EpisodeDocument, Turn
from search.testing.corpus import STATED

WORDS_AN_HOUR: Final = 9_700
TYPES: Final = 160_000
QUERIES: Final = 60


@dataclass(frozen=True)
class Speech:
    """Generated episodes as word numbers, and the words."""

    words: Sequence[str]
    episodes: Sequence[NDArray[np.int32]]
    counts: NDArray[np.int64]

    def document(self, number: int, run: int = 1) -> EpisodeDocument:
        """Return one episode with times, two speakers and some punctuation."""
        draw = np.random.default_rng(number)
        said = [self.words[w] for w in self.episodes[number]]
        for at in range(0, len(said), 12):
            said[at] = said[at].capitalize()
            said[at - 1] += "."
        lengths = draw.integers(80, 600, len(said))
        ends = np.cumsum(lengths + draw.integers(0, 150, len(said)))
        turns = range(0, len(said), 60)
        return EpisodeDocument(
            episode_id=f"episode-{number:06}",
            revision=f"{run:04}",
            info=EpisodeInfo(show="Show", title=f"Episode {number}", as_of=STATED),
            language="en",
            words=tuple(said),
            starts_ms=tuple((ends - lengths).tolist()),
            ends_ms=tuple(ends.tolist()),
            turns=tuple(Turn(at, f"Speaker {at // 60 % 2}") for at in turns),
        )


def speech(hours: int, seed: int = 7) -> Speech:
    """Draw `hours` episodes."""
    draw = np.random.default_rng(seed)
    words = _words(random.Random(seed))
    rank = np.arange(TYPES) + 1.0
    weight = 1 / (rank + 2.7) ** 1.06
    weight[700:] *= (700 / rank[700:]) ** 0.5
    weight[8_000:] *= (8_000 / rank[8_000:]) ** 0.35
    cumulated = np.cumsum(weight) / weight.sum()
    episodes = []
    for length in draw.normal(WORDS_AN_HOUR, 1_500, hours).clip(3_000, 16_000).astype(int):
        said = np.searchsorted(cumulated, draw.random(length)).clip(0, TYPES - 1)
        topic = np.exp(draw.uniform(np.log(150), np.log(TYPES), 90)).astype(int).clip(0, TYPES - 1)
        on_topic = draw.random(length) < 0.13
        said[on_topic] = draw.choice(topic, on_topic.sum())
        episodes.append(said.astype(np.int32))
    return Speech(words, episodes, np.bincount(np.concatenate(episodes), minlength=TYPES))


def _words(draw: random.Random) -> list[str]:
    onsets = _parts(". b c d f g h j l m n p r s t w st tr ch sh th br pl k v qu sp fr gr cl")
    nuclei = _parts("a e i o u ea ou ai io y ee")
    codas = _parts(". . . n s t r l m d ng nt ck st rs ly nd")
    seen: dict[str, None] = {}
    while len(seen) < TYPES:
        rank = len(seen)
        syllables = 1 if rank < 120 else draw.randint(1, 2) if rank < 3_000 else draw.randint(2, 4)
        word = "".join(
            draw.choice(onsets) + draw.choice(nuclei) + (draw.choice(codas) if last else "")
            for last in [False] * (syllables - 1) + [True]
        )
        if len(word) > 1 or rank < 40:
            seen.setdefault(word)
    return list(seen)


def _parts(listed: str) -> list[str]:
    return ["" if part == "." else part for part in listed.split()]


def queries(archive: Speech, seed: int = 3) -> dict[str, list[str]]:
    """Draw queries of each kind from what is said."""
    draw = random.Random(seed)
    counts, words = archive.counts, archive.words
    order = np.argsort(-counts).tolist()
    share = len(archive.episodes) / 2_000

    def phrase(length: int) -> str:
        said = archive.episodes[draw.randrange(len(archive.episodes))]
        at = draw.randrange(len(said) - length)
        return '"' + " ".join(words[w] for w in said[at : at + length].tolist()) + '"'

    def between(low: float, high: float) -> list[str]:
        return [words[w] for w in np.flatnonzero((counts >= low) & (counts <= high)).tolist()]

    def pick(choices: Sequence[str]) -> list[str]:
        return draw.sample(choices, min(QUERIES, len(choices)))

    frequent = [words[w] for w in order[:60]]
    typed = [word for word in (words[w] for w in order[500:30_000]) if len(word) >= 6]
    return {
        "rare word": pick(between(5, 20)),
        "middling word": pick(between(2_000 * share, 6_000 * share)),
        "common word": frequent,
        "phrase of 2": [phrase(2) for _ in range(QUERIES)],
        "phrase of 5": [phrase(5) for _ in range(QUERIES)],
        "phrase of 2 common": [
            f'"{draw.choice(frequent[:40])} {draw.choice(frequent[:40])}"' for _ in range(QUERIES)
        ],
        "two words": [f"{draw.choice(frequent)} {word}" for word in pick(typed)],
        "prefix of 3": [w[:3] + "*" for w in pick([words[w] for w in order[:5_000]]) if len(w) > 3],
        "typing error": [_mistyped(word, draw) for word in pick(typed)],
    }


def _mistyped(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    letter = draw.choice("abcdefghijklmnopqrstuvwxyz")
    return draw.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )
