"""everyword.toml: what is refused and where, shows' own settings, and a file that changes."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captions.config import CaptionsSettings
from everyword_events import Misconfigured
from everyword_local.settings import Settings, SettingsFile, read_settings
from everyword_local.settings_reading import line_of, read_section
from everyword_local.settings_sections import SECTIONS, leaves_out

NAMES = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="=#"), max_size=8
)
TABLES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map(tuple), st.sets(NAMES, max_size=4), max_size=5
)


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def refusal(path: Path, text: str) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        read_settings(written(path, text))
    assert caught.value.code == "config_invalid"
    return caught.value


@given(tables=TABLES, ending=st.sampled_from(["\n", "\r\n"]))
def test_every_key_is_found_on_its_line(
    tables: dict[tuple[str, ...], set[str]], ending: str
) -> None:
    lines, places = ["# settings", ""], {}
    for table, keys in tables.items():
        path = tuple(f"t{name}" for name in table)
        lines.append(f"[{'.'.join(map(quoted, path))}]  # a [table]")
        places[path] = len(lines)
        for key in keys:
            lines.append(f"{quoted('k' + key)} = '[a = b]'")
            places[*path, f"k{key}"] = len(lines)
    text = ending.join(lines)
    tomllib.loads(text)
    for path, line in places.items():
        assert line_of(text, path) == line
        assert line_of(text, (*path, "never said")) == line


def quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def test_tables_of_a_list_are_counted() -> None:
    rule = '[[refine.replacements]]\nfrom = "a"\nkind = "literal"\n'
    assert line_of(rule * 3, ("refine", "replacements", 2, "kind")) == 9
    shown = '[shows."1"]\n' + rule.replace("refine", 'shows."1".refine') * 2
    assert line_of(shown, ("shows", "1", "refine", "replacements", 1, "kind")) == 7


def test_a_key_inside_a_line_is_found_at_that_line() -> None:
    text = "[refine]\nglossary = [\n  'a',\n  { term = 'b', herd = [] },\n]\n"
    assert line_of(text, ("refine", "glossary", 1, "herd")) == 2
    assert line_of("captions.profile = 'web'", ("captions", "profile")) == 1
    assert line_of("", ("captions", "profile")) == 1


@pytest.mark.parametrize(
    ("text", "line", "key", "nearest"),
    [
        ('[caption]\nprofile = "web"\n', 1, "caption", "captions"),
        ('[show."A"]\n', 1, "show", "shows"),
        ('[captions]\n\nprofle = "web"\n', 3, "captions.profle", "profile"),
        ('[refine.model]\nprovder = "off"\n', 2, "refine.model.provder", "provider"),
        ('[[refine.replacements]]\nfrm = "a"\nto = "b"\n', 2, "refine.replacements.0.frm", "from"),
        ('[shows."A B".refine]\nglosary = []\n', 2, "refine.glosary", "glossary"),
    ],
)
def test_a_wrong_key_is_named_with_the_nearest(
    tmp_path: Path, text: str, line: int, key: str, nearest: str
) -> None:
    file = tmp_path / "everyword.toml"
    said = refusal(file, text)
    assert said.message == f"{file}: line {line}: unknown key {key!r}"
    assert said.hint == f"did you mean {nearest!r}?"


def test_a_wrong_value_is_found_in_the_right_table(tmp_path: Path) -> None:
    rule = '[[refine.replacements]]\nfrom = "a"\nto = "b"\n'
    said = refusal(tmp_path / "x.toml", f'{rule}\n{rule}kind = "magic"\n')
    assert "x.toml: line 8: refine.replacements.1.kind: " in said.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[captions", "not TOML"),
        ("shows = 3", 'line 1: "shows" holds one table per show'),
        ("[shows]\nA = 3", "line 2: shows.A is no table"),
        ('[refine.model]\nprovider = "openai"\nmodel = "m"\n', "line 1: refine.model: "),
    ],
)
def test_other_mistakes(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path / "x.toml", text).message


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="not TOML"):
        read_settings(tmp_path / "x.toml")
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_settings(tmp_path)


def test_a_show_changes_only_what_it_names(tmp_path: Path) -> None:
    general, shows = read_settings(
        written(
            tmp_path / "x.toml",
            '[captions]\nprofile = "web"\nmax_cps = 17\n'
            '[refine]\nglossary = ["Mammino"]\n[refine.normalization]\ncapitals = "off"\n'
            '[shows."My show"]\ncaptions.profile = "podcast-srt"\nrefine.glossary = ["Ada"]\n',
        )
    )
    mine = shows["My show"]
    assert (general.captions.profile, mine.captions.profile) == ("web", "podcast-srt")
    assert general.captions.max_cps == mine.captions.max_cps == 17
    assert [term.term for term in mine.refine.glossary] == ["Ada"]
    assert mine.refine.normalization.capitals == "off"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "everyword.toml"
    settings = SettingsFile(path)
    assert settings.of_show("A") == Settings()
    written(path, '[shows.A.captions]\nprofile = "podcast-srt"\n')
    assert settings.of_show("A").captions.profile == "podcast-srt"
    assert settings.of_show("B") == Settings()
    written(path, "[captions")
    for _ in range(2):
        with pytest.raises(Misconfigured, match="not TOML"):
            settings.of_show("A")
    written(path, "")
    assert settings.of_show("A") == Settings()


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "everyword.toml", "[captions]\nmax_lines = 1\n")
    settings = SettingsFile(path)
    stamp = path.stat()
    written(path, "[captions]\nmax_lines = 3\n")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert settings.of_show("").captions.max_lines == 1
    path.unlink()
    assert settings.of_show("").captions.max_lines == 1


def test_no_file_means_all_defaults() -> None:
    assert SettingsFile(None).of_show("any") == Settings()


def test_a_section_alone_is_read_without_the_services_of_the_others(tmp_path: Path) -> None:
    text = "[captions]\nprofile = 'podcast-srt'\n[refine]\nglossary = ['Mammino']\n[search]\n"
    path = written(tmp_path / "everyword.toml", text)
    transcript = tmp_path / "t.json"
    transcript.write_text('{"language": "en", "segments": []}')
    script = """
