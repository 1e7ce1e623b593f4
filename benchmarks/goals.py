"""What was aimed at, each figure with the yardstick of the same run that it is measured by."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

OTHERS: Final = {"--commands", "--opensearch", "--sounds", "--whisperx", "2000"}
"""What a command says with which a script measures something else."""
YARDSTICKS: Final = {
    "many_searches": "one client in one process",
    "against_tantivy": "tantivy",
    "over_http": "uncompressed",
    "commands": "`python -c pass`; ingest alone",
    "refine_and_captions": "node",
    "imports": "one core, one after the other; `up`",
    "recognition_speed": "plain faster-whisper",
    "memory": "a bare Python",
    "word_search": "the engine's own query",
}
NUMBER: Final = r"(-?\d[\d,.]*)"


class Goal(NamedTuple):
    """A figure of a script's output: `pattern` has one group, the number, or two, a ratio."""

    name: str
    command: str
    pattern: str
    goal: str

    @property
    def yardstick(self) -> str:
        """What it is measured by."""
        return YARDSTICKS[self.command.split()[0]]

    def is_of(self, name: str) -> bool:
        """Tell whether a run, as its command line says it, measures this."""
        script, *options = self.command.split()
        ran, *given = name.split()
        return ran == script and OTHERS & set(given) == OTHERS & set(options)

    def value(self, text: str) -> str:
        """Return the number as it was printed, or the ratio of two; nothing where none was."""
        found = re.search(self.pattern, text, flags=re.MULTILINE)
        return _figure(found.groups()) if found else ""


def _figure(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return numbers[0]
    one, two = (float(number.replace(",", "")) for number in numbers)
    return f"{one / two:.2f}"


def _cells(first: str, number: int) -> str:
    """Return the pattern of a table's cell: a line that begins with `first`, the nth number."""
    return rf"^ *{first}" + r" +[^\s]+" * (number - 1) + rf" +{NUMBER}"


GOALS: Final = (
    Goal("32 clients, of one client's rate", "many_searches", _cells("gate 2 +32", 2), ">= .95"),
    Goal(
        "32 clients, p95 of 1.5 x 32 / rate",
        "many_searches",
        rf"^ *gate 2 +32(?: +[\d.]+){{3}} +{NUMBER} +{NUMBER}",
        "<= 1",
    ),
    Goal("32 clients on 2 processes", "many_searches", _cells("2 processes +32", 2), ">= 1.6"),
    *(
        Goal(f"{kind}, x tantivy", "against_tantivy", _cells(kind, 3), "<= 2")
        for kind in ("common word", "rare word", "prefix of 3", "phrase of 2", "two words")
    ),
    Goal("search reply, KB", "over_http", _cells("search reply", 2), "<= 25"),
    Goal("widget, KB", "over_http", _cells("widget", 2), "<= 13.8"),
    *(
        Goal(f"`{name}`, x `python -c pass`", "commands", _cells(name, 1), f"<= {most}")
        for name, most in (
            ("--version", 8),
            ("search", 14),
            ("status", 14),
            ("captions", 22),
            ("refine", 29),
        )
    ),
    *(
        Goal(f"{name}, x node", "refine_and_captions", rf"^{name} .* {NUMBER}  [\d.]+$", goal)
        for name, goal in (
            ("10,000 words", "<= 2"),
            ("100,000 words", "<= 2"),
            ("10,000 words, one segment", "<= .1"),
        )
    ),
    Goal("refine + captions, x node", "refine_and_captions", rf"^whole.*: {NUMBER} x", "<= 3"),
    Goal("imports through `up`, of one core", "imports", _cells("through `up`", 2), ">= 1.7"),
    Goal(
        "CPU of one core's pipeline, of `up`'s",
        "imports",
        rf"^one core.* {NUMBER}\nthrough `up`.* {NUMBER}$",
        ">= .85",
    ),
    Goal("one command, of the server", "imports", rf"reaches {NUMBER}", ">= .9"),
    Goal("end of `add --wait`, ms", "commands", rf"after `ready`: {NUMBER}", "<= 50"),
    Goal("POST, x ingest", "commands", rf"^POST.*: {NUMBER} x", "<= 1.3"),
    Goal("recognition, x plain", "recognition_speed", _cells("ours", 4), "<= 1"),
    Goal(
        "`transcribe`, s above plain",
        "recognition_speed --commands",
        rf"^ours .* [+]?{NUMBER} s$",
        "<= .3",
    ),
    Goal("`up` idle, MiB", "memory", _cells("idle", 1), "<= 200"),
    Goal("HTTP process after 200 searches, MiB", "memory", rf"^after 200.*\n +{NUMBER}", "<= 160"),
    Goal("index an hour, KB", "word_search --sounds", _cells("index size an hour", 1), "<= 230"),
    *(
        Goal(f"replace p95, {unit}, {hours}", command, _cells("replace an hour", cell), "<= 30")
        for hours, command in (
            ("200 h", "word_search --sounds"),
            ("2,000 h", "word_search --sounds --hours 2000"),
        )
        for unit, cell in (("ms", 2), ("CPU ms", 4))
    ),
    *(
        Goal(
            f"OpenSearch, {kind}, x raw",
            "word_search --opensearch",
            rf"^{kind} +{NUMBER} +[\d.]+ +{NUMBER}",
            "<= 1.25",
        )
        for kind in (
            "rare word",
            "middling word",
            "common word",
            "phrase of 2",
            "phrase of 5",
            "phrase of 2 common",
            "two words",
            "prefix of 3",
        )
    ),
)
