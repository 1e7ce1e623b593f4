"""`make bench` runs every script or says that it does not, and its table reads what they print."""

import runpy
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PARTS = {"all", "goals", "runs"}
PRINTED = """
$ python benchmarks/imports.py --transcripts 20
12 transcripts of 10,000 words, 25 rules   a second   of one core   CPU s each
one core, one after the other                    2.00          1.00         0.30
through `up`                                     3.40          1.70         0.40
one command reaches 0.95 of the server's rate   goal .9
-- done in 3 s

$ python benchmarks/against_tantivy.py --rounds 2
-- passed over: no tantivy

$ python benchmarks/word_search.py --sounds --hours 60
replace an hour              15.9     22.7
"""


def test_every_script_is_run_or_named() -> None:
    known = runpy.run_path(str(BENCHMARKS / "runs.py"))
    named = {run.script for run in known["RUNS"]} | set(known["ON_RECORDINGS"])
    assert named == {path.stem for path in BENCHMARKS.glob("*.py")} - PARTS


def test_the_table_tells_what_was_printed_and_what_was_passed_over(tmp_path: Path) -> None:
    printed = tmp_path / "printed.txt"
    printed.write_text(PRINTED)
    command = [sys.executable, str(BENCHMARKS / "all.py"), "--from", str(printed)]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cells = {line[:44].strip(): line[44:].split() for line in table.splitlines()}
    assert cells["imports through `up`, of one core"][0] == "1.70"
    assert cells["CPU of one core's pipeline, of `up`'s"][0] == "0.75"
    assert cells["common word, x tantivy"][:2] == ["no", "tantivy"]
    assert cells["replace p95, ms, 200 h"][0] == "22.7"
    assert cells["replace p95, ms, 2,000 h"][0] == "-"
