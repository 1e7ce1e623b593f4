"""The commands of a documentation page, in order, each with the answer the page shows."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_SHELL = {"", "sh", "console"}
_COMMAND = re.compile(
    r"(?:\S*/)?(?:everyword|make|curl|export|aws|npx|npm|docker|python|pipx|uv|hf|cd|[A-Z]+=\S+) "
)


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
    elif lines and _COMMAND.match(lines[0].strip()):
        lines = [re.split(r"\s+# ", line)[0] for line in lines]
        while lines:
            command = lines.pop(0)
            while not _is_whole(command) and lines:
                command += "\n" + lines.pop(0)
            if command.strip():
                yield Snippet(where, command.strip())


def _is_whole(command: str) -> bool:
    words = command.split()
    if command.endswith("\\") or words.count("do") > words.count("done"):
        return False
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True
