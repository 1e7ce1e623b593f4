"""A transcript goes in by command; its words, captions and journal come out; it is replayed."""

import json
from pathlib import Path

import pytest

from support.stack import Everyword, write_transcript_file

RULE = '\n[[refine.replacements]]\nfrom = "fog horn"\nto = "foghorn"\n'


def test_one_transcript_through_the_house(everyword: Everyword, transcript_file: Path) -> None:
    added = everyword.json("add", "--transcript", str(transcript_file), "--show", "Isles", "--wait")
    episode = added["episode_id"]
    assert (added["state"], added["engine"]["name"]) == ("ready", "imported")

    found = everyword.json("search", '"fog horn"')
    assert (found["matched"], found["hits"], found["episodes"]) == ("exact", 2, 1)
    first = found["results"][0]["moments"][0]
    assert (first["start"], first["end"], first["first_word"], first["n_words"]) == (1.6, 2.3, 4, 2)
    assert [w["text"] for w in first["snippet"] if w["match"]] == ["fog", "horn"]

    assert found["perhaps"] == []
    near = everyword.json("search", "foghorns")
    places = [
        (m["first_word"], m["n_words"], m["matched"])
        for one in (*near["perhaps"], *near["results"])
        for m in one["moments"]
        if 0 < m.get("likelihood", 1) <= 1 and "matched" in m
    ]
    assert near["hits"] + len(places) >= 2
    assert "perhaps" not in everyword.json("search", "--no-perhaps", "fog")

    captions = everyword("transcript", episode, "--format", "vtt")
    assert captions.startswith("WEBVTT")
    assert "fog horn" in captions

    journal = [json.loads(line) for line in everyword("events", episode, "--json").splitlines()]
    types = [event["type"] for event in journal]
    assert types[:2] == ["TranscriptReady", "TranscriptRefined"]
    outputs = sorted(each for each in types[2:] if each != "EpisodeFinished")  # it comes last
    assert outputs == ["CaptionsPublished", "EpisodeIndexed"]
    spent = everyword.json("cost")
    (part,) = spent["by_month_and_show"]
    assert (part["show"], part["episodes"], part["usd"], part["gpu_s"]) == ("Isles", 1, 0.0, 0.0)
    assert part["month"] == everyword.json("status", episode)["created_at"][:7]
    stored = everyword.json("status", episode)["stored_bytes"]
    assert stored > len(transcript_file.read_bytes())
    kept = transcript_file.with_name("events.jsonl")
    kept.write_text("\n".join(json.dumps(event) for event in journal))
    everyword("check-events", str(kept))


@pytest.mark.slow
def test_a_replay_with_a_changed_rule(everyword: Everyword, transcript_file: Path) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")["episode_id"]
    with (everyword.data / "everyword.toml").open("a") as settings:
        settings.write(RULE)
    replayed = everyword.json(
        "replay", episode, "--from", "TranscriptReady", "--reason", "rule", "--wait"
    )
    assert replayed["episodes"][0]["state"] == "ready"
    assert "foghorn" in everyword("transcript", episode, "--format", "txt")
    assert everyword.json("search", "foghorn")["hits"] == 2
    as_two = everyword.json("search", '"fog horn"')
    assert (as_two["matched"], as_two["hits"]) == ("exact", 2), "a compound is one word or two"
    assert everyword.json("search", '"fog horn"', "--exact")["hits"] == 0
    journal = [json.loads(line) for line in everyword("events", episode, "--json").splitlines()]
    marks = [event["meta"]["replay"] for event in journal if event["meta"]["replay"]]
    assert [mark["reason"] for mark in marks] == ["rule"]


@pytest.mark.slow
def test_a_replay_for_search_only_leaves_the_captions(
    everyword: Everyword, transcript_file: Path
) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")["episode_id"]
    before = everyword("transcript", episode, "--format", "vtt")
    everyword("replay", episode, "--from", "TranscriptRefined", "--only", "search", "--wait")
    journal = [json.loads(line) for line in everyword("events", episode, "--json").splitlines()]
    assert [event["type"] for event in journal].count("CaptionsPublished") == 1
    assert [event["type"] for event in journal].count("EpisodeIndexed") == 2
    assert everyword("transcript", episode, "--format", "vtt") == before


@pytest.mark.slow
def test_every_projection_is_rebuilt_by_replay(everyword: Everyword, tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        file = write_transcript_file(tmp_path / f"{name}.json", f"only {name} says lighthouse")
        ids.append(everyword.json("add", "--transcript", str(file), "--wait")["episode_id"])
    before = everyword.json("search", "lighthouse")
    captions = [everyword("transcript", each, "--format", "srt") for each in ids]
    for projection in everyword.data.glob("*.sqlite*"):
        if not projection.name.startswith("bus."):
            projection.unlink()
    everyword("replay", "--all", "--from", "TranscriptRefined", "--wait")
    after = everyword.json("search", "lighthouse")
    assert after["hits"] == before["hits"] == 2
    assert {r["episode_id"] for r in after["results"]} == set(ids)
    assert [everyword("transcript", each, "--format", "srt") for each in ids] == captions
    assert {e["episode_id"] for e in everyword.json("status")["episodes"]} == set(ids)


def test_a_removed_episode_is_found_nowhere(everyword: Everyword, transcript_file: Path) -> None:
    episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")["episode_id"]
    everyword("remove", "--yes", episode, "--reason", "asked for")
    assert everyword.json("search", "storm")["hits"] == 0
    everyword.error("transcript", episode, "--format", "vtt", code=3)
    assert not list((everyword.data / "blobs").rglob(f"*{episode}*/*"))


def test_an_imported_transcript_that_is_none_is_refused(
    everyword: Everyword, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"segments": "none"}')
    said = everyword.error("add", "--transcript", str(broken), code=1)
    assert "not a transcript" in said
    assert everyword.json("status")["episodes"] == []
