"""Caption files with a word, or a token, to a caption."""

import pytest

from captions.reading import read_file

TOKENS = [" Kitti", "wakes", " nest", " here", ".", " No", ",", " no", " no", "."]


def captions(texts: list[str], kind: str, *, lasting_ms: int = 250) -> bytes:
    """Return captions on end, each as long."""
    mark = "," if kind == "srt" else "."
    lines = []
    for number, text in enumerate(texts):
        times = [
            f"00:00:{ms // 1000:02}{mark}{ms % 1000:03}"
            for ms in (number * lasting_ms, (number + 1) * lasting_ms)
        ]
        lines.append(f"{number + 1}\n{times[0]} --> {times[1]}\n{text}\n")
    head = "WEBVTT\n\n" if kind == "vtt" else ""
    return (head + "\n".join(lines)).encode()


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_tokens_are_joined_to_words_and_words_to_lines(kind: str) -> None:
    found = read_file(captions(TOKENS, kind))
    assert [one.text for one in found.transcript.segments] == [
        "Kittiwakes nest here.",
        "No, no no.",
    ]
    first = next(iter(found.transcript.words()))
    assert (first.word, first.start, first.end, first.estimated) == ("Kittiwakes", 0.0, 0.5, False)


def test_words_without_their_spaces_are_words() -> None:
    words = ["Gulls", "nest", "by", "the", "harbour", "every", "year", "."]
    found = read_file(captions(words, "srt"))
    assert [one.text for one in found.transcript.segments] == [
        "Gulls nest by the harbour every year."
    ]


@pytest.mark.parametrize(
    "texts", [["10", "9", "8", "7", "6", "5", "4", "3", "2"], ["Ten", "Nine", "Eight"]]
)
def test_a_countdown_stays_a_line_each(texts: list[str]) -> None:
    found = read_file(captions(texts, "srt", lasting_ms=1000))
    assert [one.text for one in found.transcript.segments] == texts
