"""The commands of a documentation page, in order, each with the answer the page shows."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_SHELL = {"", "sh", "console"}
_COMMAND = re.compile(r"(everyword|make|curl|export|aws|\.venv/bin/everyword) ")


@dataclass(frozen=True)
class Snippet:
    """One command (or a whole block of another language) and what the page says it prints."""

    where: str
    text: str
    shown: str = ""
    language: str = "sh"


def snippets(page: Path) -> Iterator[Snippet]:
    """Every command of a page; blocks of Python and TOML whole; what is only shown is left out."""
    text = page.read_text()
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        where, language, body = f"{page.name}:{line}", fence[2], fence[3]
        if language in {"python", "toml"}:
            yield Snippet(where, body, language=language)
        elif language in _SHELL:
            yield from _commands(where, body)


def _commands(where: str, body: str) -> Iterator[Snippet]:
    lines = [line.strip() if not line.startswith("    ") else line for line in body.splitlines()]
    if any(line.startswith("$ ") for line in lines):
        while lines:
            line = lines.pop(0)
            if not line.startswith("$ "):
                continue
            command = line.removeprefix("$ ")
            while not _is_whole(command):
                command += "\n" + lines.pop(0)
            shown = []
            while lines and not lines[0].startswith("$ "):
                shown.append(lines.pop(0))
            yield Snippet(where, command, "\n".join(shown))
    elif all(_COMMAND.match(line.strip()) for line in lines if line.strip()):
        for line in filter(str.strip, lines):
            yield Snippet(where, re.split(r"\s+# ", line.strip())[0])


def _is_whole(command: str) -> bool:
    if command.endswith("\\"):
        return False
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True
