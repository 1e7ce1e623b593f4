"""Run every benchmark, one after the other, and print the goals with what was measured.

    python benchmarks/all.py [NAME ...]           all, or the named scripts
    python benchmarks/all.py --from OUTPUT.txt    the table alone, out of what was printed before

Each script's output stands under the command that printed it, as docs/benchmarks.md quotes it. A
script that fails is told and does not end the others; the exit code is then 1.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
MORE: Final = {
    "word_search": (("--sounds",), ("--sounds", "--hours", "2000"), ("--opensearch",)),
    "recognition_speed": (("--commands",),),
}
"""Scripts that are run again with other options."""
OTHERS: Final = {"--commands", "--hours", "--opensearch", "--sounds"}
"""Options with which a script measures something else."""
NUMBER: Final = r"(-?\d[\d,.]*)"


class Goal(NamedTuple):
    """A figure of a script's output: `pattern` has one group, the number, or two, a ratio."""

    name: str
    command: str
    pattern: str
    goal: str


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
    Goal("one command, of the server", "imports", rf"reaches {NUMBER}", ">= .9"),
    Goal("end of `add --wait`, ms", "commands", rf"after `ready`: {NUMBER}", "<= 50"),
    Goal("POST, x ingest", "commands", rf"^POST.*: {NUMBER} x", "<= 1.3"),
    Goal("recognition, x plain", "recognition_speed", _cells("ours", 4), "<= 1"),
    Goal(
        "`transcribe`, s above plain",
        "recognition_speed --commands",
        rf"^ours .*s +[+]?{NUMBER} s",
        "<= .3",
    ),
    Goal("`up` idle, MiB", "memory", _cells("idle", 1), "<= 200"),
    Goal("HTTP process after 200 searches, MiB", "memory", rf"^after 200.*\n +{NUMBER}", "<= 160"),
    Goal("index an hour, KB", "word_search --sounds", _cells("index size an hour", 1), "<= 230"),
    *(
        Goal(f"replace p95, ms, {hours}", command, _cells("replace an hour", 2), "<= 30")
        for hours, command in (
            ("200 h", "word_search --sounds"),
            ("2,000 h", "word_search --sounds --hours 2000"),
        )
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


def main() -> int:
    """Run, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--from", dest="printed", type=Path, help="do not run; read this")
    options = parser.parse_args()
    if options.printed:
        print_table(outputs(options.printed.read_text()))
        return 0
    found: dict[str, str] = {}
    failed: list[str] = []
    for command in commands(options.names):
        name = " ".join((Path(command[0]).stem, *command[1:]))
        output, code = run(command)
        found[name] = output
        failed += [name] if code else []
    print_table(found)
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


def commands(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the scripts with their options."""
    for script in sorted(HERE.glob("*.py")):
        if script.name != Path(__file__).name and (not names or script.stem in names):
            yield (str(script),)
            for more in MORE.get(script.stem, ()):
                yield (str(script), *more)


def run(command: Sequence[str]) -> tuple[str, int]:
    """Run a script, printing what it prints; return that and its exit code."""
    print(f"\n$ python benchmarks/{' '.join((Path(command[0]).name, *command[1:]))}", flush=True)
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return "".join(lines), process.returncode


def outputs(text: str) -> dict[str, str]:
    """Cut what was printed before into the commands' parts; of one run twice the last counts."""
    parts = re.split(r"^\$ python benchmarks/(\w+)\.py *(.*)$", text, flags=re.MULTILINE)
    return {
        f"{name} {options}".strip(): output.split("```")[0]
        for name, options, output in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


def print_table(found: dict[str, str]) -> None:
    """Print what was measured beside the goals."""
    print(f"\n{'goals':44} {'measured':>10}   goal")
    for name, value, goal in rows(found):
        print(f"{name:44} {value:>10}   {goal}")


def rows(found: dict[str, str]) -> Iterable[tuple[str, str, str]]:
    """Yield a name, what was measured ("-": it was not), and the goal."""
    for goal in GOALS:
        output = next((text for name, text in found.items() if _is(name, goal.command)), "")
        match = re.search(goal.pattern, output, flags=re.MULTILINE)
        yield goal.name, _figure(match.groups()) if match else "-", goal.goal


def _figure(numbers: Sequence[str]) -> str:
    """Return the number as it was printed, or the ratio of two."""
    if len(numbers) == 1:
        return numbers[0]
    one, two = (float(number.replace(",", "")) for number in numbers)
    return f"{one / two:.2f}"


def _is(name: str, command: str) -> bool:
    """Tell whether a command line is that of a goal: the same script, its options among others."""
    script, *options = command.split()
    given = name.split()
    return (
        given[0] == script
        and set(options) <= set(given)
        and not (OTHERS & set(given) - set(options))
    )


if __name__ == "__main__":
    sys.exit(main())