import sys
from everyword_local.command import run
run(sys.argv[1:])
print(*sorted({name.split(".")[0] for name in sys.modules} & {"refine", "search", "ingest",
    "transcribe_gpu", "captions"}), file=sys.stderr)
"""
    command = ["captions", str(transcript), "--format", "vtt", "-o", "-", "--config", str(path)]
    done = subprocess.run(
        [sys.executable, "-c", script, *command],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr.split()[-1:] == ["captions"], done.stderr
    assert "WEBVTT" in done.stdout


def test_a_section_alone_says_what_is_wrong_as_all_do(tmp_path: Path) -> None:
    assert set(SECTIONS) == set(Settings.model_fields)
    text = "[captions]\nprofil = 'web'\n[shows.'A'.captions]\nprofile = 'podcast-srt'\n[refined]\n"
    path = written(tmp_path / "everyword.toml", text)
    for wrong in (path, written(tmp_path / "b.toml", text.replace("profil ", "profile "))):
        with pytest.raises(Misconfigured) as alone:
            read_section(wrong, "captions", CaptionsSettings)
        assert (alone.value.message, alone.value.hint) == (
            refusal(wrong, wrong.read_text()).message,
            refusal(wrong, wrong.read_text()).hint,
        )
    good = written(path, text.replace("profil ", "profile ").replace("[refined]\n", ""))
    assert read_section(good, "captions", CaptionsSettings).profile == "web"
    assert read_section(good, "captions", CaptionsSettings, "A").profile == "podcast-srt"


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("", True),
        ("[search]\n[[refine.replacements]]\nfrom = 'a'\nto = 'b'\n", True),
        ("[captions]\n", False),
        ("[shows.night.captions]\nprofile = 'web'\n", False),
        ("[caption]\n", False),
        ("captions\n", False),
    ],
)
def test_a_section_is_left_out_where_nothing_is_said_of_it(
    tmp_path: Path, text: str, *, out: bool
) -> None:
    path = tmp_path / "everyword.toml"
    path.write_text(text)
    assert leaves_out(path, "captions") == out
