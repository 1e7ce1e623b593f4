"""The query language: what is understood, and what is refused with a word on how to mend it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import InvalidInput
from search.domain.number_queries import with_numbers
from search.domain.query import Filters, after_last_moment, first_moment, parse_query


def _said(query: str) -> list[str]:
    return [
        " ".join(clause.tokens) + ("*" if clause.is_prefix else "")
        for clause in parse_query(query).wanted
    ]


def _instant(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ("bees honey", ["bees", "honey"]),
        ('"kept bees" now', ["kept bees", "now"]),
        ("“kept bees”", ["kept bees"]),
        ("bee*", ["bee*"]),
        ('"kept be*"', ["kept be*"]),
        ("well-known", ["well known"]),
        ("bees bees", ["bees", "bees"]),
        ("— bees ...", ["bees"]),
        ("foo:bar", ["foo bar"]),
        ("東京", ["東 京"]),
        ("東*", ["東*"]),
        ("  bees\t\n", ["bees"]),
        ("SPEAKER:ada bees", ["bees"]),
        ('bees "" ', ["bees"]),
    ],
)
def test_clauses(query: str, clauses: list[str]) -> None:
    assert _said(query) == clauses


def test_exclusions() -> None:
    query = parse_query('bees -honey -"kept well" -pre*')
    assert [" ".join(clause.tokens) for clause in query.unwanted] == ["honey", "kept well", "pre"]
    assert query.unwanted[2].is_prefix


def test_filters() -> None:
    query = parse_query('bees speaker:"Åke  Öst" speaker:Ada show:Café after:2024-05 before:2025')
    assert query.filters == Filters(
        shows=frozenset({"cafe"}),
        speakers=frozenset({"ake ost", "ada"}),
        published_from=_instant(2024, 5, 1),
        published_before=_instant(2025, 1, 1),
    )


@pytest.mark.parametrize(
    ("date", "first", "last"),
    [
        ("2024", (2024, 1, 1), (2025, 1, 1)),
        ("2024-12", (2024, 12, 1), (2025, 1, 1)),
        ("2024-2-9", (2024, 2, 9), (2024, 2, 10)),
        ("2024-05-31", (2024, 5, 31), (2024, 6, 1)),
        ("2024-05-31T12:00:00+00:00", (2024, 5, 31, 12), (2024, 5, 31, 12)),
    ],
)
def test_dates(date: str, first: tuple[int, ...], last: tuple[int, ...]) -> None:
    assert first_moment(date) == _instant(*first)
    assert after_last_moment(date) == _instant(*last)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "nothing to look for"),
        ("—", "nothing to look for"),
        ("-bees", "nothing to look for"),
        ('"kept bees', "not closed"),
        ("be*es", "midst"),
        ("*bees", "midst"),
        ('"be* kept"', "midst"),
        ("b*", "too few letters"),
        ("*", "too few letters"),
        ("bees speaker:", "no value"),
        ('bees show:""', "no value"),
        ("bees -show:x", "cannot be excluded"),
        ("bees after:yesterday", "not a date"),
        ("bees before:2024-13", "not a date"),
        ("bees before:2024-02-30", "not a date"),
        ("bees before:9999-12-31", "not a date"),
        ("x" * 301, "301 characters"),
        (" ".join(f"w{n}" for n in range(25)), "more than 24"),
        ('"' + "a " * 51 + '"', "more than 50"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_hint(query: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        parse_query(query)
    assert refused.value.hint
    assert refused.value.code == "query_invalid"


@given(st.text(st.sampled_from('ab*"-: é東speakrhow.\n\x00'), max_size=60))
def test_any_text_is_understood_or_refused(query: str) -> None:
    try:
        parsed = parse_query(query)
    except InvalidInput:
        return
    assert parsed.wanted
    assert all(clause.tokens for clause in (*parsed.wanted, *parsed.unwanted))


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ("bees bees", ["bees"]),
        ("twenty twenty", ["twenty twenty"]),
        ("in nineteen eighty-four we", ["in", "nineteen eighty four", "we"]),
        ('"in nineteen eighty-four" 40 percent', ["in nineteen eighty four", "40 percent"]),
        ("five -two bees", ["five", "bees"]),
        ("one two", ["one", "two"]),
        ("4-hour", ["4 hour"]),
    ],
)
def test_words_that_say_one_number_are_one_clause(query: str, clauses: list[str]) -> None:
    wanted = with_numbers(parse_query(query), ["en"]).wanted
    assert [" ".join(clause.tokens) for clause in wanted] == clauses


def test_a_number_in_a_compound_and_in_a_phrase_is_spelled_otherwise_too() -> None:
    (clause,) = with_numbers(parse_query("4-hour"), ["en"]).wanted
    assert clause.spellings[0].others == (("four", "hour"),)
    (clause,) = with_numbers(parse_query('"in 1984 we"'), ["en"]).wanted
    assert ("nineteen", "eighty", "four") in clause.spellings[1].others
