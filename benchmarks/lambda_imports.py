"""Cold import of every Lambda handler, in CPU seconds, beside what it cannot do without.

The floor of a queue handler is boto3 with Powertools' batch and parser, that of an API handler is
FastAPI with Mangum and boto3. Each import runs in fresh processes, after its floor; the median of
the rounds counts.
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
import json, sys, time
{floor}
floor = time.process_time()
{statement}
whole = time.process_time()
print(json.dumps([floor, whole, sorted({{name.partition(".")[0] for name in sys.modules}})]))
"""
ENVIRONMENT = {"PYDANTIC_DISABLE_PLUGINS": "__all__", "PYTHONDONTWRITEBYTECODE": ""}
"""As the template gives it to every function: no look through all packages for plugins. What was
changed since the last run is compiled in the first round, and in no other.
"""


def measured(floor: str, statement: str) -> tuple[float, float, set[str]]:
    """Return median CPU seconds of the floor, and times the floor, and what was loaded.

    Both are measured in one process, so that a busy machine slows both: what the handler imports
    comes on top of the whole floor, whether it needs all of that or not.
    """
    floors, ratios, modules = [], [], set()
    for _ in range(ROUNDS):
        probe = PROBE.format(floor=floor, statement=statement)
        done = subprocess.run(
            [sys.executable, "-c", probe],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **ENVIRONMENT},
        )
        least, whole, loaded = json.loads(done.stdout)
        floors.append(least)
        ratios.append(whole / least)
        modules |= set(loaded)
    return statistics.median(floors), statistics.median(ratios), modules


def handlers() -> list[str]:
    """Return the names of all handlers."""
    spec = find_spec("everyword_aws.handlers")
    assert spec is not None
    folder = Path(next(iter(spec.submodule_search_locations or [])))
    return sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")


def main() -> int:
    """Measure, print and judge."""
    print("| handler | floor, CPU s | x floor |\n|---|---|---|")
    wrong = []
    for name in handlers():
        floor = API_FLOOR if name.endswith("_api") else QUEUE_FLOOR
        seconds, ratio, modules = measured(floor, f"import everyword_aws.handlers.{name}")
        print(f"| {name} | {seconds:.2f} | {ratio:.2f} |", flush=True)
        unwanted = modules & (NOWHERE | ({"numpy"} if name not in NUMPY_IN else set()))
        if unwanted:
            wrong.append(f"{name} loads {', '.join(sorted(unwanted))}")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
