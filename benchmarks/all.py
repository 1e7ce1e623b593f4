"""Run the benchmarks, one after the other, and print the goals with what was measured.

    python benchmarks/all.py [NAME ...]            all, or the named scripts
    python benchmarks/all.py --quick               what the goals need, smaller: under ten minutes
    python benchmarks/all.py --into FILE           keep what is printed; what FILE has is not run
    python benchmarks/all.py --from FILE           the table alone, out of what was printed before

Each script's output stands under the command that printed it, as docs/benchmarks.md quotes it. What
cannot run here (no node, no model) is passed over, and the table says why. A script that fails is
told and does not end the others; the exit code is then 1. Those that need recordings of your own
are named at the end.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from goals import GOALS, Goal
from runs import ON_RECORDINGS, RUNS, Run

HERE: Final = Path(__file__).parent
DONE: Final = "-- done in"
PASSED_OVER: Final = "-- passed over: "


def main() -> int:
    """Run, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="what the goals need, smaller")
    parser.add_argument("--into", type=Path, help="keep what is printed here, and go on from there")
    parser.add_argument("--from", dest="printed", type=Path, help="do not run; read this")
    options = parser.parse_args()
    if options.printed:
        print_table(outputs(options.printed.read_text()))
        return 0
    kept = options.into.read_text() if options.into and options.into.exists() else ""
    found = {name: text for name, text in outputs(kept).items() if DONE in text}
    failed: list[str] = []
    for run in RUNS:
        if options.names and run.script not in options.names:
            continue
        chosen = run.quick if options.quick else run.options
        if chosen is None or (name := run.name(chosen)) in found:
            continue
        text, code = told(run, chosen)
        found[name] = text
        failed += [name] if code else []
        if options.into and not code:
            with options.into.open("a") as file:
                file.write(f"$ {command_line(run, chosen)}\n{text}\n")
    print_table(found)
    for name in failed:
        print(f"failed: {name}")
    print(f"not run, they need recordings: {', '.join(ON_RECORDINGS)}")
    return 1 if failed else 0


def command_line(run: Run, options: Sequence[str]) -> str:
    """Return how a person runs it."""
    return " ".join(("python", f"benchmarks/{run.script}.py", *options))


def told(run: Run, options: Sequence[str]) -> tuple[str, int]:
    """Run a script, or say why not, printing it; return that and the exit code."""
    print(f"\n$ {command_line(run, options)}", flush=True)
    reason = run.lacks()
    if reason:
        print(f"{PASSED_OVER}{reason}", flush=True)
        return f"{PASSED_OVER}{reason}\n", 0
    began = time.monotonic()
    command = [sys.executable, str(HERE / f"{run.script}.py"), *options]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in _of(process.stdout):
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    if process.returncode == 0:
        lines.append(f"{DONE} {time.monotonic() - began:.0f} s\n")
        print(lines[-1], end="", flush=True)
    return "".join(lines), process.returncode


def _of(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def outputs(text: str) -> dict[str, str]:
    """Cut what was printed before into the commands' parts; of one run twice the last counts."""
    parts = re.split(r"^\$ python benchmarks/(\w+)\.py *(.*)$", text, flags=re.MULTILINE)
    return {
        f"{name} {options.split('#')[0]}".strip(): output.split("```")[0]
        for name, options, output in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


def print_table(found: Mapping[str, str]) -> None:
    """Print what was measured beside the goals."""
    print(f"\n{'goals':44} {'measured':>10}   {'goal':7} yardstick")
    for goal, value in rows(found):
        print(f"{goal.name:44} {value:>10}   {goal.goal:7} {goal.yardstick}")


def rows(found: Mapping[str, str]) -> Iterator[tuple[Goal, str]]:
    """Yield the goals with what was measured; "-": it was not."""
    for goal in GOALS:
        texts = [text for name, text in found.items() if goal.is_of(name)]
        values = [value for text in texts if (value := goal.value(text))]
        reasons = [text.partition(PASSED_OVER)[2].strip() for text in texts if PASSED_OVER in text]
        yield goal, (values or reasons or ["-"])[-1]


if __name__ == "__main__":
    sys.exit(main())
