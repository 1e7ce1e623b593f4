"""The widget as it is shipped: small, found, and without what a strict policy refuses."""

import gzip
import json
import re
from pathlib import Path

import pytest

from search.widget_files import widget_path

GOAL_BYTES = 12 * 1024
LIMIT_BYTES = 15 * 1024
ADAPTER_BYTES = 1536
TIMELINE_BYTES = 5 * 1024
SCRIPTS = sorted(widget_path().rglob("*.js"))


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_the_widget_is_one_small_file() -> None:
    widget = widget_path() / "everyword-search.js"
    assert compressed(widget) <= LIMIT_BYTES
    assert compressed(widget) <= GOAL_BYTES, "the goal; the limit is 15 KB"
    assert not re.findall(r"^import .* from", widget.read_text(), re.MULTILINE)


def test_players_are_small() -> None:
    adapters = sorted((widget_path() / "players").glob("*.js"))
    assert [each.stem for each in adapters] == ["media", "podlove", "youtube"]
    assert max(map(compressed, adapters)) <= ADAPTER_BYTES


def test_what_is_loaded_beside_it_is_small() -> None:
    assert compressed(widget_path() / "strip.js") <= ADAPTER_BYTES
    assert compressed(widget_path() / "everyword-timeline.js") <= TIMELINE_BYTES


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_way_from_text_to_markup(script: Path) -> None:
    """No sink that parses text, no evaluation, no cookie, no address but the archive's own."""
    code = script.read_text()
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|\.write\(|\beval\(|new Function|\.cookie"
    assert not re.findall(sinks, code)
    addresses = set(re.findall(r"https?://[^'\s\"`/]+", code))
    assert addresses <= {"http://www.w3.org"}, "the SVG namespace"


@pytest.mark.parametrize("language", sorted(widget_path().glob("strings/*.json")), ids=str)
def test_every_language_says_everything(language: Path) -> None:
    words = json.loads(language.read_text())
    scripts = {
        "search": "everyword-search.js",
        "transcript": "everyword-transcript.js",
        "timeline": "everyword-timeline.js",
    }
    for part, script in scripts.items():
        block = (widget_path() / script).read_text().partition("const STRINGS = {")[2]
        english = dict(re.findall(r"^  (\w+): (.*),$", block.partition("};")[0], re.MULTILINE))
        own = words[part].keys() | {"atLeast"}
        assert own == english.keys() | {"atLeast"}, part
        for name, text in words[part].items():
            texts = text.values() if isinstance(text, dict) else [text]
            allowed = set(re.findall(r"{\w+}", english[name]))
            assert all(set(re.findall(r"{\w+}", each)) <= allowed for each in texts), name


def test_at_most_twenty_properties() -> None:
    named = {
        name
        for script in SCRIPTS
        for name in re.findall(r"var\((--ew-[a-z-]+)", script.read_text())
    }
    assert len(named) <= 20
    documented = (widget_path() / "README.md").read_text()
    assert all(name in documented for name in named)
