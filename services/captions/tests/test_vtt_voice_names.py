"""A voice's name cannot complete an arrow with the tag's own bracket."""

import pytest

from captions.domain.parsers.vtt_file import parse_vtt
from captions.domain.vtt import voice_name


@pytest.mark.parametrize("name", ["--", "Ada --", "---", "-", "Ada-", "<b>A & B</b>", "-->"])
def test_any_name_is_read_back_and_the_cue_stays_whole(name: str) -> None:
    raw = f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v {voice_name(name)}>hello\n"
    (cue,) = parse_vtt(raw.encode())
    assert "-->" not in raw.splitlines()[3]
    assert cue.text == "hello"
    assert {piece.voice for piece in cue.pieces} == {name}
