"""A poison event: given up on with a reason, listed, mended, redriven; or discarded."""

import json
from pathlib import Path

import pytest

from support.stack import Everyword
from support.waiting import until

POLL_S = 1.0
"""Between two looks: each is a process."""


@pytest.fixture
def poisoned(everyword: Everyword, transcript_file: Path) -> tuple[str, Path, bytes]:
    """An episode whose stored transcript was damaged before refinement read it."""
    added = everyword.json("add", "--transcript", str(transcript_file))
    episode = added["episode_id"]
    (blob,) = (
        path
        for path in (everyword.data / "blobs").rglob("*.json")
        if episode in str(path) and path.is_file() and b'"segments"' in path.read_bytes()
    )
    whole = blob.read_bytes()
    blob.write_bytes(whole.replace(b"storm", b"sturm"))
    return episode, blob, whole


def test_it_is_listed_mended_and_redriven(
    everyword: Everyword, poisoned: tuple[str, Path, bytes]
) -> None:
    episode, blob, whole = poisoned
    done = everyword.run("replay", episode, "--from", "TranscriptReady", "--wait", "--json")
    assert done.returncode == 1
    (ended,) = json.loads(done.stdout)["episodes"]
    assert (ended["state"], ended["error"]["code"]) == ("failed", "digest_mismatch")

    dead_letters = everyword.json("failed", "list")["dead_letters"]
    assert {dead["service"] for dead in dead_letters} == {"refine"}
    assert all("not the ones that were meant" in dead["message"] for dead in dead_letters)
    shown = everyword("failed", "show", dead_letters[0]["dead_letter_id"])
    assert "digest_mismatch" in shown
    assert episode in shown

    blob.write_bytes(whole)
    assert everyword.json("failed", "redrive", "--all")["redriven"] == len(dead_letters)
    with everyword.up():
        until(lambda: everyword.json("status", episode)["state"] == "ready", every_s=POLL_S)
    assert everyword.json("failed", "list")["dead_letters"] == []
    assert everyword.json("search", "storm")["hits"] == 1


def test_it_can_be_discarded(everyword: Everyword, poisoned: tuple[str, Path, bytes]) -> None:
    episode, _, _ = poisoned
    everyword.run("replay", episode, "--from", "TranscriptReady", "--wait")
    assert everyword.json("failed", "discard", "--all")["discarded"] >= 1
    assert "nothing failed" in everyword("failed", "list")
    assert everyword.json("status", episode)["state"] == "failed"


def test_a_broken_rule_on_the_run_fails_with_its_place(
    everyword: Everyword, transcript_file: Path
) -> None:
    with everyword.up():
        episode = everyword.json("add", "--transcript", str(transcript_file), "--wait")
        settings = everyword.data / "everyword.toml"
        good = settings.read_text()
        settings.write_text(good + '[refine]\nglossry = ["x"]\n')
        said = everyword.error("search", "storm", code=2)
        assert "glossry" in said
        settings.write_text(good)
        again = everyword.json(
            "replay", episode["episode_id"], "--from", "TranscriptReady", "--wait"
        )
        assert again["episodes"][0]["state"] == "ready"


@pytest.mark.slow
def test_a_typo_in_the_settings_pauses_work_and_loses_none(
    everyword: Everyword, transcript_file: Path
) -> None:
    settings = everyword.data / "everyword.toml"
    with everyword.up():
        episode = everyword.json("add", "--transcript", str(transcript_file))["episode_id"]
        settings.write_text('[refine]\nglosary = ["Mammino"]\n')
        everyword("replay", episode, "--from", "TranscriptReady")
        why = until(lambda: everyword.json("status")["paused"].get("refine"), every_s=POLL_S)
        assert "glosary" in why["message"]
        assert "did you mean 'glossary'?" in why["hint"]
        assert everyword.json("failed", "list")["dead_letters"] == []
        settings.write_text('[refine]\nglossary = ["Mammino"]\n')
        until(lambda: not everyword.json("status")["paused"], every_s=POLL_S)
        until(lambda: everyword.json("status", episode)["state"] == "ready", every_s=POLL_S)
