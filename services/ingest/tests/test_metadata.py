"""What uploaders say: file names are display only, and every refusal says what is accepted."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from everyword_events import InvalidInput
from ingest.domain import AudioLimits, NewEpisode, checked
from ingest.domain.metadata import MOST_FILENAME_CHARACTERS, display_name

LIMITS = AudioLimits(max_bytes=1000, max_duration_s=3600)


def refused(**fields: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        checked(NewEpisode.model_validate({"filename": "a.mp3", "bytes": 1, **fields}), LIMITS)
    return caught.value


def taken(**fields: object) -> NewEpisode:
    return checked(NewEpisode.model_validate({"filename": "a.mp3", "bytes": 1, **fields}), LIMITS)


@pytest.mark.parametrize(
    ("filename", "shown", "title"),
    [
        ("../../etc/passwd.mp3", "passwd.mp3", "passwd"),
        ("..\\..\\evil show.wav", "evil show.wav", "evil show"),
        ("my  first\tepisode.mp3", "my first episode.mp3", "my first episode"),
        ("🎙 Åsa_och_Örjan.m4a", "🎙 Åsa_och_Örjan.m4a", "🎙 Åsa och Örjan"),
        ("..", "..", "Untitled"),
        ("", "", "Untitled"),
        (".mp3", ".mp3", "Untitled"),
        ("noise\x00\x1b[31m.mp3", "noise[31m.mp3", "noise[31m"),
        ("bad\udcff.mp3", "bad\ufffd.mp3", "bad\ufffd"),
        ("mp3.\u202egpj", "mp3.gpj", "mp3"),
    ],
)
def test_file_names_are_only_shown(filename: str, shown: str, title: str) -> None:
    new = taken(filename=filename)
    assert (new.filename, new.title) == (shown, title)


def test_a_file_name_of_300_characters_is_cut_and_keeps_its_suffix() -> None:
    new = taken(filename="x" * 300 + ".flac")
    assert len(new.filename) == MOST_FILENAME_CHARACTERS
    assert new.filename.endswith("….flac")
    assert len(display_name("x" * 300)) == MOST_FILENAME_CHARACTERS


@given(st.text(max_size=400))
def test_any_file_name_becomes_a_line_that_can_be_written(filename: str) -> None:
    shown = display_name(filename)
    assert len(shown) <= MOST_FILENAME_CHARACTERS
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert "/" not in shown
    assert "\\" not in shown


def test_a_title_that_is_given_is_kept_on_one_line() -> None:
    assert taken(title="  A\nlong   day ").title == "A long day"
    assert refused(title="x" * 301).code == "title_too_long"


@pytest.mark.parametrize(
    ("tag", "kept"),
    [("", ""), ("auto", ""), ("EN", "en"), ("pt_br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW")],
)
def test_languages_are_taken_in_one_spelling(tag: str, kept: str) -> None:
    assert taken(language=tag).language == kept


@pytest.mark.parametrize(
    "tag", ["klingon", "xx", "english", "e", "en-", "en-GB-oed-x", "日本", "\x00", "a\x00b"]
)
def test_an_unknown_language_is_refused_with_what_is_accepted(tag: str) -> None:
    error = refused(language=tag)
    assert error.code == "language_unknown"
    assert "such as en" in error.hint
    assert "auto" in error.hint


def test_a_language_s_name_is_answered_with_its_code() -> None:
    assert "did you mean sv?" in refused(language="Swedish").hint
    assert "did you mean de?" in refused(language="Deutsch").hint


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"bytes": 0}, "empty"),
        ({"bytes": 1001}, "too_large"),
        ({"sha256": "abc"}, "sha256_invalid"),
        ({"media_type": "audio/mpeg\r\nx-evil: 1"}, "media_type_invalid"),
        ({"media_type": "audio"}, "media_type_invalid"),
        ({"link": "javascript:alert(1)"}, "link_invalid"),
        ({"link": "https://"}, "link_invalid"),
        ({"link": "https://[::1"}, "link_invalid"),
        ({"link": "https://a.example/a b"}, "link_invalid"),
        ({"engine": "rm -rf /"}, "engine_name"),
        ({"model": "$(x)"}, "model_name"),
        ({"show": "x" * 301}, "show_too_long"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_code(fields: dict[str, object], code: str) -> None:
    assert refused(**fields).code == code


@pytest.mark.parametrize(
    "fields",
    [
        {"bytes": 10**400},
        {"published_at": "9999-12-31T23:59:59-23:59"},
        {"published_at": "0001-01-01T00:00:00+23:59"},
    ],
)
def test_what_no_number_or_date_holds_is_refused_at_the_door(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        taken(**fields)


def test_plain_values_are_normalised() -> None:
    new = taken(
        media_type="Audio/MPEG; charset=x",
        sha256="A" * 64,
        link=" https://example.org/1 ",
        published_at="2026-03-01",
    )
    assert new.media_type == "audio/mpeg"
    assert new.sha256 == "a" * 64
    assert new.link == "https://example.org/1"
    assert new.published_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert taken().media_type == "application/octet-stream"
