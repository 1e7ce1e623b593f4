"""A person's correction holds in every later run; captions of others come in; feeds get tags."""

from pathlib import Path

import pytest

from support.stack import Everyword

VTT = """WEBVTT

00:00:01.000 --> 00:00:03.000
<v Ada>nobody could sleep

00:00:04.000 --> 00:00:06.000
<v Ben>the storm was over
"""
FEED = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>Isles</title>
<item><title>Another</title><guid>1</guid></item>
<item><title>talk</title><guid>2</guid></item>
</channel></rss>
"""


def test_an_edit_is_found_and_survives_a_replay(
    everyword: Everyword, transcript_file: Path
) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")["episode_id"]
    text = "the storm took the lighthouse and nobody could sleep"
    everyword("edit", episode, "--at", "1.0", "--text", text, "--wait")
    assert everyword.json("search", "lighthouse")["hits"] == 1
    everyword("replay", episode, "--from", "TranscriptReady", "--wait")
    found = everyword.json("search", "lighthouse")
    assert found["hits"] == 1
    assert "lighthouse" in everyword("transcript", episode, "--format", "srt")
    assert "lighthouse" in everyword("show-changes", episode)


@pytest.mark.slow
def test_a_speaker_gets_a_name(everyword: Everyword, transcript_file: Path) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")["episode_id"]
    everyword("edit", episode, "--label", "SPEAKER_01", "--name", "Ada", "--wait")
    moments = everyword.json("search", "again speaker:Ada")["results"][0]["moments"]
    assert [moment["speaker"] for moment in moments] == ["Ada"]


@pytest.mark.slow
def test_an_edit_that_says_nothing_is_wrong_use(
    everyword: Everyword, transcript_file: Path
) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")["episode_id"]
    everyword.error("edit", episode, code=2)
    everyword.error("edit", episode, "--at", "900", "--text", "x", code=3)


def test_captions_of_others_come_in_with_estimated_times(
    everyword: Everyword, tmp_path: Path
) -> None:
    file = tmp_path / "talk.vtt"
    file.write_text(VTT)
    everyword("add", "--transcript", str(file), "--language", "en", "--wait")
    (result,) = everyword.json("search", "storm")["results"]
    (moment,) = result["moments"]
    assert moment["speaker"] == "Ben"
    assert 4.0 <= moment["start"] < moment["end"] <= 6.0


@pytest.mark.slow
def test_a_transcript_for_reading_comes_in_by_its_ending(
    everyword: Everyword, tmp_path: Path
) -> None:
    source = tmp_path / "talk.vtt"
    source.write_text(VTT)
    for name in ("talk.md", "talk.html", "talk.txt", "talk.ass"):
        everyword("captions", "convert", str(source), str(tmp_path / name))
    everyword("captions", "convert", str(tmp_path / "talk.ass"), str(tmp_path / "again.vtt"))
    assert "<v Ben>the storm was over" in (tmp_path / "again.vtt").read_text()
    for name in ("talk.md", "talk.txt"):
        title = f"As {name}"
        everyword("add", "--transcript", str(tmp_path / name), "--title", title, "--wait")
    found = everyword.json("search", "storm")["results"]
    assert {each["title"]: each["moments"][0]["speaker"] for each in found} == {
        "As talk.md": "Ben",
        "As talk.txt": "Ben",
    }


def test_captions_are_converted(everyword: Everyword, tmp_path: Path) -> None:
    source, target = tmp_path / "talk.vtt", tmp_path / "talk.srt"
    source.write_text(VTT)
    everyword("captions", "convert", str(source), str(target))
    assert "00:00:04,000 --> 00:00:06,000" in target.read_text()


def test_a_feed_gets_transcript_tags(
    everyword: Everyword, transcript_file: Path, tmp_path: Path
) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")["episode_id"]
    source, target = tmp_path / "in.xml", tmp_path / "out.xml"
    source.write_text(FEED)
    said = everyword.json(
        "feed", "enrich", str(source), str(target), "--base-url", "https://isles.example"
    )
    assert said["items_matched"] == 1
    enriched = target.read_text()
    assert f"https://isles.example/v1/episodes/{episode}/transcript.vtt" in enriched
    assert enriched.count("<item>") == 2
    tags = everyword.json("feed", "snippet", episode, "--base-url", "https://isles.example")["tags"]
    assert all(tag in enriched for tag in tags)
    again = tmp_path / "again.xml"
    everyword("feed", "enrich", str(target), str(again), "--base-url", "https://isles.example")
    assert again.read_text() == enriched
