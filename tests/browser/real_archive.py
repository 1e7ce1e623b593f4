"""Sample episodes in a real archive, with their true words."""

from pathlib import Path

from browser.canned_archive import SAMPLES, sample

from everyword_transcripts import write_transcript
from support.stack import Everyword


def add_sample(everyword: Everyword, tmp_path: Path, name: str, *, show: str = "") -> str:
    """Add a sample episode with its true words; returns its id. Each show has one of its own."""
    episode = sample(name)
    truth = tmp_path / f"{name}.json"
    truth.write_bytes(write_transcript(episode.transcript))
    added = everyword.json(
        "add",
        "--transcript",
        str(truth),
        str(SAMPLES / f"{name}.opus"),
        "--title",
        episode.info.title,
        "--show",
        show or episode.info.show,
        "--wait",
    )
    assert added["state"] == "ready"
    found: str = added["episode_id"]
    return found
