"""What is written in one way is found by the other, as the same words were spoken."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.adapters.sqlite.index import SqliteWordIndex
from search.config import SearchSettings
from search.domain.spoken_forms import forms_in
from search.domain.tokens import tokens_of
from search.service import SearchService
from search.testing.corpus import document

Matched = Callable[[str, str, str], str]


@pytest.fixture(name="matched")
def _matched(tmp_path: Path) -> Iterator[Matched]:
    """Return the tier at which a query finds something said in a language, or nothing."""
    index = SqliteWordIndex(tmp_path / "index.db")
    service = SearchService(
        index,
        index.vocabulary,
        None,  # type: ignore[arg-type] - no transcript is read
        lambda _: SearchSettings(),
    )

    def matched(language: str, said: str, query: str) -> str:
        index.put(document(said, said, language=language))
        reply = service.search(query, episode=said)
        return reply["matched"] if reply["hits"] else ""

    yield matched
    index.close()


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "12.5", "twelve point five"),
        ("en", "3.5%", "three point five percent"),
        ("de", "3.000", "dreitausend"),
        ("de", "12,5", "zwölf Komma fünf"),
        ("fr", "3 000", "trois mille"),
        ("fr", "3 000", "3000"),
        ("sv", "3 000", "tretusen"),
        ("it", "3.000", "tremila"),
        ("es", "3.000", "3000"),
        ("es", "12,5", "doce punto cinco"),
        ("en", "$5m", "five million dollars"),
        ("en", "$5 million", "$5m"),
        ("en", "£3bn", "three billion pounds"),
        ("en", "7pm", "7 p.m."),
        ("en", "7 p.m.", "seven PM"),
        ("en", "16GB", "16 GB"),
        ("en", "half past two", "2:30"),
        ("en", "2:30pm", "half past two"),
        ("en", "2:30pm", "two thirty PM"),
        ("en", "quarter to five", "4:45"),
        ("de", "halb drei", "2:30"),
        ("de", "14:30", "halb drei"),
        ("de", "viertel vor eins", "12:45"),
        ("sv", "halv tre", "2:30"),
        ("fr", "deux heures et demie", "2h30"),
        ("fr", "14h30", "deux heures et demie"),
        ("es", "dos y media", "2:30"),
        ("it", "due e mezza", "2:30"),
        ("en", "555-1234", "5551234"),
        ("en", "5551234", "555 1234"),
        ("en", "five five five one two three four", "555-1234"),
        ("en", "020 7946 0958", "02079460958"),
        ("en", "C++", "c plus plus"),
        ("en", "c sharp", "C#"),
        ("en", "Mr. Smith", "mister smith"),
        ("en", "saint Louis", "St. Louis"),
        ("de", "Dr. Meier", "Doktor Meier"),
        ("fr", "Mme Dupont", "madame Dupont"),
        ("en", "N A S A", "NASA"),
        ("en", "U. S. A.", "U.S.A."),
        ("en", "AWS", "A W S"),
        ("en", "AT&T", "AT and T"),
        ("de", "H&M", "H und M"),
        ("en", "rock'n'roll", "rock and roll"),
        ("en", "rock & roll", "rock 'n' roll"),
        ("en", "O'Neill", "O Neill"),
        ("en", "e-mail", "e mail"),
        ("en", "Wi Fi", "WiFi"),
        ("en", "sci-fi", "sci fi"),
        ("en", "example.com", "example dot com"),
        ("en", "talks.example.org/news", "talks dot example dot org slash news"),
        ("en", "ada@example.com", "ada at example dot com"),
        ("de", "beispiel.de", "Beispiel Punkt de"),
        ("en", "MP3", "mp three"),
        ("en", "H2O", "h two o"),
        ("en", "3D", "three D"),
        ("en", "R2D2", "r two d two"),
        ("en", "F sixteen", "F-16"),
        ("en", "the 90s", "the nineties"),
        ("en", "1980s", "nineteen eighties"),
        ("de", "90er", "Neunziger"),
        ("en", "World War II", "World War two"),
        ("en", "24/7", "twenty-four seven"),
        ("en", "$1.5 million", "one point five million dollars"),
        ("en", "OK", "okay"),
        ("en", "health care", "healthcare"),
        ("en", "fog horns", "foghorns"),
        ("hi", "हिन्दी", "हिंदी"),
        ("ar", "علی", "علي"),
        ("ja", "ラーメン", "らーめん"),
        ("zh", "台湾发现", "臺灣發現"),
        ("zh", "後來的頭髮", "后来的头发"),
        ("en", "chapter four", "chapter IV"),
        ("en", "Super Bowl fifty-four", "Super Bowl LIV"),
    ],
)
def test_either_way_finds_the_other(matched: Matched, language: str, one: str, other: str) -> None:
    assert matched(language, f"x {one} y", other) in {"exact", "folded"}
    assert matched(language, f"x {other} y", one) in {"exact", "folded"}


@pytest.mark.parametrize(
    ("language", "said", "query"),
    [
        ("de", "am 21. Mai", "einundzwanzigsten"),
        ("es", "el 1º", "1ro"),
        ("en", "thumbs up 👍🏽", "👍"),
        ("tr", "DİYARBAKIR", "diyarbakır"),  # noqa: RUF001
        ("he", "שָׁלוֹם", "שלום"),
        ("ar", "كِتَاب", "كتاب"),
        ("ja", "今日は東京タワーに", "東京"),
        ("en", "Henry the eighth", "Henry VIII"),
        ("en", "so me too", "#MeToo"),
        ("en", "at example dot com", "https://www.example.com"),
    ],
)
def test_what_is_said_is_found(matched: Matched, language: str, said: str, query: str) -> None:
    assert matched(language, said, query) in {"exact", "folded"}


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ("three and 000", "3000"),
        ("it is 2 and 45 of them", "2:30"),
        ("a was here", "AWS"),
        ("call 555 and then 1234", "5551234"),
        ("the sharp c", "C#"),
        ("12 and 5", "12.5"),
        ("look at two dots", "lookat"),
        ("salt pepper", "salt and pepper"),
        ("the top5 list", "top five"),
    ],
)
def test_nothing_else_is_found(matched: Matched, said: str, query: str) -> None:
    assert matched("en", said, query) not in {"exact", "folded"}


@pytest.mark.parametrize(
    "text", ["was here", "the cat", "one of us", "of a kind", "3.000", "hi there", "pan e vino"]
)
def test_most_words_have_one_spelling(text: str) -> None:
    tokens = [token for word in text.split() for token in tokens_of(word)]
    assert all(form.stop - form.start == 1 for form in forms_in(tokens, ["en"]))


@pytest.mark.parametrize("query", ["fog horn", '"fog horn"', "foghorn", '"the foghorn"'])
def test_both_writings_of_a_compound_are_counted(tmp_path: Path, query: str) -> None:
    index = SqliteWordIndex(tmp_path / "index.db")
    service = SearchService(index, index.vocabulary, None, lambda _: SearchSettings())  # type: ignore[arg-type]
    index.put(document("one", "x the foghorn y", language="en"))
    index.put(document("two", "x the fog horn y", language="en"))
    reply = service.search(query)
    assert (reply["matched"], reply["hits"]) == ("exact", 2)
    as_written = service.search(query, exact=True)
    assert (as_written["matched"], as_written["hits"]) == ("exact", 1)
    index.close()


@pytest.mark.parametrize(
    ("language", "said", "query", "found"),
    [
        ("en", "a horn in the fog", "fog horn", True),
        ("en", "a horn in the fog", '"fog horn"', False),
        ("en", "now here it is", "nowhere", False),
        ("en", "I want the first part", "part one", False),
        ("en", "we have iv and four", "four iv and x", False),
        ("en", "she is not able", "notable", False),
        ("en", "a fog, horn and bell", "foghorns", False),
        ("de", "das foghorn", "fog horn", False),
        ("en", "no health care here", "x -healthcare", False),
        ("en", "book IX of ten", '"book nine"', True),
    ],
)
def test_only_compounds_are_one_word(
    matched: Matched, language: str, said: str, query: str, *, found: bool
) -> None:
    assert (matched(language, f"x {said} y", query) in {"exact", "folded"}) is found


def test_an_o_is_a_name_s_where_all_is_english() -> None:
    (form,) = forms_in(["o", "neill"], ["en"])
    assert form.others == (("oneill",),)
    assert [*forms_in(["o", "vino"], ["en", "es"])] == []


def test_only_words_in_capitals_are_spelled_by_letters() -> None:
    assert [*forms_in(["was"], ["en"])] == []
    (form,) = forms_in(["was"], ["en"], initials={"was"})
    assert form.others == (("w", "a", "s"),)
