"""The README's example runs as it stands."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_the_readme_s_example_runs() -> None:
    assert BLOCKS
    for block in BLOCKS:
        exec(compile(block, str(README), "exec"), {"__name__": "readme"})
