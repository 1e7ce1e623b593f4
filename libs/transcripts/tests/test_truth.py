"""What is said in a folder's recordings, read; and what is left out is told."""

import json
from pathlib import Path

import pytest

from everyword_events import InvalidInput, NotFound
from everyword_transcripts.truth import TrueTurn, TrueWord, read_truths


def test_truth_is_read_from_files_beside_the_audio_or_an_index(tmp_path: Path) -> None:
    for name in ("a.mp3", "b.wav", "c.flac", "d.ogg", "notes.pdf"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a.txt").write_text("Hello there.")
    sentence = {"speaker": "Ada", "words": [{"word": "Hi", "start": 0.5, "end": 0.9}]}
    (tmp_path / "b.json").write_text(json.dumps({"channels": "speakers", "sentences": [sentence]}))
    (tmp_path / "c.rttm").write_text("SPEAKER c 1 0.50 1.25 <NA> <NA> Ada <NA> <NA>\n")
    (tmp_path / "index.json").write_text(
        json.dumps([{"file": "c.flac", "text": "Yes", "language": "en"}])
    )
    here = read_truths(tmp_path)
    a, b, c = here.truths
    assert [w.text for w in a.words] == ["Hello", "there."]
    assert b.words == (TrueWord("Hi", 0.5, 0.9, "Ada"),)
    assert (b.channels, b.turns) == ("speakers", (TrueTurn(0.5, 0.9, "Ada"),))
    assert [one.file for one in here.left_out] == ["d.ogg"]
    assert (c.language, c.turns) == ("en", (TrueTurn(0.5, 1.75, "Ada"),))
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(NotFound):
            read_truths(folder)


def test_half_a_pair_is_told(tmp_path: Path) -> None:
    for name in ("a.wav", "untold.mp3", "voices.wav"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a.txt").write_text("Hello there.")
    (tmp_path / "a.wav.json").write_text("a transcript that was kept")
    (tmp_path / "voices.rttm").write_text("SPEAKER v 1 0.50 1.25 <NA> <NA> Ada <NA> <NA>\n")
    for name in ("unheard.txt", "unheard.json", "nobody.rttm"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "index.json").write_text(json.dumps([{"file": "far.wav", "text": "Yes"}]))
    here = read_truths(tmp_path)
    assert [truth.audio.name for truth in here.truths] == ["a.wav", "voices.wav"]
    voices = here.truths[1]
    assert (voices.words, voices.turns, voices.speech) == (
        (), (TrueTurn(0.5, 1.75, "Ada"),), ((0.5, 1.75),),
    )  # fmt: skip
    assert [one.file for one in here.left_out] == [
        "untold.mp3", "far.wav", "nobody.rttm", "unheard.json", "unheard.txt",
    ]  # fmt: skip
    assert "untold.txt" in here.left_out[0].reason
    assert "index.json" in here.left_out[1].reason


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    with pytest.raises(NotFound, match=r"a\.wav: not a folder"):
        read_truths(tmp_path / "a.wav")


def test_lines_tell_who_speaks_and_when(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    lines = [
        {"start": 0.5, "end": 1.5, "speaker": "Ada", "text": "Hello there."},
        {"start": 2, "end": 3, "speaker": "Bo", "text": "Hi"},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"text": "not this", "lines": lines}))
    (truth,) = read_truths(tmp_path).truths
    assert [(w.text, w.speaker) for w in truth.words] == [
        ("Hello", "Ada"), ("there.", "Ada"), ("Hi", "Bo"),
    ]  # fmt: skip
    assert truth.speech == ((0.5, 1.5), (2.0, 3.0))
    tagged = {"words": [{"word": "and", "speaker_tag": 1}, {"word": "so", "speaker_tag": 2}]}
    (tmp_path / "a.json").write_text(json.dumps(tagged))
    (truth,) = read_truths(tmp_path).truths
    assert [w.speaker for w in truth.words] == ["1", "2"]
    assert truth.speech == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"text": '),
        ("a.json", "[1]"),
        ("a.json", "{}"),
        ("a.json", '{"words": ["one"]}'),
        ("a.json", '{"words": [{"word": "one", "start": "x"}]}'),
        ("a.json", '{"words": [{"word": "one", "start": NaN, "end": 1}]}'),
        ("a.json", '{"sentences": [{"words": "abc"}]}'),
        ("a.json", '{"lines": [{"start": 0}]}'),
        ("a.txt", "\udcff"),
        ("a.txt", " "),
        ("index.json", '{"file": "a.wav"}'),
        ("index.json", '[{"text": "one"}]'),
        ("a.rttm", "SPEAKER a 1 x y <NA> <NA> Ada"),
        ("a.rttm", "SPEAKER a 1"),
    ],
)
def test_a_truth_that_is_none_is_told_with_its_file(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    if name.endswith("rttm"):
        (tmp_path / "a.txt").write_text("one")
    (tmp_path / name).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInput, match=name) as told:
        read_truths(tmp_path)
    assert told.value.code == "truth_invalid"
