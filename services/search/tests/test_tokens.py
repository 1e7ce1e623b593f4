# ruff: noqa: RUF001 - the languages' own letters
"""Normalisation: which tokens a word is found by."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_transcripts import split_words
from everyword_transcripts.folding import fold
from search.domain.tokens import LONGEST_TOKEN, joined, stem, tokens_of, without_particle


@pytest.mark.parametrize(
    ("words", "tokens"),
    [
        ("it's its it’s It´s ITS", "its"),
        ("don't dont ‘don’t’", "dont"),
        ("O’Brien obrien", "obrien"),
        ("Hello, “hello” HELLO… -hello-", "hello"),
        ("10,000 10000 10'000 10,000.", "10000"),
        ("3.5 3,5", "3.5"),
        ("1,234,567.89", "1234567.89"),
        ("43 (43) 43-", "43"),
        ("U.S. u.s US U.S", "us"),
        ("C++ c++,", "c++"),
        ("C# c#", "c#"),
        ("Straße STRASSE", "strasse"),
        ("ﬁne fine", "fine"),
        ('צה״ל צה"ל צהל', "צהל"),
        ("👩‍💻 👩💻", "👩💻"),
        ("\u0928\u093c\u0940 \u0929\u0940", "\u0929\u0940"),
        ("café cafe\u0301 CAFÉ", "café"),
        ("Ａｄａ ada", "ada"),
        ("soft\u00adhyphen softhyphen", "softhyphen"),
        ("\u202eevil\u202c evil", "evil"),
    ],
)
def test_spellings_of_one_token(words: str, tokens: str) -> None:
    expected = unicodedata.normalize("NFC", tokens)
    for word in words.split():
        assert tokens_of(word) == (expected,), word


@pytest.mark.parametrize(
    ("word", "tokens"),
    [
        ("well-known", "well known"),
        ("mother–in—law", "mother in law"),
        ("AT&T", "at t"),
        ("node.js", "node js"),
        ("x_y", "x y"),
        ("2:30", "2 30"),
        ("½", "1 2"),
        ("Ph.D.", "ph d"),
        ("l'homme", "l homme"),
        ("qu’il", "qu il"),
        ("dell'arte", "dell arte"),
        ("c'mon", "cmon"),
        ("yes🎉🎉", "yes 🎉🎉"),
        ("A+", "a"),
        ("notepad++", "notepad"),
        ("東京タワー。", "東 京 タ ワ ー"),
        ("天安门", "天 安 门"),
        ("น้ำใจ", "น้ ำ ใ จ"),
        ("iPhone11", "iphone11"),
        ("—", ""),
        ("...", ""),
        ("’", ""),
        ("\ufe0f", ""),
    ],
)
def test_compounds_and_unspaced_scripts_are_one_token_a_part(word: str, tokens: str) -> None:
    assert tokens_of(word) == tuple(tokens.split())


@pytest.mark.parametrize("text", ["東京タワーは高い。", "น้ำใจ ดี", "コーヒー、ください", "天安门"])
def test_however_an_unspaced_text_is_cut_the_tokens_are_the_same(text: str) -> None:
    language = "th" if "น" in text else "ja"
    pieces = [token for word in split_words(text, language) for token in tokens_of(word)]
    whole = [token for word in text.split() for token in tokens_of(word)]
    assert pieces == whole


@pytest.mark.parametrize(
    ("token", "folded"),
    [
        ("café", "cafe"),
        ("åäö", "aao"),
        ("שָׁלוֹם", "שלום"),
        ("السَّلامُ", "السلام"),
        ("أحمد", "احمد"),
        ("łódź", "lodz"),
        ("ırmak", "irmak"),
        ("þór", "thor"),
        ("ελλάδα", "ελλαδα"),
        ("१९५२", "1952"),
        ("हिन्दी", "हिन्दी"),
        ("क्षेत्र", "क्षेत्र"),
        ("が", "が"),
        ("น้ำ", unicodedata.normalize("NFKC", "น้ำ")),
        ("한국어", "한국어"),
    ],
)
def test_folding_takes_accents_but_no_letters(token: str, folded: str) -> None:
    assert fold(token) == folded


@pytest.mark.parametrize(
    ("word", "tokens"),
    [
        ("$43", ("43", "$")),
        ("43%", ("43", "%")),
        ("(40%).", ("40", "%")),
        ("٤٠٪", ("٤٠", "%")),
        ("£10,000.50,", ("10000.50", "£")),
        ("5€", ("5", "€")),
        ("€", ("€",)),
        ("A$AP", ("a", "ap")),
        ("US$5", ("us", "5")),
        ("$", ("$",)),
        ("100%ig", ("100", "ig")),
    ],
)
def test_signs_of_units_stand_after_their_number(word: str, tokens: tuple[str, ...]) -> None:
    assert tokens_of(word) == tokens


@pytest.mark.parametrize(
    ("noun", "words"),
    [
        ("서울", ["서울은", "서울에서"]),
        ("사람", ["사람들이", "사람을"]),
        (None, ["아이", "서울", "한강"]),
    ],
)
def test_particles_are_no_part_of_a_korean_noun(noun: str | None, words: list[str]) -> None:
    assert {without_particle(word) for word in words} == {noun}


def test_stems_are_the_languages_own() -> None:
    assert stem("running", "en") == stem("runs", "en-GB") == "run"
    assert stem("crêpes", "fr") == stem("crepe", "fr") == "crep"
    assert stem("hästarna", "sv") == stem("häst", "sv")
    assert stem("running", "ja") == "running"


def test_compounds_written_together() -> None:
    assert joined(("e", "mail")) == "email"
    assert joined(("covid", "19")) == "covid19"
    assert joined(("2", "30")) is None
    assert joined(("東", "京")) is None
    assert joined(("word",)) is None


@given(st.text(max_size=40))
def test_tokens_are_stable_short_and_safe(text: str) -> None:
    for word in text.split():
        tokens = tokens_of(word)
        assert tokens == tokens_of(word.upper().lower()) or not word.isascii()
        for token in tokens:
            assert 0 < len(token) <= LONGEST_TOKEN
            assert not set(token) & set(" \"'*()-:^\n\x00")
            assert not token.isascii() or set(token) <= set(
                "abcdefghijklmnopqrstuvwxyz0123456789.+#$%"
            )


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_every_word_with_a_letter_can_be_found(word: str) -> None:
    assert tokens_of(word)
