# ruff: noqa: RUF001 - the languages' own letters
"""Transcripts for tests: written by hand, or drawn from a small vocabulary so that words meet."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from everyword_events import EpisodeInfo
from search.domain.document import EpisodeDocument, Turn

STATED = datetime(2026, 1, 1, tzinfo=UTC)


def info(
    title: str = "An episode",
    *,
    show: str = "",
    published: str | None = None,
    link: str | None = None,
    as_of: datetime = STATED,
) -> EpisodeInfo:
    """State an episode's metadata; `published` is an ISO date."""
    return EpisodeInfo(
        show=show,
        title=title,
        published_at=datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None,
        link=link,
        as_of=as_of,
    )


def document(
    episode_id: str,
    *turns: str,
    run: str = "1",
    language: str = "en",
    about: EpisodeInfo | None = None,
) -> EpisodeDocument:
    """Return a document of turns, each `Speaker: words` or just words; two words a second."""
    words: list[str] = []
    speakers: list[Turn] = []
    for turn in turns:
        name, _, said = turn.rpartition(": ")
        speakers.append(Turn(len(words), name or None))
        words += said.split()
    return EpisodeDocument(
        episode_id=episode_id,
        revision=f"{run}/2026-01-01T00:00:00+00:00",
        info=about or info(episode_id),
        language=language,
        words=tuple(words),
        starts_ms=tuple(500 * n + 7 for n in range(len(words))),
        ends_ms=tuple(500 * n + 403 for n in range(len(words))),
        turns=tuple(speakers),
    )


LANGUAGES = (
    document("apostrophes", "it's the dog's bone and its own; don’t say it´s not", "O'Brien rang"),
    document("hyphens", "a well-known e-mail about COVID-19, well known", "email arrived"),
    document("numbers", "10,000 people paid $43 or 3.5 pounds in 1952, half ½, 10000 more"),
    document("code", "C++ and C# and C, node.js at example.com, AT&T, U.S. and Ph.D."),
    document("punctuation", "he said — well ... “kept bees” ? ♪ la la ♪"),
    document("emoji", "party 🎉 time 👩‍💻 🎉🎉 yes🎉"),
    document("swedish", "Åke får ett får av en häst på ön", language="sv"),
    document("french", "l'homme qu’il a vu à l'église mange des crêpes", language="fr"),
    document("german", "Die Straße führt über Häuser und Bäume", language="de"),
    document("hebrew", "שָׁלוֹם עולם אמר צה״ל לילדים", language="he"),
    document("hindi", "हिन्दी में क्षेत्र की बात करते हैं", language="hi"),
    document("arabic", "السَّلامُ عليكم يا أحمد ١٩٥٢", language="ar"),
    document("japanese", "東 京 タ ワ ー は 高 い 。 東京 の コーヒー", language="ja"),
    document("chinese", "我 爱 北京 天安门 北 京", language="zh"),
    document("thai", "น้ำ ใจ ดี น้ำใจ", language="th"),
    document("korean", "한국어 사람들이 말합니다", language="ko"),
    document("turkish", "İstanbul ışık ılık IŞIK", language="tr"),
    document("icelandic", "Þór fór til Reykjavíkur", language="is"),
    document("silence"),
    document("spelled", "thirty of us in nineteen eighty-four, the third of one hundred and five"),
    document(
        "figures", "30 of us in 1984, the 3rd of 105 and 3,000 people, five of them at 5 a. m."
    ),
    document(
        "money", "$5 each, five dollars, 40% of it, forty percent, 40 % and 3 million dollars"
    ),
    document(
        "zahlen",
        "dreißig für 30 Euro oder 30 € im Jahr neunzehnhundertvierundachtzig",
        language="de",
    ),
    document("lookalikes", "Hawaiʻi and Hawai'i, the Oʻahu of ʿAlī and Qurʾān, rock ʼnʼ roll"),
    document("umlauts", "Schlüter und Schlueter, Müller, Öffi, Ålesund", language="de"),
    document("particles", "서울에서 서울은 서울 사람들이 집에서 아이", language="ko"),
    document("café", "a café, a cafe and cafés", "no no no no, no"),
    document("stems", "she runs and was running; the runner ran", "running late"),
)
"""One short episode per peculiarity."""

