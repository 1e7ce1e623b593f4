"""Take the README's three pictures from the demo's archive, in Chromium: docs/pictures/*.png.

Run after `make demo`: it starts `everyword up` on the demo's folder for the while.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--mute-audio"]


def take(page: Page, url: str) -> None:
    """Take all pictures from the archive at `url`."""
    page.goto(url)
    page.locator(".episode").first.wait_for()
    page.screenshot(path=PICTURES / "archive.png")
    box = page.get_by_role("combobox", name="Search every spoken word")
    box.fill('"the lighthouse keeper"')
    box.press("Enter")
    page.locator(".hit").first.wait_for()
    page.wait_for_timeout(800)
    page.screenshot(path=PICTURES / "search.png")
    page.goto(page.locator(".hit").last.get_attribute("href") or url)
    page.locator("[part=paragraph]").first.wait_for()
    page.get_by_role("button", name="Correct").click()
    page.locator(".lines .words").first.wait_for()
    page.screenshot(path=PICTURES / "episode.png")


def main() -> None:
    """Start the stack on the demo's folder, take the pictures, stop it."""
    PICTURES.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "everyword_local", "--data", str(ROOT / ".demo"), "--json"]
    with subprocess.Popen(  # noqa: S603 - this very program
        [*command, "up", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["url"]
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=shutil.which("chromium"), args=SWITCHES
                )
                take(browser.new_page(viewport={"width": 820, "height": 620}), url)
                browser.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
