"""Hours of English that nobody said, to hide real recordings in."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from everyword_events import EpisodeInfo
from search.adapters.pronunciations import pronouncer
from search.domain.document import EpisodeDocument
from search.domain.phonetics import TimedPhones, recognized_phones
from search.domain.phonetics.phones import PHONES
from spoken.corpora import BENCHMARKS

WORDS_AN_HOUR: Final = 9_700
_STATED: Final = datetime(2026, 1, 1, tzinfo=UTC)


def generated_hours(*, without: set[str]) -> Iterator[EpisodeDocument]:
    """Draw hours of English: three words in four from real texts, one from the dictionary.

    Words searched for never occur. The acoustic reading has the words' own phones as often as
    PocketSphinx's reading of flite has: 54 % right, 11 % missed, the rest something else.
    """
    files = (BENCHMARKS / "texts").glob("*.txt")
    texts = " ".join(file.read_text(encoding="utf-8") for file in files)
    common = [word for word in re.findall(r"[a-z']+", texts.lower()) if word not in without]
    look_up = pronouncer().look_up
    rare = sorted({w for w in dictionary_words() if w not in without})
    draw = random.Random(5)
    rare = draw.sample(rare, min(30_000, len(rare)))
    number = 0
    while True:
        words = [draw.choice(common if draw.random() < 0.75 else rare)
                 for _ in range(WORDS_AN_HOUR)]  # fmt: skip
        starts = tuple(370 * at for at in range(len(words)))
        ends = tuple(start + 350 for start in starts)
        readings = [
            TimedPhones(start, start + 350, tuple(misread(look_up(word) or (), draw)))
            for start, word in zip(starts, words, strict=True)
        ]
        yield EpisodeDocument(
            episode_id=f"generated-{number:05}",
            revision="1",
            info=EpisodeInfo(show="", title=f"Hour {number}", as_of=_STATED),
            language="en",
            words=tuple(words),
            starts_ms=starts,
            ends_ms=ends,
            recognized=recognized_phones(readings, starts, ends),
        )
        number += 1


def misread(phones: Sequence[str], draw: random.Random) -> Iterator[str]:
    """Yield phones as a phone decoder might hear them."""
    for phone in phones:
        chance = draw.random()
        if chance < 0.54:
            yield phone
        elif chance < 0.89:
            yield draw.choice(PHONES)


def dictionary_words() -> Iterator[str]:
    """Yield those that have four letters or more."""
    from pocketsphinx import get_model_path  # noqa: PLC0415

    for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text("utf-8").splitlines():
        word = line.split(" ", 1)[0]
        if len(word) > 3 and word.isalpha():
            yield word