LANGUAGE_QUERIES = (
    "it's", "its", "it’s", "IT'S", "dont", "don't", "O’Brien", "obrien", "dog's", "dogs", "dog",
    "well-known", "well known", "wellknown", "known", '"well known"', "e-mail", "email", '"e mail"',
    "covid", "covid-19", "covid19", "10,000", "10000", "$43", "43", "3.5", "3,5", "35", "½", "1952",
    "c++", "C#", "c", "node.js", "node", "nodejs", "example.com", "at&t", "u.s.", "US", "phd",
    "Ph.D.", "ph", '"said well"', '"well kept bees"', '"bees la la"', "🎉", "👩‍💻", "yes🎉", "yes",
    "far", "får", "hast", "häst", "on", "ön", "l'homme", "lhomme", "homme", "eglise", "crepe",
    "crêpes", "il", "strasse", "straße", "STRASSE", "hauser", "baum", "שלום", "שָׁלוֹם", "צה״ל",
    'צה"ל', "צהל", "हिन्दी", "हिंदी", "क्षेत्र", "क्षेत", "السلام", "احمد", "أحمد", "1952", "١٩٥٢",
    "東京", "東 京", "京タ", "東", "コーヒー", "タワー", "北京", "天安门", "น้ำ", "น้ำใจ", "한국어",
    "사람들이", "istanbul", "İstanbul", "ışık", "isik", "thor", "Þór", "reykjavikur", "cafe",
    "café", "cafés", "CAFE", '"no no"', '"no no no"', "no no", "no", "run", "runs", "runner",
    "runing", "becoming", "kow*", "kno*", "caf*", "crep*", "crêp*", "häs*", "has*", "東*",
    '"well k*"', "bees -kept", "bees -la", "said bees", "la said", "running -late", "run -zebra",
    "cofe", "cafee", "thirty", "30", "1984", "nineteen eighty-four", '"in nineteen eighty four"',
    '"in 1984"', "3rd", "third", "105", "one hundred five", '"a hundred and five"',
    "three thousand",
    "3,000", "five", "5", "$5", "five dollars", "5 dollars", "40%", "forty percent", '"40 %"',
    "forty per cent", "$3 million", "three million dollars", "thirty -us", '"thirty of us in 1984"',
    "dreissig", "dreißig euro", "30€", "neunzehnhundertvierundachtzig", "hawaii", "Hawai‘i", "oahu",
    "ali", "quran", "Qur'an", "schlueter", "Schlüter", "schluter", "schlue*", "schlü*", "mueller",
    "oeffi", "aalesund", "서울", "사람", "사람들", "집", "아이", "서울에서", '"서울 사람"', "서*",
)  # fmt: skip
"""Queries that meet those peculiarities; some find nothing, some only by a looser tier."""

_SMALL = [
    "the",
    "of",
    "and",
    "a",
    "to",
    "in",
    "he",
    "she",
    "it",
    "no",
    "yes",
    "bee",
    "bees",
    "honey",
    "hive",
    "garden",
    "gardens",
    "river",
    "rivers",
    "café",
    "cafe",
    "résumé",
    "resume",
    "well-known",
    "known",
    "well",
    "e-mail",
    "email",
    "it's",
    "its",
    "10,000",
    "3.5",
    "—",
    "...",
    "Ada's",
    "Ada",
    "kept",
    "keep",
    "keeps",
    "keeping",
    "running",
    "run",
    "north-east",
    "north",
    "east",
    "database",
    "databases",
    "quantum",
    "entanglement",
]


def generated(
    n_episodes: int, *, words: int, seed: int = 1, vocabulary: Sequence[str] = _SMALL
) -> Iterator[EpisodeDocument]:
    """Draw episodes with Zipf word counts, turns, overlapping speech, shows and dates."""
    draw = random.Random(seed)  # noqa: S311
    weights = list(accumulate(1 / (rank + 1.5) for rank in range(len(vocabulary))))
    for number in range(n_episodes):
        count = draw.randint(words // 2, words)
        said = draw.choices(vocabulary, cum_weights=weights, k=count)
        turns: list[Turn] = []
        at = 0
        while at < count:
            turns.append(Turn(at, draw.choice(["Ada Lovelace", "Åke", "SPEAKER_02", None])))
            at += draw.randint(1, 40)
        starts = [draw.randint(0, 90) + 300 * n for n in range(count)]
        published = STATED + timedelta(days=draw.randint(-900, 0))
        yield EpisodeDocument(
            episode_id=f"0197-{number:04}",
            revision="1/2026-01-01T00:00:00+00:00",
            info=EpisodeInfo(
                show=draw.choice(["History", "The Café", ""]),
                title=f"Episode {number}",
                published_at=draw.choice([published, published, published, None]),
                as_of=STATED,
            ),
            language=draw.choice(["en", "en", "fr", "ja"]),
            words=tuple(said),
            starts_ms=tuple(starts),
            ends_ms=tuple(start + draw.randint(0, 500) for start in starts),
            turns=tuple(turns),
            audio_ms=300 * count + 9_000 if number % 2 else 0,
        )


def drawn_queries(
    documents: Sequence[EpisodeDocument], count: int, *, seed: int = 2
) -> Iterator[str]:
    """Draw queries of every kind, most of which find something in the documents."""
    draw = random.Random(seed)  # noqa: S311
    for _ in range(count):
        said = draw.choice([d for d in documents if len(d.words) > 14]).words  # noqa: PLR2004
        length = draw.choice([1, 1, 2, 2, 3, 5, 8, 12])
        at = draw.randrange(len(said) - length)
        phrase = " ".join(said[at : at + length])
        other = draw.choice(said)
        yield draw.choice(
            [
                phrase,
                f'"{phrase}"',
                f'"{phrase}"',
                f"{said[at]} {other}",
                f'"{phrase}" {other}',
                f"{said[at]} -{other}",
                f'{said[at]} -"{other} {said[at]}"',
                f"{said[at][:2]}*",
                f'"{phrase[:-1]}*"',
                f"{said[at]} speaker:ada",
                "speaker:ada",
                f"speaker:åke -{other}",
                f'"{phrase}" speaker:"åke"',
                f"{said[at]} show:history",
                f"{said[at]} after:2024-06 before:2025-10",
                said[at][1:] + said[at][:1],
                said[at].replace("e", "x", 1),
            ]
        )
