"""Where the widget's files lie: beside the package in a wheel, in `widget/` in the source tree."""

from pathlib import Path


def widget_path() -> Path:
    """Return the folder of `everyword-search.js`, to be served at `/widget/`."""
    here = Path(__file__).parent
    installed = here / "widget"
    return installed if installed.is_dir() else here.parents[1] / "widget"
