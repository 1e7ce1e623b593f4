"""Cold import of every Lambda handler, in CPU seconds, beside what it cannot do without.

The floor of a queue handler is boto3 with Powertools' batch and parser, that of an API handler is
FastAPI with Mangum and boto3. Each import runs in fresh processes; the median of the rounds counts.
Prints a table; exits 1 where a handler loads what no function should: an engine, or numpy outside
search. The goal is 1.3 times the floor; SnapStart takes most of the rest away from API handlers.
"""

import json
import os
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROUNDS = int(os.environ.get("ROUNDS", "5"))
QUEUE_FLOOR = (
    "import boto3, aws_lambda_powertools, aws_lambda_powertools.utilities.batch, "
    "aws_lambda_powertools.utilities.parser, aws_lambda_powertools.utilities.parser.models"
)
API_FLOOR = "import boto3, aws_lambda_powertools, fastapi, mangum"
NOWHERE = {"torch", "whisperx", "faster_whisper", "ctranslate2", "pocketsphinx", "transformers"}
NUMPY_IN = {"search_api", "search_events", "search_moments"}
PROBE = """
import json, resource, sys
before = resource.getrusage(resource.RUSAGE_SELF)
{statement}
after = resource.getrusage(resource.RUSAGE_SELF)
spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([spent, sorted({{name.partition(".")[0] for name in sys.modules}})]))
"""


def measured(statement: str) -> tuple[float, set[str]]:
    """Return the median CPU seconds of a statement in a fresh process, and what it loaded."""
    spent, modules = [], set()
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", PROBE.format(statement=statement)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "POWERTOOLS_TRACE_DISABLED": "1"},
        )
        seconds, loaded = json.loads(done.stdout)
        spent.append(seconds)
        modules |= set(loaded)
    return statistics.median(spent), modules


def handlers() -> list[str]:
    """Return the names of all handlers."""
    spec = find_spec("everyword_aws.handlers")
    assert spec is not None
    folder = Path(next(iter(spec.submodule_search_locations or [])))
    return sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")


def main() -> int:
    """Measure, print and judge."""
    floors = {"queue": measured(QUEUE_FLOOR)[0], "api": measured(API_FLOOR)[0]}
    print(f"floors: queue {floors['queue']:.2f} s, api {floors['api']:.2f} s of CPU")
    print("| handler | CPU s | x floor |\n|---|---|---|")
    wrong = []
    for name in handlers():
        seconds, modules = measured(f"import everyword_aws.handlers.{name}")
        ratio = seconds / floors["api" if name.endswith("_api") else "queue"]
        print(f"| {name} | {seconds:.2f} | {ratio:.2f} |")
        unwanted = modules & (NOWHERE | ({"numpy"} if name not in NUMPY_IN else set()))
        if unwanted:
            wrong.append(f"{name} loads {', '.join(sorted(unwanted))}")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
